"""`theia-sf flows` as a process, over a pipeline into which files are uploaded while it runs."""

from __future__ import annotations

import gzip
import json
import os
import pty
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.e2e.conftest import PROGRAM, Stack
from theia_sf.flows.layouts import LABELS, layout_of
from theia_sf.sandbox.flows import FlowOptions, generate

ROWS = 6000
ADDED = 300  # records of each file that is uploaded while tail runs
COLUMNS = layout_of((2, 7)).columns
COUNTS = ("octetDeltaCount", "reverseOctetDeltaCount")


def records_of(content: bytes) -> list[dict[str, str]]:
    """The records of a generated file, whose labels hold the only commas within fields: read apart from the product."""
    found = []
    before = COLUMNS.index(LABELS[0])
    for line in gzip.decompress(content).decode().splitlines():
        head, first, middle, second, tail = line.split("'")
        values = [*head.rstrip(",").split(","), first, second, *tail.lstrip(",").split(",")]
        assert (middle, len(values), values[before]) == (",", len(COLUMNS), first)
        found.append(dict(zip(COLUMNS, values, strict=True)))
    return found


def ends(record: dict[str, str]) -> list[str]:
    sides = ("source", "destination")
    return [f"{record[f'{s}PodNamespace']}/{record[f'{s}PodName']}" for s in sides if record[f"{s}PodName"]]


def key(record: dict[str, str]) -> tuple[str, ...]:
    """What tells the records of these tests apart in the output of tail."""
    return record["flowEndSeconds"], record["sourceIP"], record["sourceTransportPort"], record["octetDeltaCount"]


def shown_key(row: dict[str, Any]) -> tuple[str, ...]:
    ended = int(datetime.fromisoformat(row["time"]).timestamp())
    return str(ended), row["source_ip"], str(row["source_port"]), str(row["bytes"])


@pytest.fixture(scope="module")
def day(stack: Stack) -> list[dict[str, str]]:
    """The records of a day that ends now, loaded."""
    records = []
    for file in generate(FlowOptions(rows=ROWS, days=1, seed=5, end=datetime.now(UTC))):
        stack.upload(file.name, file.content)
        records += records_of(file.content)
    stack.wait("SELECT COUNT(*) FROM FLOWS", ROWS)
    return records


def warehouses(stack: Stack) -> set[str]:
    return {str(row[0]) for row in stack.query("SHOW WAREHOUSES")}


