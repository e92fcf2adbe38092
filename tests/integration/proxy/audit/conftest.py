"""Audits in a folder of the test's own."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from theia_sf.proxy.audit.events import Event, Kind
from theia_sf.proxy.audit.log import AuditLog
from theia_sf.proxy.config.audit import AuditConfig

Fill = Callable[..., None]


def event(number: int, *, kind: Kind = Kind.STATEMENT_FINISHED, user: str = "alice", **fields: Any) -> Event:
    told = {"sqlText": f"SELECT {number}", "queryId": f"q-{number}", "outcome": "success", **fields}
    return Event(kind=kind, user=user, account="flows", session="s-1", peer="192.0.2.7", fields=told)


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


async def record_all(log: AuditLog, events: list[Event]) -> None:
    await asyncio.gather(*(log.record(each) for each in events))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "audit"


@pytest.fixture
def settings(folder: Path) -> Callable[..., AuditConfig]:
    def make(**values: Any) -> AuditConfig:
        return AuditConfig.model_validate({"path": folder, "instance": "one", **values})

    return make


@pytest.fixture
def fill(settings: Callable[..., AuditConfig]) -> Fill:
    """Open an audit, record some events, and close it."""

    def filling(numbers: range, **values: Any) -> None:
        async def work() -> None:
            log = AuditLog(settings(**values))
            await record_all(log, [event(number) for number in numbers])
            await log.close()

        run(work())

    return filling


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return new_key_file(tmp_path / "audit.key")


def new_key_file(path: Path) -> Path:
    path.write_bytes(base64.b64encode(secrets.token_bytes(32)) + b"\n")
    path.chmod(0o600)
    return path
