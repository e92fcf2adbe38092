"""Stores that end, are killed, are not there, or are something else."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.integration.proxy.sessions.conftest import KEY, Clock, RedisServer, make_record, run
from theia_sf.errors import UsageError
from theia_sf.proxy.sessions import redis_pool, sqlite_file
from theia_sf.proxy.sessions.errors import StoreUnavailableError
from theia_sf.proxy.sessions.redis import RedisStore
from theia_sf.proxy.sessions.sealing import Sealer
from theia_sf.proxy.sessions.sqlite import SqliteStore
from theia_sf.secret import Secret

WRITER = """
import asyncio, sys, time
from pathlib import Path
from tests.integration.proxy.sessions.conftest import KEY, Clock, make_record
from theia_sf.proxy.sessions.sealing import Sealer
from theia_sf.proxy.sessions.sqlite import SqliteStore

async def write():
    store = SqliteStore(Path(sys.argv[1]), Sealer([KEY]))
    clock = Clock()
    for number in range(int(sys.argv[2]), 10**9):
        await store.add(make_record(clock, number))
        print(number, flush=True)

asyncio.run(write())
"""


def kill_while_writing(path: Path, first: int, seconds: float) -> int:
    """Let a process add sessions, kill it, and return the number of the last one that it said to be kept."""
    words = [sys.executable, "-c", WRITER, str(path), str(first)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=Path.cwd()) as process:
        assert process.stdout is not None
        told = [process.stdout.readline()]
        time.sleep(seconds)
        os.kill(process.pid, signal.SIGKILL)
        told += process.stdout.read().splitlines()
    return max(int(line) for line in told if line.strip())


def check_kills(path: Path, kills: int) -> None:
    first = 0
    for attempt in range(kills):
        first = kill_while_writing(path, first, 0.05 + 0.01 * (attempt % 7)) + 2  # the one under way may be there

    async def work() -> None:
        store = SqliteStore(path, Sealer([KEY]))
        await store.check()
        ids = {record.id for record in await store.all()}
        told = {f"session-{number}" for number in range(first - 1)}
        assert len(told - ids) <= kills - 1  # the numbers that were skipped
        assert await store.by_token(f"Theia:token-{first - 2}") is not None
        await store.close()

    run(work)
    with sqlite3.connect(path) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()


def test_what_was_kept_survives_a_kill(tmp_path: Path) -> None:
    check_kills(tmp_path / "sessions.db", 2)


@pytest.mark.soak
def test_what_was_kept_survives_a_hundred_kills(tmp_path: Path) -> None:
    check_kills(tmp_path / "sessions.db", 100)


def test_several_instances_may_start_at_once(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    code = "import sys; from pathlib import Path; from theia_sf.proxy.sessions import sqlite_file as f; "
    code += "print('ready', flush=True); sys.stdin.read(1); "
    code += "f.opened(Path(sys.argv[1])).execute('SELECT * FROM sessions')"
    with ExitStack() as stack:
        started = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", code, str(path)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
            for _ in range(6)
        ]
        for process in started:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in started:
            assert process.stdin is not None
            process.stdin.write("x")
            process.stdin.flush()
        failed = [errors for process in started if (errors := process.communicate(timeout=60)[1])]
    assert failed == []


def test_the_change_to_the_log_waits_for_who_has_the_file(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        threading.Timer(0.3, holder.execute, ["COMMIT"]).start()
        begun = time.monotonic()
        with closing(sqlite_file.opened(path)) as connection:
            assert time.monotonic() - begun > 0.2
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_file_that_others_can_read_is_taken_from_them(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "sessions.db"

    async def work() -> None:
        other = SqliteStore(path, Sealer([KEY]), clock=clock)
        await other.add(make_record(clock))
        open_to_all(tmp_path)
        store = SqliteStore(path, Sealer([KEY]), clock=clock)
        assert modes(tmp_path) == {"sessions.db": 0o600, "sessions.db-wal": 0o600, "sessions.db-shm": 0o600}
        assert await store.by_token("Theia:token-1") is not None
        await store.close()
        await other.close()

    run(work)


def open_to_all(folder: Path) -> None:
    for file in folder.iterdir():
        file.chmod(0o666)


def modes(folder: Path) -> dict[str, int]:
    return {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()}


def sqlite_of(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as database:
        database.execute(statement)
    database.close()


def newer(path: Path) -> None:
    run(SqliteStore(path, Sealer([KEY])).close)
    sqlite_of(path, "PRAGMA user_version = 99")


@pytest.mark.parametrize(
    ("prepare", "sentence"),
    [
        (lambda path: path.write_bytes(b"no database at all, but some text of 100 bytes" * 3), "cannot be used"),
        (lambda path: path.mkdir(mode=0o700), "cannot be opened"),
        (lambda path: sqlite_of(path, "CREATE TABLE other (id)"), "is a database of another program"),
        (newer, "was made by a newer theia-sf"),
    ],
    ids=["text", "folder", "other program", "newer"],
)
def test_a_file_of_something_else_is_refused_and_left_alone(tmp_path: Path, prepare, sentence: str) -> None:
    path = tmp_path / "sessions.db"
    prepare(path)
    path.chmod(0o755 if path.is_dir() else 0o664)
    before = path.read_bytes() if path.is_file() else b""
    mode = path.stat().st_mode
    with pytest.raises(UsageError) as caught:
        SqliteStore(path, Sealer([KEY]))
    assert sentence in caught.value.message
    assert caught.value.hint
    assert path.stat().st_mode == mode
    if path.is_file():
        assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_folder_that_does_not_exist_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be opened: No such file or directory"):
        SqliteStore(tmp_path / "nowhere" / "sessions.db", Sealer([KEY]))


def test_a_file_that_was_removed_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"

    async def work() -> None:
        store = SqliteStore(path, Sealer([KEY]))
        await store.check()
        path.unlink()
        with pytest.raises(StoreUnavailableError) as caught:
            await store.check()
        assert "removed or replaced" in caught.value.reason
        assert str(tmp_path) not in caught.value.message
        await store.close()
        with pytest.raises(StoreUnavailableError):
            await store.by_token("Theia:token-1")

    run(work)


async def fill(store: SqliteStore, clock: Clock) -> None:
    for number in range(2, 2000):
        await store.add(make_record(clock, number))


def test_a_full_disk_is_a_refusal(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "sessions.db"

    async def work() -> None:
        store = SqliteStore(path, Sealer([KEY]), clock=clock)
        await store.add(make_record(clock, 1))
        store._connection.execute("PRAGMA max_page_count = 1")  # SQLite's own way to have no more room
        with pytest.raises(StoreUnavailableError) as caught:
            await fill(store, clock)
        assert "full" in caught.value.reason
        assert await store.by_token("Theia:token-1") is not None
        await store.close()

    run(work)


def test_redis_that_is_gone_is_a_refusal_until_it_is_back(tmp_path: Path, clock: Clock) -> None:
    server = RedisServer(tmp_path, "--requirepass", "s3cret-of-redis")
    store = RedisStore(server.url, Sealer([KEY]), password=Secret("s3cret-of-redis"), clock=clock)

    async def work() -> None:
        await store.check()
        await store.add(make_record(clock))
        server.stop()
        for asked in (store.check, store.all, lambda: store.by_token("Theia:token-1"), lambda: store.owner_of("01b")):
            with pytest.raises(StoreUnavailableError) as caught:
                await asked()
            assert caught.value.body()["code"] == "390198"
            assert "s3cret" not in caught.value.reason
        server.start()
        await store.check()
        assert await store.by_token("Theia:token-1") == make_record(clock)  # its scripts are known again, too
        await store.close()

    run(work)
    server.stop()


def test_redis_that_hangs_is_given_up(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_pool, "ANSWER_SECONDS", 0.3)
    server = RedisServer(tmp_path)
    store = RedisStore(server.url, Sealer([KEY]), clock=clock)

    async def work() -> None:
        await store.add(make_record(clock))
        server.process.send_signal(signal.SIGSTOP)
        begun = time.monotonic()
        with pytest.raises(StoreUnavailableError):
            await store.by_token("Theia:token-1")
        assert time.monotonic() - begun < 5
        server.process.send_signal(signal.SIGCONT)
        assert await store.by_token("Theia:token-1") is not None
        await store.close()

    run(work)
    server.stop()


def test_a_wrong_password_of_redis_is_told(tmp_path: Path, clock: Clock) -> None:
    server = RedisServer(tmp_path, "--requirepass", "right-password")
    store = RedisStore(server.url, Sealer([KEY]), password=Secret("wrong-password"), clock=clock)

    async def work() -> None:
        with pytest.raises(StoreUnavailableError) as caught:
            await store.check()
        assert "password" in caught.value.reason.lower()
        assert "wrong-password" not in caught.value.reason
        await store.close()

    run(work)
    server.stop()
