"""Ctrl-C while a query runs: the query is cancelled, the temporary warehouse dropped, the exit code 130."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import Any

import pytest

from theia_sf.snowflake.connect import session
from theia_sf.snowflake.query import fetch_records
from theia_sf.snowflake.settings import resolve

PROGRAM = """
import sys
from theia_sf import logs
from theia_sf.cli import main
from theia_sf.snowflake.connect import session
from theia_sf.snowflake.query import fetch_all
from theia_sf.snowflake.settings import resolve
from theia_sf.snowflake.warehouse import warehouse_for

def app(**_):
    logs.configure(0)
    with session(resolve()) as connection, warehouse_for(connection, None) as name:
        print(name, flush=True)
        fetch_all(
            connection,
            "SELECT COUNT(*) FROM TABLE(GENERATOR(ROWCOUNT => 300000)) A, TABLE(GENERATOR(ROWCOUNT => 3000000)) B",
            timeout_seconds=120,
        )

main.app = app
sys.argv = ["theia-sf", "x"]
main.main()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_warehouse_does_not_survive(sandbox_env: Any, number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        env=sandbox_env.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stdout is not None
        name = program.stdout.readline().strip()
        assert name
        with pytest.raises(subprocess.TimeoutExpired):
            program.wait(timeout=1)  # the query is under way
        program.send_signal(number)
        _, err = program.communicate(timeout=30)
    assert program.returncode == 130, err
    assert err.endswith("Error: Interrupted.\n")
    assert f"Dropped the temporary warehouse {name}" in err
    with session(resolve()) as connection:
        assert name not in {row["name"] for row in fetch_records(connection, "SHOW WAREHOUSES")}
