"""Disks that are full, broken or silent."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.proxy.audit.conftest import event, record_all, run
from theia_sf.proxy.audit import disk, journal, log, writer
from theia_sf.proxy.audit.chain import Keyring
from theia_sf.proxy.audit.log import AuditLog
from theia_sf.proxy.audit.model import AuditUnavailableError
from theia_sf.proxy.audit.query import query
from theia_sf.proxy.audit.verify import verify
from theia_sf.proxy.config.audit import AuditConfig

Settings = Callable[..., AuditConfig]
FULL = "The proxy refuses statements, as it cannot record them: No space left on device."

FULL_FILE = """
import asyncio, resource, sys
from pathlib import Path
from tests.integration.proxy.audit.conftest import event
from theia_sf.proxy.audit.log import AuditLog
from theia_sf.proxy.audit.model import AuditUnavailableError
from theia_sf.proxy.config.audit import AuditConfig

async def work():
    log = AuditLog(AuditConfig(path=Path(sys.argv[1]), instance="one"))
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))  # the kernel takes a part of the write that exceeds it
    number = refused = 0
    while refused < 4:
        number += 1
        try:
            await log.record(event(number, noise="x" * 700))
            print(number)
        except AuditUnavailableError as error:
            refused += 1
            print(error, file=sys.stderr)
            resource.setrlimit(resource.RLIMIT_FSIZE, (50 if refused < 4 else hard, hard))  # no new file, either
    await log.record(event(0))
    print(0)
    await log.close()

