"""kill -9 in the middle of writing: what was confirmed is there, and nothing is taken for a record that is none."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from theia_sf.proxy.audit.chain import Keyring
from theia_sf.proxy.audit.query import query
from theia_sf.proxy.audit.verify import verify

WRITER = """
import asyncio, itertools, os, sys
from pathlib import Path
from tests.integration.proxy.audit.conftest import event
from theia_sf.proxy.audit.log import AuditLog
from theia_sf.proxy.config.audit import AuditConfig

async def client(log, name):
    for number in itertools.count():
        await log.record(event(number, confirmation=f"{name}-{number}", noise="x" * (number * 97 % 3000)))
        os.write(1, f"{name}-{number}\\n".encode())

async def work():
    log = AuditLog(AuditConfig(path=Path(sys.argv[1]), instance="one", file_bytes=256 * 1024))
    await asyncio.gather(*(client(log, f"{sys.argv[2]}-{i}") for i in range(8)))

asyncio.run(work())
"""


def kill_writers(folder: Path, count: int) -> None:
    chance = random.Random(6)
    confirmed: set[str] = set()
    for start in range(count):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder), str(start)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        confirmed.add(process.stdout.readline().strip())  # it writes
        time.sleep(chance.random() * 0.3)
        process.kill()
        confirmed |= {line.strip() for line in process.stdout if line.endswith("\n")}
        process.stdout.close()
        process.wait()
        if chance.random() < 0.5:  # the system, too, may have written less than it was given
            newest = max(folder.glob("*.jsonl"))
            with newest.open("ab") as file:
                file.write(newest.read_bytes().splitlines(keepends=True)[-1][: chance.randrange(1, 200)])
    (report,) = verify(folder, Keyring())
    assert report.problems == []
    assert report.files >= count
    recorded = [each["fields"]["confirmation"] for each in query(folder) if "confirmation" in each["fields"]]
    assert confirmed <= set(recorded)
    assert len(recorded) == len(set(recorded))


def test_killed_writers(folder: Path) -> None:
    kill_writers(folder, 4)


@pytest.mark.soak
def test_many_killed_writers(folder: Path) -> None:
    kill_writers(folder, 120)
