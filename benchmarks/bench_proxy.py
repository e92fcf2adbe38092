"""What the proxy adds: latency and throughput of small queries, memory of sessions, memory while much is streamed.

All in one run against the same upstream, a server that speaks as much of the protocol as this needs and answers a query
after 20 ms; clients ask it directly, then through `theia-sf proxy serve`, in turns.

Throughput is measured twice: with all processes on all cores, where the proxy takes from the clients what it works
with, and, where there are two cores, with the proxy on one of them and clients and upstream on another, as if the proxy
were a machine of its own. Clients and upstream have the same then, whether they are asked directly or not.

`--profile FILE` has the proxy write a profile of its own work (cProfile) there.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import socket
import statistics
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import uvicorn
import yaml
from starlette.types import Receive, Scope, Send

from theia_sf.proxy.users import changes

DELAY = 0.02
QUERIES = 300
SECONDS = 4.0
CLIENTS = (1, 16, 64)
SESSIONS = 1000
LARGE = 100 * 2**20
PASSWORD = "the-password-of-the-identity"
ROWS: dict[str, Any] = {"rowset": [["1"]], "total": 1, "returned": 1, "queryResultFormat": "json"}


async def upstream(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer as Snowflake would, as far as this needs it."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    data: dict[str, Any] | None = None
    if scope["path"].endswith("login-request"):
        token = os.urandom(60).hex()
        data = {"token": f"ver:1-{token}", "masterToken": f"ver:2-{token}", "sessionId": 1, "sessionInfo": {}}
        data |= {"validityInSeconds": 3600, "masterValidityInSeconds": 14400}
    elif scope["path"].endswith("query-request"):
        await asyncio.sleep(DELAY)
        data = {"queryId": os.urandom(16).hex(), **ROWS}
    large = b'"large"' in body
    content = json.dumps({"data": data, "code": None, "message": None, "success": True}).encode()
    if large:
        content = content.replace(b'"rowset": [["1"]]', b'"rowset": [["1"], ')
        head, tail = content.split(b'["1"], ')
        length = len(head) + LARGE + len(tail) + len(b'["')
    headers = [(b"content-type", b"application/json")]
    headers.append((b"content-length", str(length if large else len(content)).encode()))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if not large:
        await send({"type": "http.response.body", "body": content})
        return
    await send({"type": "http.response.body", "body": head + b'["', "more_body": True})
    piece = b"x" * 2**16
    for _ in range(LARGE // len(piece) - 1):
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b"x" * (len(piece) - 3) + b'"]]' + tail})


def serve_upstream(port: Any) -> None:
    """Run in a process of its own."""
    # Snowflake keeps idle connections for minutes; uvicorn would close them while the other half of a pair is measured
    config = uvicorn.Config(upstream, log_level="error", lifespan="off", access_log=False, timeout_keep_alive=75)
    listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
    port.value = listening.getsockname()[1]
    uvicorn.Server(config).run([listening])


@contextmanager
def running_upstream() -> Iterator[tuple[int, int]]:
    """Start the upstream; give its port and its process."""
    port = multiprocessing.Value("i", 0)
    process = multiprocessing.Process(target=serve_upstream, args=(port,), daemon=True)
    process.start()
    while not port.value:
        time.sleep(0.01)
    assert process.pid is not None
    yield port.value, process.pid
    process.terminate()
    process.join()


class Proxy:
    """`theia-sf proxy serve` in a folder."""

    def __init__(self, process: asyncio.subprocess.Process, port: int, token: str) -> None:
        self.process = process
        self.port = port
        self.token = token

    def memory(self) -> int:
        """Return the bytes of it that are in memory."""
        return psutil.Process(self.process.pid).memory_info().rss

    def peak(self) -> int:
        """Return the most bytes of it that were in memory since `reset`."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) * 1024

    def reset(self) -> None:
        """Forget the peak (proc(5), clear_refs)."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")


async def start_proxy(folder: Path, upstream_port: int, profile: str | None) -> Proxy:
    """Write a configuration as a deployment would have, and serve it."""
    for name, text in (("password", PASSWORD), ("key", b64encode(bytes(32)).decode())):
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)
    token = changes.add(folder / "users.yaml", "ann", changes.NewCredentials(token=True)).token
    assert token is not None
    identity = {"account": "BENCH", "user": "THEIA", "password_file": "password"}
    identity |= {"host": "127.0.0.1", "port": upstream_port, "protocol": "http"}
    rule = {"name": "readers", "users": ["*"], "databases": ["D"], "warehouses": ["W"], "statements": ["select"]}
    document = {
        "listen": {"port": 0},
        "health": {"port": 0},
        "upstreams": {"bench": {"identities": {"default": identity}}},
        "users": "users.yaml",
        "policy": {"rules": [rule]},
        "store": {"sqlite": "sessions.db", "key_file": "key"},
        "audit": {"path": "audit"},
        "limits": {"requests_per_second": 1_000_000, "logins_per_minute": 1_000_000},
    }
    (folder / "proxy.yaml").write_text(yaml.safe_dump(document))
    script = [str(Path(sys.executable).with_name("theia-sf"))]
    words = [sys.executable, *(["-m", "cProfile", "-o", profile] if profile else []), *script]
    words += ["proxy", "serve", "--config", str(folder / "proxy.yaml")]
    process = await asyncio.create_subprocess_exec(*words, stderr=asyncio.subprocess.PIPE)
    assert process.stderr is not None
    port = 0
    while b"metrics" not in (line := await process.stderr.readline()):
        if b"listens: " in line:
            port = int(line.rsplit(b":", 1)[1])
        elif not line:
            sys.exit("the proxy did not start")
    return Proxy(process, port, token.reveal())


class Client:
    """A client that is signed in, with one connection."""

    def __init__(self, port: int) -> None:
        self.http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False)
        self._number = 0

    async def login(self, password: str) -> None:
        """Sign in."""
        data = {"ACCOUNT_NAME": "bench", "LOGIN_NAME": "ann", "PASSWORD": password}
        answer = (await self.http.post("/session/v1/login-request", json={"data": data})).json()
        if not answer["success"]:
            raise SystemExit(answer["message"])
        self.http.headers["authorization"] = f'Snowflake Token="{answer["data"]["token"]}"'

    async def query(self, *, new_text: bool = False) -> float:
        """Ask; return the seconds that it took.

        Args:
            new_text: a statement with a literal that none had before, instead of the same one with another binding.
        """
        self._number += 1
        value = str(self._number) if new_text else "?"
        sql = f"SELECT SOURCEIP, SUM(OCTETDELTACOUNT) FROM D.PUBLIC.FLOWS WHERE N > {value} GROUP BY SOURCEIP"
        body: dict[str, Any] = {"sqlText": sql, "asyncExec": False}
        if not new_text:
            body["bindings"] = {"1": {"type": "FIXED", "value": str(self._number)}}
        url = f"/queries/v1/query-request?requestId={id(self)}-{self._number}"
        began = time.perf_counter()
        answer = await self.http.post(url, json=body)
        taken = time.perf_counter() - began
        if answer.json()["success"] is not True:
            raise SystemExit(answer.json()["message"])
        return taken

    async def large(self) -> int:
        """Ask for a large result; return its bytes, which are not kept."""
        body = {"sqlText": 'SELECT "large" FROM D.PUBLIC.FLOWS', "asyncExec": False, "tag": "large"}
        async with self.http.stream("POST", "/queries/v1/query-request?requestId=l", json=body) as answer:
            return sum([len(piece) async for piece in answer.aiter_raw()])


async def signed_in(port: int, password: str, count: int) -> list[Client]:
    """Return so many clients."""
    clients = [Client(port) for _ in range(count)]
    for client in clients:
        await client.login(password)
    return clients


async def latency(direct: Client, proxied: Client, *, new_text: bool) -> None:
    """Print the medians of queries that ask in turns, so that both see the same machine."""
    taken: dict[Client, list[float]] = {direct: [], proxied: []}
    for _ in range(QUERIES):
        for client in (direct, proxied):
            taken[client].append(await client.query(new_text=new_text) * 1000)
    medians = [statistics.median(taken[client]) for client in (direct, proxied)]
    last = [statistics.quantiles(taken[client], n=100)[98] for client in (direct, proxied)]
    print("each statement a new text:" if new_text else "one statement, other bindings:")
    print(f"  direct:            median {medians[0]:6.2f} ms, 99 % {last[0]:6.2f} ms")
    print(f"  through the proxy: median {medians[1]:6.2f} ms, 99 % {last[1]:6.2f} ms")
    print(f"  added to the median: {medians[1] - medians[0]:.2f} ms (goal: 3 ms at most)")


async def rate(clients: list[Client]) -> float:
    """Return the queries per second of clients that each ask one after the other."""
    until = time.perf_counter() + SECONDS

    async def ask(client: Client) -> int:
        count = 0
        while time.perf_counter() < until:
            await client.query()
            count += 1
        return count

    began = time.perf_counter()
    counts = await asyncio.gather(*(ask(client) for client in clients))
    return sum(counts) / (time.perf_counter() - began)


def pin(pids: list[int], cores: set[int]) -> None:
    """Have processes, with all threads that they have, run on some cores only."""
    for pid in pids:
        for thread in psutil.Process(pid).threads():
            os.sched_setaffinity(thread.id, cores)


async def throughput(direct: list[Client], proxied: list[Client]) -> None:
    """Print the rates of some numbers of clients."""
    for count in CLIENTS:
        alone, through = await rate(direct[:count]), await rate(proxied[:count])
        told = f"{alone:7.0f}/s direct, {through:7.0f}/s through the proxy"
        print(f"  {count:>3} clients: {told}, ratio {through / alone:.2f} (goal: 0.80)")


async def bench(folder: Path, profile: str | None) -> None:
    """Print everything."""
    with running_upstream() as (upstream_port, upstream_pid):
        proxy = await start_proxy(folder, upstream_port, profile)
        try:
            direct, proxied = [
                await signed_in(port, password, max(CLIENTS))
                for port, password in ((upstream_port, PASSWORD), (proxy.port, proxy.token))
            ]
            for new_text in (False, True):
                await latency(direct[0], proxied[0], new_text=new_text)
            print("all processes on all cores:")
            await throughput(direct, proxied)
            cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
            if len(cores) > 1:
                print("the proxy on one core, clients and upstream on another:")
                everybody = [os.getpid(), upstream_pid, proxy.process.pid]
                pin(everybody[:2], {cores[0]})
                pin(everybody[2:], {cores[1]})
                await throughput(direct, proxied)
                pin(everybody, set(cores))
            before = proxy.memory()
            await proxied[0].login(proxy.token)
            for _ in range(SESSIONS):
                await proxied[0].login(proxy.token)
            print(f"memory per session: {(proxy.memory() - before) / SESSIONS / 1024:.1f} KiB ({SESSIONS} sessions)")
            before = proxy.memory()
            proxy.reset()
            began = time.perf_counter()
            size = await proxied[0].large()
            taken = time.perf_counter() - began
            more = (proxy.peak() - before) / 2**20
            print(f"a result of {size / 2**20:.0f} MiB: {taken:.2f} s, {more:.1f} MiB more memory at most")
        finally:
            proxy.process.terminate()
            await proxy.process.wait()


def main() -> None:
    """Run it in a folder that is removed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", metavar="FILE")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(bench(Path(name), arguments.profile))


if __name__ == "__main__":
    main()