asyncio.run(work())
"""


def numbers(folder: Path) -> list[int]:
    return [int(each["fields"]["sqlText"].split()[1]) for each in query(folder) if "sqlText" in each["fields"]]


def test_a_file_that_the_system_does_not_let_grow(folder: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FULL_FILE, str(folder)], capture_output=True, text=True, check=True)
    assert done.stderr.count("The proxy refuses statements, as it cannot record them: File too large.") >= 4
    confirmed = [int(number) for number in done.stdout.split()]
    assert numbers(folder) == confirmed
    (report,) = verify(folder, Keyring())
    assert report.problems == []
    assert "never confirmed, as a crash or a full disk leaves them" in str(report.notes[0])
    reasons = [each["fields"]["reason"] for each in query(folder) if each["event"] == "audit.file"]
    assert reasons == ["start", "failure"]


@pytest.mark.parametrize("step", ["write", "sync"])
def test_nothing_is_recorded_while_the_disk_is_full_and_everything_afterwards(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    full = False

    def write(descriptor: int, data: memoryview) -> int:
        if full and step == "write":
            if len(data) > 100:
                return os.write(descriptor, data[:100])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return os.write(descriptor, data)

    def sync(descriptor: int) -> None:
        if full and step == "sync":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(descriptor)

    class Os:
        def __getattr__(self, name: str) -> object:
            return write if name == "write" else getattr(os, name)

    monkeypatch.setattr(disk, "os", Os())
    monkeypatch.setattr(journal, "sync", sync)

    async def work() -> None:
        nonlocal full
        log = AuditLog(settings())
        await record_all(log, [event(number) for number in range(5)])
        full = True
        for number in range(5, 8):
            with pytest.raises(AuditUnavailableError) as refused:
                await log.record(event(number))
            assert str(refused.value) == FULL
            assert refused.value.code == "390199"
        assert log.status().failing == "No space left on device"
        full = False
        await record_all(log, [event(number) for number in range(8, 12)])
        assert log.status().failing is None
        await log.close()

    run(work())
    assert numbers(folder) == [0, 1, 2, 3, 4, 8, 9, 10, 11]
    (report,) = verify(folder, Keyring())
    assert report.problems == []
    assert not list(folder.glob(".*"))


def test_a_disk_that_does_not_answer_refuses_too(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "_NO_ANSWER", 0.05)
    stuck = asyncio.Event()

    async def work() -> None:
        loop = asyncio.get_running_loop()
        audit = AuditLog(settings())
        monkeypatch.setattr(journal, "sync", lambda _: asyncio.run_coroutine_threadsafe(stuck.wait(), loop).result())
        with pytest.raises(AuditUnavailableError, match="the disk does not answer"):
            await audit.record(event(1))
        stuck.set()
        await audit.close()

    run(work())


def test_a_disk_that_never_answers_does_not_hold_up_the_end(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(log, "_NO_ANSWER", 0.05)
    monkeypatch.setattr(writer, "_STUCK", 0.1)
    stuck = threading.Event()

    async def work() -> None:
        audit = AuditLog(settings())
        monkeypatch.setattr(journal, "sync", lambda _: stuck.wait())
        with pytest.raises(AuditUnavailableError, match="the disk does not answer"):
            await audit.record(event(1))
        await audit.close()

    try:
        run(work())
    finally:
        stuck.set()
    assert "The disk does not answer" in caplog.text


def test_an_unexpected_failure_refuses_too(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        audit = AuditLog(settings())

        def broken(_descriptor: int) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(journal, "sync", broken)
        with pytest.raises(AuditUnavailableError, match="unexpected ZeroDivisionError"):
            await audit.record(event(1))
        monkeypatch.undo()
        await audit.record(event(2))
        await audit.close()
        with pytest.raises(AuditUnavailableError, match="the proxy ends"):
            await audit.record(event(3))

    run(work())


class TestBuffered:
    def test_records_wait_and_are_written_at_the_end(self, settings: Settings, folder: Path) -> None:
        async def work() -> None:
            log = AuditLog(settings(mode="buffered", flush_interval=60))
            await record_all(log, [event(number) for number in range(500)])
            assert numbers(folder) == []
            assert log.status().waiting == 500
            await log.close()

        run(work())
        assert numbers(folder) == list(range(500))
        assert [report.problems for report in verify(folder, Keyring())] == [[]]

    def test_records_are_written_after_the_interval(self, settings: Settings, folder: Path) -> None:
        async def work() -> None:
            log = AuditLog(settings(mode="buffered", flush_interval=0.05))
            await log.record(event(1))
            for _ in range(100):
                if numbers(folder):
                    break
                await asyncio.sleep(0.05)
            assert numbers(folder) == [1]
            await log.close()

        run(work())

    def test_whoever_comes_when_the_queue_is_full_waits(
        self, settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(writer, "_MOST", 50)

        async def work() -> None:
            log = AuditLog(settings(mode="buffered", flush_interval=0.1, queue_records=100))
            most = 0
            for number in range(1000):
                await log.record(event(number))
                most = max(most, log.status().waiting)
            assert most <= 100
            await log.close()

        run(work())
        assert numbers(folder) == list(range(1000))

    def test_a_small_queue_does_not_wait_for_the_interval(self, settings: Settings, folder: Path) -> None:
        async def work() -> None:
            log = AuditLog(settings(mode="buffered", flush_interval=600, queue_records=10))
            async with asyncio.timeout(20):
                await record_all(log, [event(number) for number in range(100)])
            await log.close()

        run(work())
        assert sorted(numbers(folder)) == list(range(100))

    def test_nothing_is_dropped_while_the_disk_fails(
        self, settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(log, "_NO_ANSWER", 0.3)

        def broken(_descriptor: int) -> None:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        async def work() -> None:
            audit = AuditLog(settings(mode="buffered", flush_interval=0.05, queue_records=20))
            with monkeypatch.context() as patch:
                patch.setattr(journal, "sync", broken)
                for number in range(20):
                    await audit.record(event(number))
                await asyncio.sleep(0.2)
                assert audit.status().failing == "Input/output error"
                with pytest.raises(AuditUnavailableError, match="Input/output error"):  # noqa: PT012 (any of them)
                    for number in range(20, 30):
                        await audit.record(event(number))
            await audit.record(event(99))
            await audit.close()
            assert audit.status().lost == 0

        run(work())
        assert numbers(folder)[:20] == list(range(20))
        assert numbers(folder)[-1] == 99
        assert [report.problems for report in verify(folder, Keyring())] == [[]]

    def test_what_is_lost_at_the_end_is_told(
        self, settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(writer, "_CLOSING", 0.1)

        def broken(_descriptor: int) -> None:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        async def work() -> None:
            audit = AuditLog(settings(mode="buffered", flush_interval=60))
            await audit.record(event(1))
            monkeypatch.setattr(journal, "sync", broken)
            await audit.close()
            assert audit.status().lost == 1

        run(work())
        assert "1 records of the audit are lost: Input/output error." in caplog.text
        assert json.loads(next(folder.glob("*.jsonl")).read_text().splitlines()[0])["event"] == "audit.file"
