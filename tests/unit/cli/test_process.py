"""The program as a process, as far as it needs no account."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

HEAVY = [
    "boto3",
    "botocore",
    "pulumi",
    "snowflake",
    "duckdb",
    "moto",
    "fakesnow",
    "sqlglot",
    "rich",
    "cryptography",
    "yaml",
]


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)


def test_the_help_imports_nothing_heavy() -> None:
    done = run(
        "import sys; from theia_sf.cli.main import run; code = run(['--help']); "
        f"print([name for name in {HEAVY!r} if name in sys.modules], code, file=sys.stderr)"
    )
    assert done.stdout.startswith("Usage: theia-sf")
    assert done.stderr == "[] 0\n"


def test_no_arguments_show_the_help() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "theia_sf"], capture_output=True, text=True, timeout=60, check=False, env={**os.environ}
    )
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: theia-sf")


def test_sigterm_counts_as_ctrl_c() -> None:
    done = run(
        "import os, signal, time\n"
        "from theia_sf.cli import main\n"
        "import sys\n"
        "def app(**_):\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    time.sleep(30)\n"
        "main.app = app\n"
        "sys.argv = ['theia-sf', 'x']\n"
        "main.main()\n"
    )
    assert done.returncode == 130
    assert done.stderr == "Error: Interrupted.\n"
    assert done.returncode != -signal.SIGTERM


def test_a_reader_that_goes_away_is_no_fault() -> None:
    code = "import sys; sys.argv = ['theia-sf', 'version', '-o', 'json']; from theia_sf.cli.main import main; main()"
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as stdout:
        done = subprocess.run(
            [sys.executable, "-c", code], stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=60, check=False
        )
    assert done.returncode == 1
    assert done.stderr == ""
