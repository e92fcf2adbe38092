"""The files: what is in them when `record` has returned, and how they follow one another."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.proxy.audit.conftest import Fill, event, record_all, run
from theia_sf.errors import UsageError
from theia_sf.proxy.audit import journal
from theia_sf.proxy.audit.chain import Keyring, read_keyring
from theia_sf.proxy.audit.events import Kind
from theia_sf.proxy.audit.log import AuditLog, instance_name
from theia_sf.proxy.audit.model import AuditUnavailableError
from theia_sf.proxy.audit.query import query
from theia_sf.proxy.audit.verify import verify
from theia_sf.proxy.config.audit import AuditConfig

Settings = Callable[..., AuditConfig]


def told(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for path in sorted(folder.glob("*.jsonl")) for line in path.read_text().splitlines()]


def file_in(folder: Path) -> Path:
    (path,) = folder.glob("*.jsonl")
    return path


def test_a_record_is_on_disk_when_it_is_recorded(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []  # size of the file at each flush

    def sync(descriptor: int) -> None:
        os.fsync(descriptor)
        synced.append(os.fstat(descriptor).st_size)

    async def work() -> None:
        log = AuditLog(settings())
        monkeypatch.setattr(journal, "sync", sync)
        for number in range(5):
            await log.record(event(number))
            path = file_in(folder)
            assert synced[-1] == path.stat().st_size
            assert json.loads(path.read_text().splitlines()[-1])["fields"]["sqlText"] == f"SELECT {number}"
        await log.close()

    run(work())


def test_those_who_wait_together_share_a_flush(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    flushes: list[int] = []

    def sync(descriptor: int) -> None:
        flushes.append(descriptor)
        os.fsync(descriptor)

    async def work() -> None:
        log = AuditLog(settings())
        monkeypatch.setattr(journal, "sync", sync)
        await record_all(log, [event(number) for number in range(200)])
        assert len(flushes) < 50
        await log.close()

    run(work())


def test_an_event_as_it_is_told(settings: Settings, folder: Path) -> None:
    async def work() -> None:
        log = AuditLog(settings(), clock=lambda: "2026-02-03T04:05:06.000007Z")
        await log.record(event(1, bindings={"1": {"type": "TEXT", "value": "é"}}, rows=3))
        await log.close()

    run(work())
    head, record, closed = told(folder)
    assert (head["event"], closed["event"]) == ("audit.file", "audit.closed")
    del record["hash"], record["prev"]
    assert record == {
        "time": "2026-02-03T04:05:06.000007Z",
        "instance": "one",
        "seq": 2,
        "event": "statement.finished",
        "user": "alice",
        "account": "flows",
        "session": "s-1",
        "peer": "192.0.2.7",
        "fields": {
            "sqlText": "SELECT 1",
            "queryId": "q-1",
            "outcome": "success",
            "bindings": {"1": {"type": "TEXT", "value": "é"}},
            "rows": 3,
        },
    }


def test_only_the_owner_reads_the_files(fill: Fill, folder: Path) -> None:
    fill(range(3))
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_the_chain_goes_on_over_files_days_and_starts(settings: Settings, folder: Path, fill: Fill) -> None:
    async def work() -> None:
        day = ["2026-02-03T04:05:06.000007Z"]
        log = AuditLog(settings(file_bytes=65536), clock=lambda: day[0])
        for batch in range(3):
            await record_all(log, [event(number) for number in range(200)])
            day[0] = day[0].replace("03T", "04T") if batch == 1 else day[0]
        await log.close()

    run(work())
    fill(range(2))
    (report,) = verify(folder, Keyring())
    assert report.problems == []
    reasons = [each["fields"]["reason"] for each in told(folder) if each["event"] == Kind.FILE_BEGUN]
    assert reasons[0] == reasons[-1] == "start"
    assert {"size", "day"} < set(reasons)
    assert [each["seq"] for each in told(folder)] == list(range(1, report.records + 1))


def test_instances_have_chains_of_their_own_in_one_folder(settings: Settings, folder: Path) -> None:
    async def work() -> None:
        logs = [AuditLog(settings(instance=name)) for name in ("one", "two")]
        await asyncio.gather(*(record_all(log, [event(n) for n in range(20)]) for log in logs))
        with pytest.raises(UsageError, match="Another proxy writes the audit records of one"):
            AuditLog(settings())
        for log in logs:
            await log.close()

    run(work())
    assert [(report.instance, report.records, report.problems) for report in verify(folder, Keyring())] == [
        ("one", 22, []),
        ("two", 22, []),
    ]
    assert len(list(query(folder))) == 44


def test_a_second_process_does_not_get_in_by_removing_the_lock(settings: Settings, folder: Path) -> None:
    async def work() -> None:
        first = AuditLog(settings())
        await first.record(event(1))
        (folder / "one.head").unlink()
        await first.record(event(2))
        with pytest.raises(UsageError, match="Another proxy writes the audit records of one"):
            AuditLog(settings())
        (folder / "one.head").unlink()
        second = AuditLog(settings())  # before the first one noticed
        await second.record(event(3))
        with pytest.raises(AuditUnavailableError, match="another proxy writes the records of this instance"):
            await first.record(event(4))
        await second.close()
        await first.record(event(5))
        await first.close()

    run(work())
    recorded = [each["fields"]["sqlText"] for each in query(folder) if "sqlText" in each["fields"]]
    assert recorded == [f"SELECT {number}" for number in (1, 2, 3, 5)]
    (report,) = verify(folder, Keyring())
    assert [problem.message.partition(":")[0] for problem in report.problems] == [
        "when it began, nothing said how far records were confirmed"
    ]


def test_a_mark_that_was_removed_is_there_again_with_the_next_record(settings: Settings, folder: Path) -> None:
    async def work() -> None:
        log = AuditLog(settings())
        (folder / "one.head").unlink()
        await log.record(event(1))
        assert [report.problems for report in verify(folder, Keyring())] == [[]]
        await log.close()

    run(work())


def test_a_key_may_be_changed_and_the_old_one_verifies(
    fill: Fill, folder: Path, key_file: Path, tmp_path: Path
) -> None:
    from tests.integration.proxy.audit.conftest import new_key_file  # noqa: PLC0415

    newer = new_key_file(tmp_path / "newer.key")
    fill(range(3))  # without a key
    fill(range(3), key_file=key_file)
    fill(range(3), key_file=newer, old_key_files=[key_file])
    (report,) = verify(folder, read_keyring(newer, [key_file]))
    assert (report.problems, report.records, report.keyed) == ([], 15, False)
    with pytest.raises(UsageError, match="chained by a key"):
        verify(folder, Keyring())
    (report,) = verify(folder, read_keyring(newer))
    assert "which is not known" in str(report.problems[0])


@pytest.mark.parametrize("what", ["removed", "replaced", "shortened", "lengthened"])
def test_a_file_that_somebody_else_changed_is_not_written_to_any_more(
    settings: Settings, folder: Path, what: str
) -> None:
    async def work() -> None:
        log = AuditLog(settings())
        await log.record(event(1))
        path = file_in(folder)
        data = path.read_bytes()
        if what == "lengthened":
            with path.open("ab") as file:
                file.write(b"{}\n")
        elif what == "shortened":
            with path.open("r+b") as file:
                file.truncate(len(data) - 10)
        else:
            path.unlink()
            if what == "replaced":
                path.write_bytes(data)
        await log.record(event(2))
        await log.close()

    run(work())
    newest = max(folder.glob("*.jsonl")).read_text().splitlines()
    assert json.loads(newest[1])["fields"]["sqlText"] == "SELECT 2"
    (report,) = verify(folder, Keyring())
    if what in {"removed", "shortened"}:
        assert report.problems
    else:  # nothing that was recorded is lost
        assert report.problems == []
        assert bool(report.notes) == (what == "lengthened")


@pytest.mark.parametrize("reason", ["file", "read-only"])
def test_a_folder_that_cannot_be_used(settings: Settings, folder: Path, reason: str) -> None:
    if reason == "file":
        folder.write_text("x")
    else:
        folder.mkdir()
        (folder / "one.head").mkdir()
    with pytest.raises(UsageError, match=r"The audit cannot be written to .*audit: "):
        AuditLog(settings())


def test_it_is_verified_while_it_is_written(settings: Settings, folder: Path) -> None:
    async def work() -> list[str]:
        log = AuditLog(settings(file_bytes=65536))
        looks: list[str] = []

        async def client() -> None:
            for number in range(60):
                await log.record(event(number, noise="x" * 900))

        writing = asyncio.gather(*(client() for _ in range(8)))
        while not writing.done():
            reports = await asyncio.to_thread(verify, folder, Keyring())
            looks += [str(problem) for report in reports for problem in report.problems]
            looks += ["no records"] if not reports[0].records else []
        await writing
        await log.close()
        return looks

    assert run(work()) == []
    assert len(list(folder.glob("*.jsonl"))) > 5


@pytest.mark.parametrize(
    ("host", "name"),
    [("proxy-7c9.example.org", "proxy-7c9"), ("-a b.c", "a-b"), ("...", "proxy"), ("x" * 99, "x" * 63)],
)
def test_an_instance_is_called_as_its_host(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, host: str, name: str
) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: host)
    assert instance_name(settings(instance=None)) == name
    assert instance_name(settings(instance="own")) == "own"
