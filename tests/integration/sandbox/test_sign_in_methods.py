"""Every way to sign in that people and services have, through the real connector, against the running sandbox.

What is refused is refused in one attempt: the account's own LOGIN_HISTORY counts them.
"""

from __future__ import annotations

import base64
import contextlib
import json
import subprocess
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
import snowflake.connector
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from snowflake.connector.errors import DatabaseError, Error

from theia_sf.sandbox import credentials

USERS = ("SIGN_IN_A", "SIGN_IN_B")
Ask = Callable[..., dict[str, Any]]
FETCH = """#!{python}
import sys, urllib.request
urllib.request.build_opener(urllib.request.ProxyHandler({{}})).open(sys.argv[1])
"""


@pytest.fixture(scope="module")
def admin(sandbox: Any) -> Iterator[Any]:
    with closing(snowflake.connector.connect(**sandbox.snowflake)) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE WAREHOUSE IF NOT EXISTS SIGN_IN_LOOKS")
        cursor.execute("USE WAREHOUSE SIGN_IN_LOOKS")
        yield cursor
        cursor.execute("DROP WAREHOUSE SIGN_IN_LOOKS")


@pytest.fixture(scope="module")
def keys() -> tuple[tuple[bytes, str], tuple[bytes, str]]:
    """Two key pairs: the private key as the connector takes it, the public one as Snowflake does."""

    def made() -> tuple[bytes, str]:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return private, base64.b64encode(public).decode()

    return made(), made()


@pytest.fixture(autouse=True)
def users(admin: Any) -> Iterator[None]:
    yield
    for user in USERS:
        admin.execute(f"DROP USER IF EXISTS {user}")


@pytest.fixture
def ask(sandbox: Any) -> Ask:
    """Arguments of `connect` for a method, as `sandbox sign-in` makes them."""

    def make(method: str, user: str = "SIGN_IN_A", *, expired: bool = False) -> dict[str, Any]:
        variables = credentials.request(sandbox.state, method, user, expired=expired)
        return {name.removeprefix("SNOWFLAKE_").lower(): value for name, value in variables.items()}

    return make


@pytest.fixture
def connect(sandbox_env: Any) -> Callable[..., str]:
    """Signs in, and gives the user's name."""
    settings = {key: sandbox_env.snowflake[key] for key in ("account", "host", "port", "protocol")}

    def who(**arguments: Any) -> str:
        with closing(snowflake.connector.connect(**settings, login_timeout=10, **arguments)) as connection:
            return str(connection.cursor().execute("SELECT CURRENT_USER()").fetchall()[0][0])

    return who


class Attempts:
    """The attempts since this was made: (user, first factor, second factor, error's name)."""

    def __init__(self, admin: Any) -> None:
        self.admin = admin
        self.begin = self._all()[-1:]

    def _all(self) -> list[tuple[Any, ...]]:
        self.admin.execute(
            "SELECT EVENT_ID, USER_NAME, FIRST_AUTHENTICATION_FACTOR, SECOND_AUTHENTICATION_FACTOR, ERROR_MESSAGE "
            "FROM SNOWFLAKE.ACCOUNT_USAGE.LOGIN_HISTORY ORDER BY EVENT_ID"
        )
        return self.admin.fetchall()

    def since(self) -> list[tuple[Any, ...]]:
        last = self.begin[0][0] if self.begin else 0
        return [row[1:] for row in self._all() if row[0] > last]


@pytest.fixture
def attempts(admin: Any) -> Attempts:
    return Attempts(admin)


def test_key_pair_in_both_slots_until_it_is_taken_away(
    admin: Any, connect: Any, attempts: Attempts, keys: tuple[Any, Any]
):
    first, second = ({"user": "SIGN_IN_A", "private_key": der} for der, _ in keys)
    admin.execute("CREATE USER SIGN_IN_A DEFAULT_ROLE = PUBLIC")
    admin.execute(f"ALTER USER SIGN_IN_A SET RSA_PUBLIC_KEY = '{keys[0][1]}'")
    with pytest.raises(DatabaseError, match="JWT token is invalid") as caught:
        connect(**second)
    assert (caught.value.errno, caught.value.sqlstate) == (394304, "28000")
    admin.execute(f"ALTER USER SIGN_IN_A SET RSA_PUBLIC_KEY_2 = '{keys[1][1]}'")
    assert [connect(**first), connect(**second)] == ["SIGN_IN_A"] * 2
    admin.execute("ALTER USER SIGN_IN_A UNSET RSA_PUBLIC_KEY")
    with pytest.raises(DatabaseError, match="JWT token is invalid"):
        connect(**first)
    with pytest.raises(DatabaseError, match="JWT token is invalid") as caught:
        connect(**{**second, "user": "THEIA"})
    assert caught.value.errno == 394304
    mismatch = "JWT_TOKEN_INVALID_PUBLIC_KEY_FINGERPRINT_MISMATCH"
    assert [(row[0], row[1], row[3]) for row in attempts.since()] == [
        ("SIGN_IN_A", "RSA_KEYPAIR", mismatch),
        ("SIGN_IN_A", "RSA_KEYPAIR", None),
        ("SIGN_IN_A", "RSA_KEYPAIR", None),
        ("SIGN_IN_A", "RSA_KEYPAIR", mismatch),
        ("THEIA", "RSA_KEYPAIR", mismatch),
    ]


