"""The installed `theia-sf report` as a process: what it leaves, also when it is stopped."""

from __future__ import annotations

import re
import signal
import subprocess

import pytest

from tests.e2e.conftest import PROGRAM, Cli
from tests.integration.report.conftest import FLOWS, database
from theia_sf.errors import ExitCode

__all__ = ["database"]  # the fixture is found by its name here


def test_it_writes_one_file_and_tells_its_progress(cli: Cli, database: str) -> None:
    done = cli.run("report", "--database-name", database, "--output-file", "flows.html", check=True)
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert [line for line in lines if line.startswith("Reading the")] == [
        "Reading the size of the database",
        "Reading the traffic over time",
        "Reading the top talkers",
        "Reading the edges between workloads",
        "Reading the dropped and rejected flows",
        "Reading the traffic for policies",
    ]
    assert re.fullmatch(r"Wrote [\d.]+ MB to flows.html; open it in a browser.", lines[-1])
    page = (cli.directory / "flows.html").read_text(encoding="utf-8")
    assert f"<dt>Flow records</dt><dd>{len(FLOWS)}</dd>" in page
    assert [path.name for path in cli.directory.iterdir()] == ["flows.html"]


def test_two_runs_differ_in_the_time_of_the_report_alone(cli: Cli, database: str) -> None:
    first, second = (
        cli.run("report", "--database-name", database, "--output-file", "-", check=True).stdout for _ in range(2)
    )
    moment = re.compile(r'<time datetime="[^"]*">[^<]*</time> by theia-sf')
    assert moment.sub("", first) == moment.sub("", second)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_stopped_it_leaves_no_half_file(cli: Cli, database: str, stop: signal.Signals) -> None:
    with subprocess.Popen(
        [str(PROGRAM), "report", "--database-name", database],
        env=cli.environment,
        cwd=cli.directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        while not process.stderr.readline().startswith("Reading the size"):
            assert process.poll() is None
        process.send_signal(stop)
        _, err = process.communicate(timeout=60)
    assert process.returncode == ExitCode.INTERRUPTED
    assert "Interrupted." in err
    assert "Traceback" not in err
    assert list(cli.directory.iterdir()) == []
