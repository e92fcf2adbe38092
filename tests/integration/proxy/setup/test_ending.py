"""Sessions that an operator ends, while Snowflake is well, and while it is not."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.integration.proxy.sessions.conftest import Clock, make_record
from theia_sf.errors import TheiaError
from theia_sf.proxy.config.load import load
from theia_sf.proxy.config.model import ProxyConfig
from theia_sf.proxy.sessions.keys import new_key_file
from theia_sf.proxy.sessions.model import SessionRecord
from theia_sf.proxy.sessions.opening import open_store
from theia_sf.proxy.setup import ending
from theia_sf.proxy.users.changes import NewCredentials, add


@pytest.fixture
def silent() -> Iterator[int]:
    """A port that takes connections, and answers nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def path(tmp_path: Path, silent: int) -> Path:
    identity = {"account": "ORG-X", "user": "U", "password_file": "password"}
    identity |= {"host": "127.0.0.1", "port": silent, "protocol": "http"}
    document = {
        "upstreams": {"flows": {"identities": {"reader": identity}}},
        "users": "users.yaml",
        "store": {"sqlite": "sessions.db", "key_file": "store.key"},
        "audit": {"path": "audit", "instance": "here"},
    }
    (tmp_path / "password").write_text("not used")
    (tmp_path / "password").chmod(0o600)
    new_key_file(tmp_path / "store.key")
    add(tmp_path / "users.yaml", "alice", NewCredentials(certificate_names=["alice"]))
    (tmp_path / "proxy.yaml").write_text(yaml.safe_dump(document))
    return tmp_path / "proxy.yaml"


async def kept(config: ProxyConfig, *new: SessionRecord) -> list[str]:
    """The sessions that are there, once the new ones are."""
    store = open_store(config.store)
    for record in new:
        await store.add(record)
    found = [record.id for record in await store.all()]
    await store.close()
    return found


def test_sessions_end_at_once_though_snowflake_does_not_answer(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(ending, "PATIENCE", 0.5)
    config, records = load(path), [make_record(Clock(), number) for number in range(1, 6)]
    began = time.monotonic()

    async def end() -> list[str]:
        assert len(await kept(config, *records)) == 5
        await ending.end_sessions(config, path, records[1:])
        return await kept(config)

    assert asyncio.run(end()) == ["session-1"]
    assert time.monotonic() - began < 2, "all of them are given up together"
    assert "The session session-3 is not ended at Snowflake: it does not answer." in caplog.text
    (file,) = (path.parent / "audit").glob("here-operator.*.jsonl")
    events = [json.loads(line) for line in file.read_text().splitlines()]
    ended = [event for event in events if event["event"] == "session.ended"]
    assert {(event["session"], event["fields"]["by"]) for event in ended} == {
        (f"session-{number}", "operator") for number in range(2, 6)
    }


def test_what_is_not_recorded_is_not_done(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config, session = load(path), make_record(Clock())
    (path.parent / "audit").write_text("in the way of the folder")

    async def end() -> list[str]:
        await kept(config, session)
        with pytest.raises(TheiaError):
            await ending.end_sessions(config, path, [session])
        return await kept(config)

    assert asyncio.run(end()) == ["session-1"]
