"""Queries and tails over files."""

from __future__ import annotations

import csv
import io
import re
import shutil
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.integration.proxy.audit.conftest import Fill, event, record_all, run
from theia_sf.cli import main
from theia_sf.errors import UsageError
from theia_sf.proxy.audit import segments as module
from theia_sf.proxy.audit.events import Event, Kind
from theia_sf.proxy.audit.log import AuditLog
from theia_sf.proxy.audit.query import COLUMNS, Filters, query, row
from theia_sf.proxy.audit.segments import Segment
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
    from theia_sf.proxy.audit import query as reading  # noqa: PLC0415

    read: Counter[str] = Counter()
    genuine = reading.lines

    def lines(segment: Segment) -> Iterator[bytes]:
        for line in genuine(segment):
            read[segment.path.name] += 1
            yield line

    monkeypatch.setattr(reading, "lines", lines)
    assert list(query(filled, Filters(until=START + timedelta(seconds=5), event="statement")))
    assert {name for name, count in read.items() if count > 2} == {"one.00000001.jsonl", "two.00000001.jsonl"}


def test_a_clock_that_was_set_back_hides_nothing(settings: Callable[..., AuditConfig], folder: Path) -> None:
    for number, year in enumerate((2030, 2026, 2026)):
        time = datetime(year, 2, 3, tzinfo=UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")

        async def work(number: int = number, time: str = time) -> None:
            log = AuditLog(settings(), clock=lambda: time)
            await log.record(event(number))
            await log.close()

        run(work())
    assert numbers(query(folder, Filters(until=datetime(2027, 1, 1, tzinfo=UTC)))) == [1, 2]


def test_many_instances_one_after_another(filled: Path, folder: Path) -> None:
    resource = pytest.importorskip("resource")
    folder.mkdir()
    head = (filled / "one.00000001.jsonl").read_bytes().splitlines(keepends=True)[:2]
    limit, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for number in range(120):
        moment = (START + timedelta(hours=number)).isoformat(timespec="microseconds").replace("+00:00", "Z").encode()
        lines = [re.sub(rb'"time":"[^"]*"', b'"time":"' + moment + b'"', line) for line in head]
        (folder / f"host-{number * 77 % 120}.00000001.jsonl").write_bytes(b"".join(lines))
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, hard))
    try:
        times = [record["time"] for record in query(folder)]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    assert times == sorted(times)
    assert len(times) == 240


def test_an_event_that_waited_over_midnight_is_of_its_own_day(
    settings: Callable[..., AuditConfig], folder: Path
) -> None:
    midnight = datetime(2026, 2, 4, tzinfo=UTC)
    times = [midnight - timedelta(seconds=9)] * 3  # the first file, and its first event
    times += [midnight - timedelta(seconds=1)]  # an event, that is written
    times += [midnight + timedelta(seconds=1)] * 9  # after midnight

    def clock() -> str:
        time = times.pop(0) if len(times) > 1 else times[0]
        return time.isoformat(timespec="microseconds").replace("+00:00", "Z")

    async def work() -> None:
        log = AuditLog(settings(), clock=clock)
        await log.record(event(1))
        await log.record(event(2))
        await log.close()

    run(work())
    (first, second) = sorted(folder.glob("*.jsonl"))
    assert b"SELECT 2" in second.read_bytes()
    assert b"SELECT 2" not in first.read_bytes()
    for wanted in (Filters(until=midnight), Filters(until=midnight, since=midnight - timedelta(days=1))):
        assert numbers(query(folder, wanted)) == [1, 2]
        assert numbers(tail(folder, 2, wanted)) == [1, 2]
    assert numbers(query(folder, Filters(since=midnight - timedelta(seconds=2)))) == [2]
    assert numbers(query(folder, Filters(until=midnight - timedelta(seconds=2)))) == [1]


def test_files_that_are_put_away_meanwhile(fill: Fill, folder: Path) -> None:
    for number in range(3):
        fill(range(number, number + 1))
    oldest = min(folder.glob("*.jsonl"))
    records = query(folder)
    assert next(records)["event"] == "audit.file"
    max(folder.glob("*.jsonl")).unlink()
    with pytest.raises(UsageError, match=r"one\.00000003\.jsonl cannot be read: No such file or directory"):
        list(records)
    fill(range(3, 4))
    steps = 0

    def step(_seconds: float) -> None:
        nonlocal steps
        steps += 1
        if steps == 1:
            oldest.unlink()
            fill(range(4, 5))
        if steps == 3:
            raise DoneError

    seen: list[int] = []
    with suppress(DoneError):
        for record in tail(folder, 0, follow=True, wait=step):
            seen += numbers([record])
    assert seen == [4]


def test_a_file_that_is_put_away_while_it_is_looked_at(
    fill: Fill, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        fill(range(number, number + 1))
    genuine, oldest = module._segment, min(folder.glob("*.jsonl"))

    def looked_at(path: Path, *others: Any) -> Segment:
        oldest.unlink(missing_ok=True)
        return genuine(path, *others)

    monkeypatch.setattr(module, "_segment", looked_at)
    assert numbers(query(folder)) == [1, 2]


@pytest.mark.parametrize("output", ["table", "csv"])
def test_texts_of_others_pose_as_no_record_of_their_own(
    settings: Callable[..., AuditConfig], folder: Path, capsys: pytest.CaptureFixture[str], output: str
) -> None:
    async def work() -> None:
        log = AuditLog(settings())
        forged = "x\n2026-02-03T00:00:00Z  statement.finished  bob\r\x1b[2K\u2028y\x9b1A\u202e\tz"
        await log.record(event(1, user=forged, sqlText=forged, code=forged, rule=forged, outcome=forged))
        await log.close()

    run(work())
    assert main.run(["proxy", "audit", "query", "--path", str(folder), "--output", output]) == 0
    out = capsys.readouterr().out
    assert not set(out) & set("\x1b\x9b\u202e")
    if output == "table":
        assert len(out.splitlines()) == 3
    else:
        assert len(list(csv.reader(io.StringIO(out, newline="")))) == 4


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