def test_password(admin: Any, connect: Any, attempts: Attempts):
    admin.execute("CREATE USER SIGN_IN_A PASSWORD = 'right' DEFAULT_ROLE = PUBLIC")
    admin.execute("CREATE USER SIGN_IN_B TYPE = SERVICE")
    assert connect(user="sign_in_a", password="right") == "SIGN_IN_A"
    for user in ("SIGN_IN_A", "SIGN_IN_B", "NOBODY"):
        with pytest.raises(DatabaseError, match="Incorrect username or password was specified") as caught:
            connect(user=user, password="wrong")
        assert caught.value.errno == 390100
    admin.execute("ALTER USER SIGN_IN_A SET DISABLED = TRUE")
    with pytest.raises(DatabaseError, match="User access disabled"):
        connect(user="SIGN_IN_A", password="right")
    wrong = "INCORRECT_USERNAME_PASSWORD"
    assert [(row[0], row[3]) for row in attempts.since()] == [
        ("SIGN_IN_A", None),
        ("SIGN_IN_A", wrong),
        ("SIGN_IN_B", wrong),
        (None, wrong),
        ("SIGN_IN_A", "USER_ACCESS_DISABLED"),
    ]


def test_programmatic_access_token(admin: Any, ask: Ask, connect: Any, attempts: Attempts):
    good, factor = ask("access-token"), "PROGRAMMATIC_ACCESS_TOKEN"
    assert connect(**good) == "SIGN_IN_A"
    ask("access-token", "SIGN_IN_B")
    for bad in ({**good, "token": "x"}, ask("access-token", expired=True), {**good, "user": "SIGN_IN_B"}):
        with pytest.raises(DatabaseError, match="Programmatic access token is invalid") as caught:
            connect(**bad)
        assert caught.value.errno == 394400
    admin.execute("SHOW USER PROGRAMMATIC ACCESS TOKENS FOR USER SIGN_IN_A")
    [name] = [row[0] for row in admin.fetchall() if row[4] == "ACTIVE"]
    admin.execute(f"ALTER USER SIGN_IN_A REMOVE PROGRAMMATIC ACCESS TOKEN {name}")
    with pytest.raises(DatabaseError, match="Programmatic access token is invalid"):
        connect(**good)
    refused = factor, None, "PROGRAMMATIC_ACCESS_TOKEN_INVALID"
    assert attempts.since() == [
        ("SIGN_IN_A", factor, None, None),
        ("SIGN_IN_A", *refused),
        ("SIGN_IN_A", *refused),
        ("SIGN_IN_B", *refused),
        ("SIGN_IN_A", *refused),
    ]


def test_oauth_token(admin: Any, ask: Ask, connect: Any, attempts: Attempts):
    good = ask("oauth")
    assert connect(**good) == "SIGN_IN_A"
    ask("oauth", "SIGN_IN_B")
    forged = good["token"].rsplit(".", 1)[0] + "." + ask("oauth")["token"].rsplit(".", 1)[1]
    for bad, number, text in (
        ({**good, "token": forged}, 390303, "Invalid OAuth access token"),
        ({**good, "token": "x.y.z"}, 390303, "Invalid OAuth access token"),
        (ask("oauth", expired=True), 390318, "OAuth access token expired"),
        ({**good, "user": "SIGN_IN_B"}, 390309, "differs from the user tied to the access token"),
        ({**good, "role": "NOT_MINE"}, 390189, "Role 'NOT_MINE' specified in the connect string"),
    ):
        with pytest.raises(DatabaseError, match=text) as caught:
            connect(**bad)
        assert caught.value.errno == number
    admin.execute("ALTER SECURITY INTEGRATION SANDBOX_OAUTH SET ENABLED = FALSE")
    try:
        with pytest.raises(DatabaseError, match="Invalid OAuth access token"):
            connect(**good)
    finally:
        admin.execute("ALTER SECURITY INTEGRATION SANDBOX_OAUTH SET ENABLED = TRUE")
    assert [row[-1] for row in attempts.since()] == [
        None,
        "EXTERNAL_OAUTH_INVALID_SIGNATURE",
        "EXTERNAL_OAUTH_JWS_INVALID_FORMAT",
        "EXTERNAL_OAUTH_ACCESS_TOKEN_EXPIRED",
        "OAUTH_USERNAMES_MISMATCH",
        "ROLE_NOT_GRANTED",
        "EXTERNAL_OAUTH_ACCESS_TOKEN_ISSUER_NOT_ENABLED",
    ]


