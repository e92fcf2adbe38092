"""Upgrades of a stack that holds flows: a real engine, the real program, the sandbox's accounts."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import pulumi
import pytest
import snowflake.connector
from pulumi import automation as auto

from theia_sf.provision.pulumi_cli import find
from theia_sf_infra import database, migrations, pipeline, readers
from theia_sf_infra.copy import copy_statement
from theia_sf_infra.names import Names

# Importing the AWS SDK warns of every deprecated class that it holds, none of which is used.
pytestmark = pytest.mark.filterwarnings("ignore:.*has been deprecated in favor of:DeprecationWarning")

Sql = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def stack(sandbox: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[auto.Stack]:
    """A stack that is up, and has three flows in it. The program sees Snowflake's password in its environment."""
    cli = find()
    assert cli is not None, "no Pulumi CLI: run `make pulumi`"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in sandbox.environment().items():
            patch.setenv(name, value)
        options = auto.LocalWorkspaceOptions(
            env_vars={"PULUMI_CONFIG_PASSPHRASE": "test", "PULUMI_SKIP_UPDATE_CHECK": "true"},
            pulumi_command=auto.PulumiCommand(root=str(cli.binary.parent.parent)),
            project_settings=auto.ProjectSettings(
                name="theia-sf",
                runtime="python",
                backend=auto.ProjectBackend(url=f"file://{tmp_path_factory.mktemp('state')}"),
            ),
        )
        made = auto.create_stack("upgrades", "theia-sf", program=pipeline.program, opts=options)
        made.set_config("theia-sf:region", auto.ConfigValue("us-west-2"))
        try:
            made.up()
            yield made
        finally:
            made.destroy()


@pytest.fixture(scope="module")
def names(stack: auto.Stack) -> dict[str, str]:
    return {name: output.value for name, output in stack.outputs().items()}


@pytest.fixture(scope="module")
def sql(sandbox: Any, names: dict[str, str]) -> Iterator[Sql]:
    """Runs a statement in the stack's schema; `{flows}` is the table, and there are three flows in it."""
    with snowflake.connector.connect(**sandbox.snowflake) as connection:
        cursor = connection.cursor()
        cursor.execute(f"USE WAREHOUSE {names['reader_warehouse_name']}")
        where = f"{names['database_name']}.{names['schema_name']}"

        def run(statement: str) -> list[tuple[Any, ...]]:
            text = statement.format(schema=where, flows=f"{where}.{names['flows_table_name']}", **names)
            return cursor.execute(text).fetchall()

        run("INSERT INTO {flows} (sourcePodName) VALUES ('a'), ('b'), ('c')")
        yield run


class Renamed(Names):
    """Other names for everything that carries the suffix."""

    def __init__(self, suffix: pulumi.Output[str]) -> None:
        super().__init__(pulumi.Output.concat("other", suffix))


def changes(stack: auto.Stack) -> dict[str, list[str]]:
    """What an update would do: names by operation, without what stays."""
    found: dict[str, list[str]] = {}

    def note(event: auto.EngineEvent) -> None:
        step = event.resource_pre_event and event.resource_pre_event.metadata
        if step and step.op not in {auto.OpType.SAME, auto.OpType.REFRESH, auto.OpType.READ}:
            found.setdefault(step.op.value, []).append(step.urn.rsplit("::", 1)[1])

    stack.preview(on_event=note)
    return found


def test_nothing_changes_without_a_reason(stack: auto.Stack) -> None:
    assert changes(stack) == {}


def test_the_state_holds_no_secret_of_snowflake_although_the_program_could_see_it(
    stack: auto.Stack, sandbox: Any
) -> None:
    assert os.environ["SNOWFLAKE_PASSWORD"] == sandbox.state.snowflake_password
    state = json.dumps(stack.export_stack().deployment)
    assert sandbox.state.snowflake_password not in state
    for resource in json.loads(state)["resources"]:
        if resource["type"] == "pulumi:providers:snowflake":
            assert not {"password", "user", "host", "token", "privateKey"} & set(resource["inputs"])


