"""What an identity signs in with: made once for many, read again in time, told to nobody."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from tests.unit.proxy.fakes import PASSWORD, settings
from theia_sf.errors import ConnectionFailedError
from theia_sf.proxy.errors import RefusalError
from theia_sf.proxy.upstream.credentials import PROOF_LIFE, SETTINGS_LIFE, Credentials
from theia_sf.secret import Secret

pytestmark = pytest.mark.anyio


class Source:
    """Counts how often the settings are read, and changes the password each time."""

    def __init__(self) -> None:
        self.read = 0
        self.now = 0.0

    def __call__(self) -> Any:
        self.read += 1
        return replace(settings(), password=Secret(f"{PASSWORD}-{self.read}"))

    def credentials(self) -> Credentials:
        return Credentials("reader", self, lambda: self.now)


async def test_a_proof_serves_for_a_moment_and_settings_for_a_minute() -> None:
    source = Source()
    credentials = source.credentials()
    first = await credentials.fields()
    assert first == {"ACCOUNT_NAME": "ORG-ACC", "LOGIN_NAME": "SVC_READER", "PASSWORD": f"{PASSWORD}-1"}
    assert await asyncio.gather(*(credentials.fields() for _ in range(10))) == [first] * 10
    source.now += PROOF_LIFE + 1
    assert await credentials.fields() == first
    assert source.read == 1
    source.now += SETTINGS_LIFE
    assert (await credentials.fields())["PASSWORD"] == f"{PASSWORD}-2"


async def test_a_refused_proof_is_made_anew() -> None:
    source = Source()
    credentials = source.credentials()
    await credentials.fields()
    credentials.refused()
    assert (await credentials.fields())["PASSWORD"] == f"{PASSWORD}-2"


async def test_former_proofs_stay_secret_for_a_while() -> None:
    source = Source()
    credentials = source.credentials()
    for _ in range(3):
        await credentials.fields()
        credentials.refused()
    assert {f"{PASSWORD}-{number}" for number in (1, 2, 3)} <= set(credentials.secrets())


async def test_what_goes_wrong_is_the_operators_to_know(caplog: pytest.LogCaptureFixture) -> None:
    Secret("hunter2-hunter2")

    def read() -> Any:
        message = "The key file /etc/theia/key does not exist, hunter2-hunter2."
        raise ConnectionFailedError(message, hint="Check the path.")

    with pytest.raises(RefusalError, match="cannot sign in to Snowflake as its identity reader") as caught:
        await Credentials("reader", read).fields()
    assert "/etc" not in caught.value.message
    assert "The key file /etc/theia/key does not exist, ***. Check the path." in caplog.text
