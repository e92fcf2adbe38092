"""Queries and tails over files."""

from __future__ import annotations

import csv
import io
import shutil
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.integration.proxy.audit.conftest import Fill, event, record_all, run
from theia_sf.errors import UsageError
from theia_sf.proxy.audit.events import Event, Kind
from theia_sf.proxy.audit.log import AuditLog
from theia_sf.proxy.audit.query import COLUMNS, Filters, query, row
from theia_sf.proxy.audit.tail import tail
from theia_sf.proxy.config.audit import AuditConfig

START = datetime(2026, 2, 3, 23, 59, 0, tzinfo=UTC)


class DoneError(Exception):
    pass


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two instances in turn, one event a second over midnight, in several files."""
    folder = tmp_path_factory.mktemp("filled")

    async def work() -> None:
        time = START
        logs = [
            AuditLog(
                AuditConfig(path=folder, instance=name, file_bytes=65536),
                clock=lambda: time.isoformat(timespec="microseconds").replace("+00:00", "Z"),
            )
            for name in ("one", "two")
        ]
        for number in range(120):
            time = START + timedelta(seconds=number)
            kind = Kind.STATEMENT_DENIED if number % 10 == 0 else Kind.STATEMENT_FINISHED
            user = ("alice", "bob", 'eve"\u202e')[number % 3]
            outcome = "failure" if number % 7 == 0 else "success"
            await logs[number % 2].record(event(number, kind=kind, user=user, outcome=outcome, noise="x" * 2000))
        for log in logs:
            await log.record(Event(Kind.SESSION_ENDED, "alice", "other", "s-9", "::1", {"by": "client"}))
            await log.close()

    run(work())
    assert len(list(folder.glob("*.jsonl"))) > 4
    return folder


def numbers(records: Any) -> list[int]:
    return [int(each["fields"]["sqlText"].split()[1]) for each in records if "sqlText" in each["fields"]]


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        (Filters(), lambda n: True),
        (Filters(user="alice"), lambda n: n % 3 == 0),
        (Filters(user='eve"\u202e'), lambda n: n % 3 == 2),
        (Filters(user="nobody"), lambda n: False),
        (Filters(instance="two"), lambda n: n % 2 == 1),
        (Filters(event="statement.denied"), lambda n: n % 10 == 0),
        (Filters(event="statement"), lambda n: True),
        (Filters(event="state"), lambda n: False),
        (Filters(outcome="failure", user="bob"), lambda n: n % 7 == 0 and n % 3 == 1),
        (Filters(query_id="q-77"), lambda n: n == 77),
        (Filters(contains="select 11"), lambda n: n == 11 or 110 <= n < 120),
        (Filters(contains='"SQLTEXT": "select 5'), lambda n: n == 5 or 50 <= n < 60),
        (Filters(contains="É\\"), lambda n: False),
        (Filters(since=START + timedelta(seconds=30)), lambda n: n >= 30),
        (Filters(until=START + timedelta(seconds=30)), lambda n: n < 30),
        (
            Filters(since=START + timedelta(seconds=59), until=START + timedelta(seconds=62)),
            lambda n: n in {59, 60, 61},
        ),
        (Filters(peer="192.0.2.7", account="flows", session="s-1"), lambda n: True),
        (Filters(session="s-9"), lambda n: False),
    ],
)
def test_filters(filled: Path, filters: Filters, wanted: Callable[[int], bool]) -> None:
    expected = [number for number in range(120) if wanted(number)]
    assert numbers(query(filled, filters)) == expected
    assert numbers(tail(filled, 1000, filters)) == expected
    if filters.instance is None:  # in the order of time, whichever instance
        assert (
            numbers(tail(filled, 7, Filters(**{**vars(filters), "event": filters.event or "statement"})))
            == (expected[-7:])
        )


def test_files_of_other_times_are_not_read(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from theia_sf.proxy.audit import query as module  # noqa: PLC0415

    read: list[str] = []
    genuine = module.lines
    monkeypatch.setattr(module, "lines", lambda segment: read.append(segment.path.name) or genuine(segment))
    assert list(query(filled, Filters(until=START + timedelta(seconds=5), event="statement")))
    assert sorted(read) == ["one.00000001.jsonl", "two.00000001.jsonl"]


def test_rows_have_the_same_columns(filled: Path) -> None:
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS)
    writer.writerows(row(record) for record in query(filled))
    assert len(out.getvalue().splitlines()) == len(list(query(filled)))


def test_what_is_no_record_is_left_out(filled: Path, folder: Path) -> None:
    shutil.copytree(filled, folder)
    with max(folder.glob("one.*.jsonl")).open("ab") as file:
        file.write(b'[1]\n"x"\n\xff\n{"event":{},"fields":[]}\n{"time":')
    assert numbers(query(folder, Filters(event="statement"))) == list(range(120))
    assert numbers(tail(folder, 3, Filters(event="statement"))) == [117, 118, 119]


def test_what_was_never_confirmed_is_left_out(fill: Fill, folder: Path) -> None:
    for number in range(2):
        fill(range(number, number + 1))
    first, _ = sorted(folder.glob("*.jsonl"))
    with first.open("ab") as file:
        file.write(first.read_bytes().splitlines(keepends=True)[1])
    assert numbers(query(folder)) == [0, 1]
    assert numbers(tail(folder, 10)) == [0, 1]


def test_following_over_new_files_and_unfinished_lines(
    settings: Callable[..., AuditConfig], filled: Path, folder: Path
) -> None:
    shutil.copytree(filled, folder)
    seen: list[int] = []
    log: list[AuditLog] = []

    def step(_seconds: float) -> None:
        number = 200 + len(seen)
        if number == 230:
            raise DoneError
        if not log:
            log.append(AuditLog(settings(file_bytes=65536)))
        run(record_all(log[0], [event(number, noise="x" * 5000)]))
        unfinished = max(folder.glob("two.*.jsonl"))
        with unfinished.open("ab") as file:
            file.write(b"{")

    records = tail(folder, 2, Filters(event="statement.finished"), follow=True, wait=step)
    with suppress(DoneError):
        for record in records:
            seen += [number for number in numbers([record]) if number >= 200]
    run(log[0].close())
    assert seen == list(range(200, 230))


def test_memory_does_not_grow_with_the_files(settings: Callable[..., AuditConfig], folder: Path) -> None:
    async def work() -> None:
        log = AuditLog(settings())
        await record_all(log, [event(number, noise="x" * 8000) for number in range(1000)])
        await log.close()

    run(work())
    tracemalloc.start()
    try:
        assert sum(1 for _ in query(folder)) == 1002
        assert len(list(tail(folder, 5))) == 5
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 3 * 1024 * 1024  # of 8 MB


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: No such file or directory"):
        list(query(tmp_path / "nothing"))