def test_oauth_client_credentials(ask: Ask, connect: Any, attempts: Attempts):
    good = ask("oauth-client")
    assert connect(**good) == "SIGN_IN_A"
    assert connect(**{**good, "oauth_scope": "", "role": "ACCOUNTADMIN"}) == "SIGN_IN_A"
    for bad in ({"oauth_client_secret": "x"}, {"oauth_client_id": "x"}):
        with pytest.raises(Error):
            connect(**{**good, **bad})
    assert attempts.since() == [("SIGN_IN_A", "OAUTH_ACCESS_TOKEN", None, None)] * 2
    with pytest.raises(DatabaseError, match="not authorized"):
        connect(**good, role="NOT_MINE")
    assert len(attempts.since()) == 3


def test_oidc_token_of_a_workload(admin: Any, ask: Ask, connect: Any, attempts: Attempts):
    good = ask("oidc")
    assert connect(**{key: value for key, value in good.items() if key != "user"}) == "SIGN_IN_A"
    with pytest.raises(DatabaseError, match="The workload identity token is invalid: it has expired"):
        connect(**ask("oidc", expired=True))
    admin.execute("SHOW USER WORKLOAD IDENTITY AUTHENTICATION METHODS FOR USER SIGN_IN_A")
    known = json.loads(admin.fetchall()[0][5])
    admin.execute(
        "ALTER USER SIGN_IN_A SET WORKLOAD_IDENTITY = "
        f"(TYPE = OIDC ISSUER = '{known['issuer']}' SUBJECT = '{known['subject']}' OIDC_AUDIENCE_LIST = ('other'))"
    )
    with pytest.raises(DatabaseError, match="it is for another audience"):
        connect(**good)
    admin.execute("ALTER USER SIGN_IN_A UNSET WORKLOAD_IDENTITY")
    with pytest.raises(DatabaseError, match="Unable to find an associated Snowflake user"):
        connect(**good)
    assert [row[:2] for row in attempts.since()] == [
        ("SIGN_IN_A", "WORKLOAD_IDENTITY"),
        ("SIGN_IN_A", "WORKLOAD_IDENTITY"),
        ("SIGN_IN_A", "WORKLOAD_IDENTITY"),
        (None, "WORKLOAD_IDENTITY"),
    ]


def test_password_with_passcode(ask: Ask, connect: Any, attempts: Attempts):
    good = ask("mfa")
    code, plain = good["passcode"], {key: value for key, value in good.items() if key != "passcode"}
    with pytest.raises(DatabaseError, match="MFA with TOTP is required") as caught:
        connect(**plain)
    assert caught.value.errno == 394508
    assert connect(**good) == "SIGN_IN_A"
    for bad in ({"passcode": code}, {"passcode": f"{(int(code) + 1) % 10**6:06d}"}):
        with pytest.raises(DatabaseError, match="TOTP Invalid") as caught:
            connect(**{**good, **bad})
        assert caught.value.errno == 394507
    with pytest.raises(DatabaseError, match="TOTP Invalid"):
        connect(**ask("mfa", expired=True))
    last = ask("mfa")
    both = last["password"] + last.pop("passcode")
    assert connect(**{**last, "password": both, "passcode_in_password": True}) == "SIGN_IN_A"
    refused = "MFA_TOTP_INVALID"
    assert [row[3] for row in attempts.since()] == ["MFA_TOTP_REQUIRED", None, refused, refused, refused, None]
    assert {row[2] for row in attempts.since() if row[3] != "MFA_TOTP_REQUIRED"} == {"TOTP"}


def test_external_browser(ask: Ask, connect: Any, attempts: Attempts, monkeypatch: Any):
    def opens(more: str) -> None:
        """A browser, as far as the connector sees one: it opens the address and follows where that leads."""

        def fetch(url: str) -> None:
            with contextlib.suppress(OSError):  # the connector ends the connection as soon as it has the token
                httpx.get(url + more, follow_redirects=True, trust_env=False)

        def open_new(url: str) -> bool:
            threading.Thread(target=fetch, args=(url,)).start()
            return True

        monkeypatch.setattr(webbrowser, "open_new", open_new)

    good = ask("browser")
    opens("")
    assert connect(**good) == "SIGN_IN_A"
    opens("?user=SOMEBODY")
    with pytest.raises(DatabaseError, match="differs from the user currently logged in at the IDP") as caught:
        connect(**good)
    assert caught.value.errno == 390191
    assert [row[1] for row in attempts.since()] == ["SAML2_ASSERTION"] * 2


def test_external_browser_is_any_command(ask: Ask, sandbox_env: Any, tmp_path: Path):
    command = tmp_path / "browser"
    command.write_text(FETCH.format(python=sys.executable))
    command.chmod(0o700)
    settings = {key: sandbox_env.snowflake[key] for key in ("account", "host", "port", "protocol")} | ask("browser")
    program = (
        "import snowflake.connector as c, json, sys; "
        "print(c.connect(**json.loads(sys.argv[1])).cursor().execute('SELECT CURRENT_USER()').fetchall())"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, json.dumps(settings)],
        env={**sandbox_env.environment(), "BROWSER": f"{command} %s &"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "[('SIGN_IN_A',)]" in run.stdout