def test_a_new_migration_runs_once_and_the_flows_survive(
    stack: auto.Stack, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = migrations.load()
    edited = [migrations.Migration(one.name, f"{one.template} ") for one in released]
    table = "{database}.{schema}.FLOWS"
    added = migrations.Migration("9999_more-1", f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS more VARCHAR")
    monkeypatch.setattr(migrations, "load", lambda: [*edited, added])
    assert changes(stack) == {"create": ["migration-9999_more-1"]}, "what has run is left alone"
    summary = stack.up().summary.resource_changes
    assert summary is not None
    assert summary["create"] == 1
    assert sql("SELECT COUNT(*), COUNT(more) FROM {flows}") == [(3, 0)]
    assert changes(stack) == {}
    monkeypatch.undo()
    stack.up()
    assert sql("SELECT COUNT(*), COUNT(more) FROM {flows}") == [(3, 0)], "taking one away undoes nothing"


def test_what_holds_flows_is_never_replaced(
    stack: auto.Stack, names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another suffix would rename the bucket, the database and everything else."""
    monkeypatch.setattr(pipeline, "SUFFIX_LENGTH", 12)
    monkeypatch.setattr(database, "SCHEMA", "OTHER")
    monkeypatch.setattr(pipeline, "Names", Renamed)
    found = changes(stack)
    assert "errors-topic" in found["replace"], "the names did change"
    kept = {"suffix", "flows-bucket", "database", "schema"}
    assert not kept & {name for touched in found.values() for name in touched}


def pipe_grants(sql: Sql) -> set[tuple[str, str]]:
    """What roles may do with the pipe: privilege and role."""
    return {(row[1], row[5]) for row in sql("SHOW GRANTS ON PIPE {schema}.{pipe_name}")}


def test_another_copy_statement_replaces_the_pipe_and_what_is_granted_on_it_and_nothing_else(
    stack: auto.Stack, sql: Sql, names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        database, "copy_statement", lambda t, s: copy_statement(t, s).replace("COPY INTO", "COPY  INTO")
    )
    found = changes(stack)
    assert set(found["replace"]) == {"pipe", "reader-pipe"}
    assert set(found) <= {"replace", "create-replacement", "delete-replaced", "update"}
    stack.up()
    assert ("MONITOR", names["reader_role_name"]) in pipe_grants(sql), "the reader still sees how loading goes"
    assert changes(stack) == {}
    ((definition,),) = [row[4:5] for row in sql("SHOW PIPES IN SCHEMA {schema}")]
    assert definition.startswith("COPY  INTO")
    assert sql("SELECT COUNT(*) FROM {flows}") == [(3,)]
    monkeypatch.undo()
    stack.up()


def test_a_reader_role_made_again_reads_what_stands(stack: auto.Stack, sql: Sql) -> None:
    sql("DROP ROLE {reader_role_name}")
    stack.up(refresh=True)
    granted = {(row[1], row[2]) for row in sql("SHOW GRANTS TO ROLE {reader_role_name}")}
    assert {("SELECT", "TABLE"), ("SELECT", "VIEW"), ("USAGE", "SCHEMA"), ("USAGE", "WAREHOUSE")} <= granted
    assert changes(stack) == {}


def test_a_pipe_made_again_is_still_watched(stack: auto.Stack, sql: Sql, names: dict[str, str]) -> None:
    sql("DROP PIPE {schema}.{pipe_name}")
    stack.up(refresh=True)
    assert ("MONITOR", names["reader_role_name"]) in pipe_grants(sql)
    assert changes(stack) == {}


def test_a_stack_from_before_gets_the_grant_by_an_update(
    stack: auto.Stack, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "pipe_monitoring", lambda *_: None)
    stack.up()
    assert "MONITOR" not in {privilege for privilege, _ in pipe_grants(sql)}
    monkeypatch.undo()
    assert changes(stack) == {"create": ["reader-pipe"]}
    stack.up()
    assert "MONITOR" in {privilege for privilege, _ in pipe_grants(sql)}
    assert changes(stack) == {}