@contextmanager
def tail(stack: Stack, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`flows tail` as a process, ended at the end."""
    with subprocess.Popen(
        [str(PROGRAM), "flows", "tail", "--interval", "1s", *arguments],
        env=stack.cli.environment,
        cwd=stack.cli.directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_for(process: subprocess.Popen[str], words: str) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if words in line:
            return
    pytest.fail(f"it ended without saying {words!r}")


def test_top_and_show_agree_with_the_files(stack, day):
    moment = int(time.time()) + 60
    since = moment - 6 * 3600
    window = [datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z") for at in (since, moment)]
    inside = [one for one in day if since <= int(one["flowEndSeconds"]) < moment]
    sums: Counter[str] = Counter()
    for one in inside:
        for name in set(ends(one)):
            sums[name] += sum(int(one[count]) for count in COUNTS)
    options = ("--start", window[0], "--end", window[1], "--warehouse-name", stack.warehouse)
    top = stack.cli.json("flows", "top", "--limit", "1000", *options)
    assert {row["name"]: row["bytes"] for row in top} == dict(sums)
    assert [sum(row["trend"]) for row in top] == [row["bytes"] for row in top]

    denied = Counter(
        one["ingressNetworkPolicyName"] or "(isolation)"
        for one in inside
        if one["ingressNetworkPolicyRuleAction"] in "23"
    )
    policies = stack.cli.json("flows", "top", "policies", "--by", "denials", *options)
    assert {row["name"].rpartition("/")[2].rpartition(":")[2]: row["denials"] for row in policies} == dict(denied)

    first, second = next(ends(one) for one in inside if len(set(ends(one))) == 2)
    pair = [one for one in inside if ends(one) == [first, second]]
    shown = stack.cli.json("flows", "show", first, second, *options)
    (forth,) = [one for one in shown["connections"] if one["from"] == first]
    assert (forth["flows"], forth["bytes"], forth["reverse_bytes"]) == (
        len(pair),
        *(sum(int(one[count]) for one in pair) for count in COUNTS),
    )


def test_tail_tells_what_is_loaded_while_it_runs_each_record_once(stack, day):
    before = warehouses(stack)
    now = datetime.now(UTC)
    files = [next(generate(FlowOptions(rows=ADDED, days=1, seed=seed, end=now))) for seed in (6, 7)]
    expected = Counter(key(record) for file in files for record in records_of(file.content))
    told: list[dict[str, Any]] = []
    with tail(stack, "--lines", "0", "--output", "json") as process:
        assert process.stdout is not None
        wait_for(process, "Looking every 1 s")
        for number, file in enumerate(files):
            stack.upload(file.name, file.content)
            told += [json.loads(process.stdout.readline()) for _ in range(ADDED)]
            # As a COPY that began to scan earlier, and commits after this one.
            early = (datetime.now(UTC) - timedelta(minutes=4)).isoformat()
            stack.query(
                "INSERT INTO FLOWS (flowEndSeconds, sourceIP, sourceTransportPort, octetDeltaCount, sourceFile,"
                f" sourceFileRow, loadedAt) SELECT flowEndSeconds, '192.0.2.{number}', 1, 1, 'late', {number},"
                f" CAST('{early}' AS TIMESTAMP_TZ) FROM FLOWS LIMIT 1"
            )
            late = json.loads(process.stdout.readline())
            assert (late["source"], late["bytes"]) == (f"192.0.2.{number}", 1)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=2.5)  # it goes on, and has nothing to tell
        process.send_signal(signal.SIGINT)
        rest, err = process.communicate(timeout=90)
    assert (process.returncode, rest) == (130, "")
    assert err.endswith("Error: Interrupted.\n")
    assert Counter(map(shown_key, told)) == expected
    assert warehouses(stack) == before


def test_a_reader_that_goes_ends_it(stack, day):
    before = warehouses(stack)
    with tail(stack, "--since", "now-1h", "--lines", "5") as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip()
        process.stdout.close()
        assert process.wait(timeout=60) == 1
        assert process.stderr is not None
        assert "Error" not in process.stderr.read()
    assert warehouses(stack) == before


def in_a_terminal(stack: Stack, *arguments: str) -> str:
    """What a terminal of 80 columns shows."""
    control, terminal = pty.openpty()
    pieces: list[bytes] = []

    def read() -> None:
        try:
            while piece := os.read(control, 65536):
                pieces.append(piece)
        except OSError:  # Linux' way to say that nobody writes any more
            return

    reader = threading.Thread(target=read)
    reader.start()
    environment = {**stack.cli.environment, "COLUMNS": "80", "TERM": "xterm-256color"}
    environment.pop("NO_COLOR", None)
    subprocess.run(
        [str(PROGRAM), "flows", *arguments, "--warehouse-name", stack.warehouse],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=terminal,
        stderr=subprocess.DEVNULL,
        timeout=60,
        check=True,
    )
    os.close(terminal)
    reader.join()
    os.close(control)
    return b"".join(pieces).decode().replace("\r\n", "\n")


def test_in_a_terminal(stack, day):
    table = in_a_terminal(stack, "top", "--start", "now-1d")
    rows = [line for line in table.splitlines() if line.startswith("│")]
    assert len(rows) > 10
    assert max(len(line) for line in rows if "\x1b" not in line) <= 80
    assert "Trend" in table
    assert "Packets" not in table
    assert "\x1b[31mdrop\x1b[0m by ingress" in in_a_terminal(
        stack, "tail", "--no-follow", "--since", "now-1h", "--lines", "50", "--action", "drop"
    )
