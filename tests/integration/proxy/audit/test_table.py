"""The copy of the records in Snowflake."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector

from tests.integration.conftest import Sandbox
from tests.integration.proxy.audit.conftest import Fill, event, record_all, run
from theia_sf.errors import TheiaError
from theia_sf.proxy.audit import sink
from theia_sf.proxy.audit.chain import Keyring
from theia_sf.proxy.audit.log import AuditLog
from theia_sf.proxy.audit.sink import Sink
from theia_sf.proxy.config.audit import AuditConfig, AuditTable

DATABASE = "AUDIT_COPY"
TABLE = f"{DATABASE}.PUBLIC.RECORDS"


@pytest.fixture
def connection(sandbox: Sandbox) -> Iterator[snowflake.connector.SnowflakeConnection]:
    with snowflake.connector.connect(**sandbox.snowflake) as connection:
        cursor = connection.cursor()
        cursor.execute(f"CREATE OR REPLACE DATABASE {DATABASE}")
        cursor.execute(f"CREATE WAREHOUSE IF NOT EXISTS {DATABASE}_WH")
        yield connection
        cursor.execute(f"DROP DATABASE {DATABASE}")
        cursor.execute(f"DROP WAREHOUSE {DATABASE}_WH")


@pytest.fixture
def table(sandbox: Sandbox, tmp_path: Path) -> AuditTable:
    password = tmp_path / "password"
    password.write_text(sandbox.state.snowflake_password)
    password.chmod(0o600)
    identity = {name: sandbox.snowflake[name] for name in ("account", "user", "role", "host", "port", "protocol")}
    identity |= {"password_file": password, "warehouse": f"{DATABASE}_WH"}
    return AuditTable.model_validate({"identity": identity, "table": TABLE, "interval": 0.05})


def rows(connection: snowflake.connector.SnowflakeConnection, columns: str) -> list[Any]:
    return connection.cursor().execute(f"SELECT {columns} FROM {TABLE} ORDER BY SEQ").fetchall()


def copy(copying: Sink) -> None:
    while copying.copy_some():
        pass


def test_every_record_is_there_once_whatever_was_sent_before(
    connection: snowflake.connector.SnowflakeConnection,
    table: AuditTable,
    folder: Path,
    fill: Fill,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sink, "_MOST", 40)
    fill(range(90), file_bytes=65536)
    copy(Sink(table, folder, "one", Keyring()))
    (folder / "one.table").unlink()  # where it was is forgotten
    fill(range(90, 95))
    copy(Sink(table, folder, "one", Keyring()))
    lines = [line for path in sorted(folder.glob("*.jsonl")) for line in path.read_text().splitlines()]
    assert [text for (text,) in rows(connection, "RECORD")] == lines
    seqs, users, queries = zip(*rows(connection, "SEQ, USER_NAME, QUERY_ID"), strict=True)
    assert list(seqs) == list(range(1, len(lines) + 1))
    assert {"alice", None} == set(users)
    assert {f"q-{number}" for number in range(95)} <= set(queries)
    (time,) = connection.cursor().execute(f"SELECT MIN(TIME) FROM {TABLE}").fetchall()[0]
    assert time.isoformat(timespec="microseconds") + "Z" == json.loads(lines[0])["time"]


def test_the_rest_is_copied_at_the_end(
    connection: snowflake.connector.SnowflakeConnection, table: AuditTable, settings: Callable[..., AuditConfig]
) -> None:
    later = table.model_dump(by_alias=True, exclude_none=True) | {"interval": 600}

    async def work() -> None:
        log = AuditLog(settings(snowflake=later))
        await record_all(log, [event(number) for number in range(3)])
        await log.close()
        assert log.status().table == sink.SinkStatus(sent=5, behind=0, failing=None)

    run(work())
    assert [kind for (kind,) in rows(connection, "EVENT")] == [
        "audit.file",
        *["statement.finished"] * 3,
        "audit.closed",
    ]


def test_hostile_texts_arrive_as_they_are(
    connection: snowflake.connector.SnowflakeConnection,
    table: AuditTable,
    folder: Path,
    settings: Callable[..., AuditConfig],
) -> None:
    texts = ["'); DROP TABLE x; --", "\\' OR 1=1", 'a"b', "%s %(x)s 100%", "\u202e\x1b[31m\x00é", "line\nfeed"]

    async def work() -> None:
        log = AuditLog(settings())
        await record_all(log, [event(i, sqlText=text) for i, text in enumerate(texts)])
        await log.close()

    run(work())
    copy(Sink(table, folder, "one", Keyring()))
    told = {json.loads(text)["fields"].get("sqlText") for (text,) in rows(connection, "RECORD")}
    assert set(texts) <= told


def test_a_record_that_is_too_long_for_a_statement_comes_without_its_text(
    connection: snowflake.connector.SnowflakeConnection,
    table: AuditTable,
    folder: Path,
    settings: Callable[..., AuditConfig],
) -> None:
    async def work() -> None:
        log = AuditLog(settings(redaction={"text_bytes": 2_000_000}))
        await record_all(log, [event(1, sqlText="x" * 900_000), event(2)])
        await log.close()

    run(work())
    copy(Sink(table, folder, "one", Keyring()))
    assert sorted((query, text is None) for query, text in rows(connection, "QUERY_ID, RECORD") if query) == [
        ("q-1", True),
        ("q-2", False),
    ]


def test_clients_do_not_notice_that_snowflake_is_away(
    connection: snowflake.connector.SnowflakeConnection, table: AuditTable, settings: Callable[..., AuditConfig]
) -> None:
    away = table.model_dump(by_alias=True, exclude_none=True)
    away["identity"]["port"] = 1  # nobody listens there

    async def work() -> Any:
        log = AuditLog(settings(snowflake=away))
        await record_all(log, [event(number) for number in range(10)])
        for _ in range(200):
            status = log.status()
            if status.table is not None and status.table.failing:
                break
            await asyncio.sleep(0.1)
        await log.record(event(11))
        await log.close()
        return status

    status = run(work())
    assert status.failing is None
    assert status.table.failing == "Snowflake cannot be reached at http://127.0.0.1:1."
    assert status.table.behind >= 11


@pytest.mark.parametrize(
    ("genuine", "forged"),
    [
        (b'"time":"2', b'"time":"x'),
        (b'"seq":3', b'"seq":0x'),
        (b'"queryId":"q-1"', b'"queryId":[1,2]'),
        (b'"fields":{', b'"field5":{'),
        (b'"user":"alice"', b'"user":[1,2,3]'),
    ],
)
def test_a_line_that_was_changed_holds_up_no_other(
    connection: snowflake.connector.SnowflakeConnection,
    table: AuditTable,
    folder: Path,
    fill: Fill,
    genuine: bytes,
    forged: bytes,
) -> None:
    fill(range(3))
    (path,) = folder.glob("*.jsonl")
    lines = path.read_bytes().splitlines(keepends=True)
    assert genuine in lines[2]
    lines[2] = lines[2].replace(genuine, forged)
    path.write_bytes(b"".join(lines))
    fill(range(3, 4))
    copy(Sink(table, folder, "one", Keyring()))
    assert [query for (query,) in rows(connection, "QUERY_ID") if query] == ["q-0", "q-2", "q-3"]


def test_a_position_in_other_files_does_not_count(
    connection: snowflake.connector.SnowflakeConnection, table: AuditTable, folder: Path, fill: Fill
) -> None:
    fill(range(3))
    (folder / "one.table").write_text('{"file": 9, "bytes": 1, "seq": 900}')
    copy(Sink(table, folder, "one", Keyring()))
    assert [seq for (seq,) in rows(connection, "SEQ")] == [1, 2, 3, 4, 5]


def test_records_that_were_put_away_before_they_were_copied_are_told(
    connection: snowflake.connector.SnowflakeConnection,
    table: AuditTable,
    folder: Path,
    fill: Fill,
    caplog: pytest.LogCaptureFixture,
) -> None:
    fill(range(3))
    fill(range(3))
    min(folder.glob("*.jsonl")).unlink()
    copy(Sink(table, folder, "one", Keyring()))
    assert [seq for (seq,) in rows(connection, "SEQ")] == [6, 7, 8, 9, 10]
    assert "The audit's records 1 to 5 are not in the files, and so are not copied." in caplog.text


def test_without_a_mark_nothing_is_copied_and_that_is_told(table: AuditTable, folder: Path, fill: Fill) -> None:
    fill(range(3))
    (folder / "one.head").unlink()
    with pytest.raises(TheiaError, match=r"one\.head does not say how far records are confirmed"):
        Sink(table, folder, "one", Keyring()).copy_some()
