"""An account with numbers in it, and a proxy in front of it, for the tests of one module."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.e2e.proxy.running import ProxyProcess, proxy, sandbox_account
from theia_sf.sandbox.snowflake.account import Account


@dataclass(frozen=True)
class Upstream:
    """The account, and where it is served.

    Attributes:
        rows: how many numbers its table NUMBERS has, from 0 on.
    """

    account: Account
    port: int
    rows: int

    def secrets(self) -> list[str]:
        """The tokens of the sessions that are open."""
        entries = list(self.account.sessions._by_token.values())
        return [token for entry in entries for token in (entry.token, entry.master)]


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    rows = 20_000
    with sandbox_account(rows) as (account, port):
        yield Upstream(account, port, rows)


@pytest.fixture(scope="module")
def running(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProxyProcess]:
    with proxy(tmp_path_factory.mktemp("proxy"), upstream.port) as process:
        yield process
