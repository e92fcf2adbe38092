"""How many records a second the strict audit confirms, with 1, 16 and 64 clients that each wait for their own.

The peer is the least that is as sure: a line appended and flushed to disk for each record, one after the other. Both
write the same lines to the same disk, in turn in one run. The folder is that of `TMPDIR`.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import tempfile
import time
from pathlib import Path

from theia_sf.proxy.audit.disk import sync
from theia_sf.proxy.audit.events import Event, Kind
from theia_sf.proxy.audit.log import AuditLog
from theia_sf.proxy.config.audit import AuditConfig

SECONDS = 1.5
ROUNDS = 5
CLIENTS = (1, 16, 64)
FIELDS = {
    "sqlText": "SELECT sourcePodName, SUM(octetDeltaCount) FROM flows WHERE flowEndSeconds > ? GROUP BY 1",
    "bindings": {"1": {"type": "TEXT", "value": "2026-01-01"}},
    "queryId": "01b2c3d4-0000-1111-2222-333344445555",
    "rows": 10,
    "durationMs": 21,
    "outcome": "success",
}


async def records_a_second(log: AuditLog, clients: int) -> float:
    """Return how many records are confirmed in a second."""
    end = time.perf_counter() + SECONDS
    count = 0

    async def client() -> None:
        nonlocal count
        while time.perf_counter() < end:
            await log.record(Event(Kind.STATEMENT_FINISHED, "alice", "flows", "s-1", "192.0.2.7", FIELDS))
            count += 1

    started = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return count / (time.perf_counter() - started)


def flushes_a_second(path: Path) -> float:
    """Return how many lines are appended and flushed in a second, one by one."""
    line = json.dumps({"user": "alice", "fields": FIELDS, "hash": "0" * 64, "prev": "0" * 64}).encode() + b"\n"
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    started = time.perf_counter()
    count = 0
    while time.perf_counter() < started + SECONDS:
        os.write(descriptor, line)
        sync(descriptor)
        count += 1
    os.close(descriptor)
    return count / (time.perf_counter() - started)


async def measure(folder: Path) -> dict[int, list[tuple[float, float]]]:
    """Return, for each number of clients, the records a second and the peer's beside them."""
    found: dict[int, list[tuple[float, float]]] = {clients: [] for clients in CLIENTS}
    log = AuditLog(AuditConfig(path=folder / "audit", instance="bench"))
    for _ in range(ROUNDS):
        for clients in CLIENTS:
            found[clients].append((await records_a_second(log, clients), flushes_a_second(folder / "peer")))
    await log.close()
    return found


def main() -> None:
    """Print the medians, and those of the ratios pair by pair."""
    with tempfile.TemporaryDirectory() as name:
        found = asyncio.run(measure(Path(name)))
    print("clients   strict audit   append and flush   ratio")
    for clients, pairs in found.items():
        ours, peer = (statistics.median(values) for values in zip(*pairs, strict=True))
        ratio = statistics.median(a / b for a, b in pairs)
        print(f"{clients:7d}   {ours:8.0f} /s     {peer:8.0f} /s      {ratio:5.2f}")


if __name__ == "__main__":
    main()
