"""SHOW of stages, pipes, tasks, tables and views. Columns as the SHOW pages list them."""

from __future__ import annotations

import json

from theia_sf.sandbox.snowflake.catalog import Pipe, Task
from theia_sf.sandbox.snowflake.duck_sql import quoted
from theia_sf.sandbox.snowflake.relations import Stored, stored
from theia_sf.sandbox.snowflake.results import Column, Result, listing
from theia_sf.sandbox.snowflake.show.account_objects import numbers, times, yes
from theia_sf.sandbox.snowflake.show.filters import read_filter, visible
from theia_sf.sandbox.snowflake.statements.context import Statement

PIPE_COLUMNS: list[str | Column] = [
    *times("created_on"),
    *("name", "database_name", "schema_name", "definition", "owner", "notification_channel", "comment", "integration"),
    *("pattern", "error_integration", "owner_role_type", "invalid_reason", "kind"),
]
TASK_COLUMNS: list[str | Column] = [
    *times("created_on"),
    *(
        "name",
        "id",
        "database_name",
        "schema_name",
        "owner",
        "comment",
        "warehouse",
        "schedule",
        "predecessors",
        "state",
    ),
    *("definition", "condition", "allow_overlapping_execution", "error_integration"),
    *times("last_committed_on", "last_suspended_on"),
    *("owner_role_type", "config", "budget", "task_relations", "last_suspended_reason", "target_completion_interval"),
]


def stages(statement: Statement) -> Result:
    """SHOW STAGES: external ones."""
    narrowed = read_filter(statement, levels=3)
    columns: list[str | Column] = [
        *times("created_on"),
        "name",
        "database_name",
        "schema_name",
        "url",
        "has_credentials",
    ]
    columns += ["has_encryption_key", "owner", "comment", "region", "type", "cloud", "notification_channel"]
    columns += ["storage_integration", "endpoint", "owner_role_type", "directory_enabled"]
    region = statement.account.region
    rows = [
        (
            *(
                s.created_on,
                s.name,
                s.database,
                s.schema,
                s.url,
                "N",
                "N",
                s.owner,
                s.comment or "",
                region,
                "EXTERNAL",
            ),
            *("AWS", None, s.storage_integration, None, "ROLE", yes(bool(s.directory.get("ENABLE")))),
        )
        for s in narrowed.apply(visible(statement, "STAGE", statement.catalog.stages.values()))
    ]
    return listing(columns, rows)


def pipe_row(pipe: Pipe) -> tuple[object, ...]:
    """A pipe as SHOW PIPES and DESCRIBE PIPE print it."""
    return (
        *(pipe.created_on, pipe.name, pipe.database, pipe.schema, pipe.copy_statement, pipe.owner),
        *(pipe.notification_channel, pipe.comment or "", pipe.integration, None, pipe.error_integration, "ROLE"),
        *("", "STAGE"),
    )


def pipes(statement: Statement) -> Result:
    """SHOW PIPES."""
    narrowed = read_filter(statement, levels=3)
    found = narrowed.apply(visible(statement, "PIPE", statement.catalog.pipes.values()))
    return listing(PIPE_COLUMNS, [pipe_row(pipe) for pipe in found])


def task_row(task: Task) -> tuple[object, ...]:
    """A task as SHOW TASKS and DESCRIBE TASK print it."""
    predecessors = [quoted(*name) for name in task.predecessors]
    return (
        *(task.created_on, task.name, task.id, task.database, task.schema, task.owner, task.comment or ""),
        *(task.warehouse, task.schedule, json.dumps(predecessors), task.state, task.definition, task.condition),
        *(str(task.allow_overlapping_execution).lower(), task.error_integration or "null", task.last_committed_on),
        *(task.last_suspended_on, "ROLE", task.config, None, json.dumps({"Predecessors": predecessors})),
        *(task.last_suspended_reason, None),
    )


def tasks(statement: Statement) -> Result:
    """SHOW TASKS."""
    narrowed = read_filter(statement, levels=3)
    found = narrowed.apply(visible(statement, "TASK", statement.catalog.tasks.values()))
    return listing(TASK_COLUMNS, [task_row(task) for task in found])


def tables(statement: Statement) -> Result:
    """SHOW TABLES."""
    columns: list[str | Column] = [*times("created_on"), "name", "database_name", "schema_name", "kind", "comment"]
    columns += ["cluster_by", *numbers("rows", "bytes"), "owner", "retention_time", "automatic_clustering"]
    columns += ["change_tracking", "is_external", "enable_schema_evolution", "owner_role_type", "is_event", "budget"]
    columns += ["is_hybrid", "is_iceberg", "is_dynamic", "is_immutable"]
    rows = [
        (
            *(created, *_three(r), "TABLE", r.comment or "", "", r.rows, 0, owner, "1", "OFF", "OFF", "N", "N", "ROLE"),
            *("N", None, "N", "N", "N", "N"),
        )
        for r, created, owner in _relations(statement, "TABLE")
    ]
    return listing(columns, rows)


def views(statement: Statement) -> Result:
    """SHOW VIEWS."""
    columns: list[str | Column] = [*times("created_on"), "name", "reserved", "database_name", "schema_name", "owner"]
    columns += ["comment", "text", "is_secure", "is_materialized", "owner_role_type", "change_tracking"]
    texts = {record.full_name: record.text for record in statement.catalog.relations.values()}
    rows = [
        (
            *(created, r.name[2], "", r.name[0], r.name[1], owner, r.comment or "", texts.get(r.name) or r.text or ""),
            *("false", "false", "ROLE", "OFF"),
        )
        for r, created, owner in _relations(statement, "VIEW")
    ]
    return listing(columns, rows)


def objects(statement: Statement) -> Result:
    """SHOW OBJECTS: tables and views."""
    columns: list[str | Column] = [*times("created_on"), "name", "database_name", "schema_name", "kind", "comment"]
    columns += ["cluster_by", *numbers("rows", "bytes"), "owner", "retention_time", "owner_role_type"]
    rows = [
        (created, *_three(r), r.kind, r.comment or "", "", r.rows, 0, owner, "1", "ROLE")
        for r, created, owner in _relations(statement, None)
    ]
    return listing(columns, rows)


def _three(relation: Stored) -> tuple[str, str, str]:
    return relation.name[2], relation.name[0], relation.name[1]


def _relations(statement: Statement, kind: str | None) -> list[tuple[Stored, object, str]]:
    narrowed = read_filter(statement, levels=3)
    present = stored(statement.account)
    records = [r for r in statement.catalog.relations.values() if kind in {None, r.kind} and r.full_name in present]
    seen = [record for record in records if visible(statement, record.kind, [record])]
    return [(present[r.full_name], r.created_on, r.owner) for r in narrowed.apply(seen)]
