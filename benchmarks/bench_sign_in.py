"""What the proxy's session store and its users cost: finding a session, as every request does, and signing in.

Beside each store stands the least that any program must do there for the same: one SELECT in the same file's engine by
a thread of its own, one GET from the same Redis. Redis is left out where there is no `redis-server`.
"""

from __future__ import annotations

import asyncio
import shutil
import socket
import sqlite3
import statistics
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from redis.asyncio import Redis

from theia_sf.proxy.sessions.keys import SealingKey
from theia_sf.proxy.sessions.model import QueryOwner, SessionRecord, SessionStore, UpstreamTokens
from theia_sf.proxy.sessions.redis import RedisStore
from theia_sf.proxy.sessions.sealing import Sealer
from theia_sf.proxy.sessions.sqlite import SqliteStore
from theia_sf.proxy.sessions.tokens import new_session_id, new_token, token_hash
from theia_sf.proxy.users import changes
from theia_sf.proxy.users.authentication import RegisteredUsers
from theia_sf.proxy.users.hashing import Kind, hash_secret, verify
from theia_sf.proxy.users.model import Peer
from theia_sf.secret import Secret

SESSIONS = 1000
ROUNDS = 2000
SEALER = Sealer([SealingKey(b"k" * 32)])


def record(token: str, now: float) -> SessionRecord:
    """Return a session whose client holds a token."""
    tokens = UpstreamTokens(
        Secret("ver:1-" + "s" * 300, mask=False), Secret("ver:1-" + "m" * 300, mask=False), now, now
    )
    names = (
        "alice",
        ("analysts",),
        "abcdefghijkl",
        "flows",
        "reader",
        "PROXY",
        "READER",
        "WH",
        "FLOWS",
        "PUBLIC",
        "192.0.2.7",
        "bench",
    )
    hashes = token_hash(token), token_hash("m" + token)
    return SessionRecord(new_session_id(), *hashes, *names, 1, now, now, now + 3600, now + 14400, tokens)


async def milliseconds(work: Callable[[int], Awaitable[object]], rounds: int = ROUNDS) -> tuple[float, float]:
    """Return median and 99th percentile of so many calls, one after the other."""
    taken: list[float] = []
    for number in range(rounds):
        begun = time.perf_counter()
        await work(number)
        taken.append((time.perf_counter() - begun) * 1000)
    return statistics.median(taken), statistics.quantiles(taken, n=100)[98]


def line(what: str, measured: tuple[float, float]) -> None:
    """Print one row."""
    print(f"{what:<52} {measured[0]:8.3f} ms {measured[1]:8.3f} ms")


async def bench_store(name: str, store: SessionStore, bare: Callable[[int], Awaitable[object]]) -> None:
    """Print what a store takes, beside the bare engine."""
    now = time.time()
    tokens = [new_token("Theia:") for _ in range(SESSIONS)]
    added = await milliseconds(lambda number: store.add(record(tokens[number], now)), SESSIONS)
    found = await milliseconds(lambda number: store.by_token(tokens[number % SESSIONS]))
    owner = QueryOwner("s", "alice", "flows")
    owned = await milliseconds(lambda number: store.own_query(f"01b-{number}", owner, now + 3600))
    line(f"{name}: add a session", added)
    line(f"{name}: find it by its token, and decrypt", found)
    line(f"{name}: note whose query it is", owned)
    least = await milliseconds(bare)
    line(f"{name}: the engine alone, one look-up", least)
    print(f"{name}: finding a session / the engine alone: {found[0] / least[0]:.2f}")
    await store.close()


async def bench_sqlite(folder: Path) -> None:
    """An SQLite file."""
    database = sqlite3.connect(folder / "bare.db", check_same_thread=False)
    database.execute("CREATE TABLE t (k TEXT PRIMARY KEY, v BLOB)")
    database.executemany("INSERT INTO t VALUES (?, ?)", ((str(number), b"v" * 1500) for number in range(SESSIONS)))
    database.commit()
    with ThreadPoolExecutor(1) as thread:
        loop = asyncio.get_running_loop()

        def look_up(number: int) -> object:
            return database.execute("SELECT v FROM t WHERE k = ?", (str(number % SESSIONS),)).fetchone()

        store = SqliteStore(folder / "sessions.db", SEALER)
        await bench_store("SQLite", store, lambda number: loop.run_in_executor(thread, look_up, number))
    database.close()


async def bench_redis(folder: Path) -> None:
    """A Redis server on a free port."""
    program = shutil.which("redis-server")
    if program is None:
        print("Redis: there is no redis-server on PATH (make redis)")
        return
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    words = [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""]
    server = await asyncio.create_subprocess_exec(*words, stdout=subprocess.DEVNULL)
    try:
        await asyncio.sleep(1)
        bare = Redis(port=port)
        await bare.set("k", b"v" * 1500)
        await bench_store("Redis", RedisStore(f"redis://127.0.0.1:{port}", SEALER), lambda _: bare.get("k"))
        await bare.aclose()
    finally:
        server.terminate()
        await server.wait()


async def bench_users(folder: Path) -> None:
    """Hashes, and signing in."""
    for kind, rounds in ((Kind.TOKEN, 30), (Kind.PASSWORD, 7)):
        encoded = hash_secret("secret", kind)
        taken: list[float] = []
        for _ in range(rounds):
            begun = time.process_time()
            verify(encoded, "secret", kind)
            taken.append((time.process_time() - begun) * 1000)
        print(f"argon2id of a {kind.value:<38} {statistics.median(taken):8.1f} ms of processor time")
    added = changes.add(folder / "users.yaml", "alice", changes.NewCredentials(token=True))
    users = RegisteredUsers(folder / "users.yaml", {})
    login = {"LOGIN_NAME": "alice", "PASSWORD": added.token.reveal() if added.token else ""}
    peer = Peer("192.0.2.7")
    begun = time.perf_counter()
    await users.authenticate(login, "flows", peer)
    print(f"{'signing in by token, the first time':<52} {(time.perf_counter() - begun) * 1000:8.3f} ms")
    line("signing in by token, within a minute", await milliseconds(lambda _: users.authenticate(login, "flows", peer)))
    users.close()


def main() -> None:
    """Print medians and 99th percentiles."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"{'':<52} {'median':>11} {'99 %':>11}")
        for bench in (bench_sqlite, bench_redis, bench_users):
            asyncio.run(bench(folder))


if __name__ == "__main__":
    main()
