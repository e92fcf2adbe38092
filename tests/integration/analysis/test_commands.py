"""policy-recommendation and drop-detection against the sandbox's Snowflake, as a user runs them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import snowflake.connector
import yaml

from tests.unit.flows.memory import COLUMNS, insert_statement
from tests.unit.policies.flow_records import ALLOWED, CLUSTER, IGNORED, fixture
from tests.unit.policies.meaning import allowed_by_policies, allowed_by_records
from theia_sf.cli import main
from theia_sf.errors import ExitCode

FLOWS = fixture(60)


@pytest.fixture(scope="module")
def database(sandbox) -> Iterator[str]:
    """A database with a FLOWS table of its own."""
    name = "ANTREA_ANALYSIS"
    with snowflake.connector.connect(**sandbox.snowflake) as connection:
        cursor = connection.cursor()
        cursor.execute("CREATE WAREHOUSE IF NOT EXISTS ANALYSIS_WH WAREHOUSE_SIZE = XSMALL INITIALLY_SUSPENDED = TRUE")
        cursor.execute("USE WAREHOUSE ANALYSIS_WH")
        cursor.execute(f"CREATE DATABASE {name}")
        cursor.execute(f"CREATE SCHEMA {name}.THEIA")
        columns = ", ".join(f"{column} {kind}" for column, kind in COLUMNS.items())
        cursor.execute(f"CREATE TABLE {name}.THEIA.FLOWS ({columns})")
        flows = [*FLOWS, {"rejectedRecord": "not,a,flow"}]
        cursor.execute(insert_statement(f"{name}.THEIA.FLOWS", flows).replace("\\", "\\\\"))
        yield name
        cursor.execute(f"DROP DATABASE {name}")
        cursor.execute("DROP WAREHOUSE ANALYSIS_WH")


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    code = main.run(list(arguments))
    told = capsys.readouterr()
    return code, told.out, told.err


def warehouses(sandbox) -> set[str]:
    with snowflake.connector.connect(**sandbox.snowflake) as connection:
        rows: list[Any] = connection.cursor().execute("SHOW WAREHOUSES").fetchall()
    return {row[0] for row in rows}


def test_the_policies_mean_what_the_flows_show(sandbox_env, database, capsys):
    before = warehouses(sandbox_env)
    code, out, err = run(
        capsys, "policy-recommendation", "--policy-type", "k8s-np", "--database-name", database.lower()
    )
    assert code == ExitCode.OK
    expected = allowed_by_records(FLOWS, "k8s-np", ignored=IGNORED, namespaces=ALLOWED)
    assert allowed_by_policies(yaml.safe_load_all(out)) == expected
    assert f"Read {len(FLOWS)} flows" in err
    assert warehouses(sandbox_env) == before


def test_twice_the_same_bytes_also_with_a_warehouse_and_a_range(sandbox_env, database, capsys):
    arguments = ("policy-recommendation", "--database-name", database, "--cluster-uuid", f"{{{CLUSTER}}}")
    first = run(
        capsys, *arguments, "--warehouse-name", "analysis_wh", "--start", "2026-07-01T00:00:00Z", "--end", "now"
    )
    second = run(capsys, *arguments)
    assert first[0] == second[0] == ExitCode.OK
    assert first[1].encode() == second[1].encode() != b""


def test_a_limit_reads_as_many_edges(sandbox_env, database, capsys):
    code, _, err = run(capsys, "policy-recommendation", "--database-name", database, "--limit", "7")
    assert code == ExitCode.OK
    assert ": 7 edges" in err


def test_drops(sandbox_env, database, capsys):
    code, out, err = run(capsys, "drop-detection", "--database-name", database, "--output", "json")
    assert (code, json.loads(out)) == (ExitCode.OK, [])
    assert "No abnormal drops were found." in err


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["--database-name", "ANTREA_NONE"], ExitCode.USAGE, "There is no database ANTREA_NONE"),
        (["--warehouse-name", "NO_SUCH"], ExitCode.USAGE, "NO_SUCH"),
    ],
)
@pytest.mark.parametrize("command", ["policy-recommendation", "drop-detection"])
def test_what_is_not_there(sandbox_env, database, capsys, command, arguments, code, sentence):
    before = warehouses(sandbox_env)
    answered, out, err = run(capsys, command, "--database-name", database, *arguments)  # the last one counts
    assert (answered, out) == (code, "")
    assert sentence in err
    assert warehouses(sandbox_env) == before


def test_a_database_without_flows(sandbox_env, capsys):
    with snowflake.connector.connect(**sandbox_env.snowflake) as connection:
        connection.cursor().execute("CREATE DATABASE ANTREA_BARE")
    try:
        before = warehouses(sandbox_env)
        code, out, err = run(capsys, "policy-recommendation", "--database-name", "ANTREA_BARE")
        assert (code, out) == (ExitCode.FAILED, "")
        assert "Error: " in err
        assert "Traceback" not in err
        assert warehouses(sandbox_env) == before
    finally:
        with snowflake.connector.connect(**sandbox_env.snowflake) as connection:
            connection.cursor().execute("DROP DATABASE ANTREA_BARE")


def test_a_wrong_password(sandbox_env, monkeypatch, capsys):
    monkeypatch.setenv("SNOWFLAKE_PASSWORD", "wrong")
    code, out, _ = run(capsys, "policy-recommendation")
    assert (code, out) == (ExitCode.CONNECTION, "")
