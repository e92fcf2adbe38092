"""An account in this process, without any network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from theia_sf.sandbox.snowflake.account import Account
from theia_sf.sandbox.snowflake.sessions import Session

Run = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def account() -> Iterator[Account]:
    account = Account(admin_password="pw")
    yield account
    account.close()


@pytest.fixture
def session(account: Account) -> Iterator[Session]:
    session = account.open_session("THEIA")
    yield session
    session.close()


@pytest.fixture
def run(account: Account, session: Session) -> Run:
    def execute(*statements: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for sql in statements:
            rows = account.execute(sql, session).dicts()
        return rows

    return execute
