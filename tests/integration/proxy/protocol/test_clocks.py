"""Clocks that are wrong: a client's, when it signs its own token; the proxy's, when it signs in to Snowflake."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from snowflake.connector.auth import keypair
from snowflake.connector.errors import DatabaseError

from tests.integration.proxy.protocol.conftest import Running
from theia_sf.proxy.audit.events import Kind
from theia_sf.proxy.users import changes
from theia_sf.proxy.users.authentication import RegisteredUsers
from theia_sf.secret import Secret

KEY = rsa.generate_private_key(65537, 2048)
LATE = 60 + 30
"""Seconds after its issue that a client's token is taken: Snowflake's 60, and what clocks may be off."""
DAY = 24 * 3600


def public_text() -> str:
    return b64encode(KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


@contextmanager
def signing_at(offset: float) -> Iterator[None]:
    """The connector signs with a clock that is so many seconds ahead."""

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) + timedelta(seconds=offset)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keypair, "datetime", Shifted)
        yield


@pytest.fixture
def alice(running: Running, tmp_path: Path) -> Running:
    """The proxy has a user alice with a key; its identity has a password."""
    changes.add(tmp_path / "users.yaml", "alice", changes.NewCredentials(public_keys=[public_text()]))
    running.services.users = RegisteredUsers(tmp_path / "users.yaml", running.services.config.upstreams)
    return running


@pytest.fixture
def by_key_pair(running: Running) -> Running:
    """The proxy's identity signs in by a key pair; its users have passwords."""
    with closing(running.connect()) as connection:
        connection.cursor().execute(f"ALTER USER THEIA SET RSA_PUBLIC_KEY = '{public_text()}'")
    pem = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    credentials = running.services.accounts.get("production").credentials("reader")
    plain = credentials._read()
    signed = replace(plain, authenticator="SNOWFLAKE_JWT", password=None, private_key=Secret(pem))
    credentials._read = lambda: signed
    credentials.refused()
    running.audit.events.clear()
    return running


@pytest.mark.parametrize("offset", [5 - LATE, 25])
def test_a_client_whose_clock_is_a_little_off_signs_in(offset: float, alice: Running) -> None:
    with (
        signing_at(offset),
        closing(alice.connect("alice", authenticator="SNOWFLAKE_JWT", private_key=KEY, password=None)) as connection,
    ):
        assert connection.cursor().execute("SELECT 1").fetchall() == [(1,)]


@pytest.mark.parametrize("offset", [-LATE - 5, 40])
def test_a_client_whose_clock_is_wrong_hears_so_in_snowflakes_number(offset: float, alice: Running) -> None:
    began = time.monotonic()
    with signing_at(offset), pytest.raises(DatabaseError, match="JWT token is invalid") as caught:
        alice.connect("alice", authenticator="SNOWFLAKE_JWT", private_key=KEY, password=None)
    assert caught.value.errno == 394302
    assert time.monotonic() - began < 4
    assert [event["code"] for event in alice.audit.of(Kind.SESSION_DENIED)] == ["394302"]


@pytest.mark.parametrize("offset", [-50])
def test_a_proxy_whose_clock_is_a_little_off_signs_in(offset: float, by_key_pair: Running) -> None:
    by_key_pair.services.clock = lambda: time.time() + offset
    with signing_at(offset), closing(by_key_pair.connect()) as connection:
        assert connection.cursor().execute("SELECT 1").fetchall() == [(1,)]


@pytest.mark.parametrize("offset", [-120, DAY])
def test_what_snowflake_says_of_the_proxys_clock_is_handed_on_and_asked_once(
    offset: float, by_key_pair: Running
) -> None:
    before = len(by_key_pair.account.logins.all())
    by_key_pair.services.clock = lambda: time.time() + offset
    with signing_at(offset), pytest.raises(DatabaseError) as caught:
        by_key_pair.connect()
    (attempt,) = by_key_pair.account.logins.all()[before:]
    assert caught.value.errno in (394302, 394303)
    assert str(caught.value.errno) == str(attempt.error_code)
    assert "JWT token is invalid" in str(caught.value)
    by_key_pair.services.clock = time.time
    with closing(by_key_pair.connect()) as connection:  # nothing is left of it
        assert connection.cursor().execute("SELECT 1").fetchall() == [(1,)]


@pytest.mark.parametrize("offset", [-DAY, 3600])
def test_sessions_are_renewed_whatever_the_proxys_clock_says(offset: float, running: Running) -> None:
    """What Snowflake tells of its tokens is how long they live, not until when."""
    known = running.upstream_tokens()
    running.services.clock = lambda: time.time() + offset
    running.services.sessions._clock = lambda: running.services.clock()  # noqa: PLW0108 (set again below)
    with closing(running.connect()) as connection:
        mine, first = connection.rest.token, running.upstream_tokens()
        assert len(first) == len(known) + 2
        for token in list(running.account.sessions._by_token):
            running.account.sessions.expire(token)
        assert connection.cursor().execute("SELECT 1").fetchall() == [(1,)]  # Snowflake said that it had expired
        assert connection.rest.token == mine
        running.services.clock = lambda: time.time() + offset + 3550
        second = set(running.upstream_tokens())
        assert connection.cursor().execute("SELECT 2").fetchall() == [(2,)]  # the proxy saw it coming
        assert connection.rest.token == mine
        assert set(running.upstream_tokens()) != second
        running.services.clock = lambda: time.time() + offset + 3650
        assert connection.cursor().execute("SELECT 3").fetchall() == [(3,)]  # the client had to renew
        assert connection.rest.token != mine
    assert running.audit.kinds.count("session.renewed") == 1
    assert running.upstream_tokens() == known


@pytest.mark.parametrize("step", [-600, 600])
def test_a_clock_that_is_set_right_ends_no_session(step: float, running: Running) -> None:
    with closing(running.connect()) as connection:
        running.services.clock = lambda: time.time() + step
        assert connection.cursor().execute("SELECT 1").fetchall() == [(1,)]
        connection.rest._renew_session()
        assert connection.cursor().execute("SELECT 2").fetchall() == [(2,)]
