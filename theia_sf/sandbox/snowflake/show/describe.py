"""DESCRIBE of the account's own objects. DESCRIBE TABLE and VIEW are fakesnow's."""

from __future__ import annotations

from typing import Any

from theia_sf.sandbox.snowflake.catalog import Stage
from theia_sf.sandbox.snowflake.results import Column, Result, listing
from theia_sf.sandbox.snowflake.show.account_objects import times
from theia_sf.sandbox.snowflake.show.schema_objects import PIPE_COLUMNS, TASK_COLUMNS, pipe_row, task_row
from theia_sf.sandbox.snowflake.statements import objects
from theia_sf.sandbox.snowflake.statements.containers import DATABASE, SCHEMA
from theia_sf.sandbox.snowflake.statements.context import Statement
from theia_sf.sandbox.snowflake.statements.pipes import PIPE
from theia_sf.sandbox.snowflake.statements.stages import STAGE
from theia_sf.sandbox.snowflake.statements.tasks import TASK
from theia_sf.sandbox.snowflake.statements.warehouses import WAREHOUSE

PROPERTY_COLUMNS: list[str | Column] = ["property", "property_type", "property_value", "property_default"]
# "CREATE STAGE", formatTypeOptions for CSV: option -> (type, default)
CSV_OPTIONS: dict[str, tuple[str, str]] = {
    "TYPE": ("String", "CSV"),
    "RECORD_DELIMITER": ("String", "\\n"),
    "FIELD_DELIMITER": ("String", ","),
    "FILE_EXTENSION": ("String", ""),
    "SKIP_HEADER": ("Integer", "0"),
    "PARSE_HEADER": ("Boolean", "false"),
    "DATE_FORMAT": ("String", "AUTO"),
    "TIME_FORMAT": ("String", "AUTO"),
    "TIMESTAMP_FORMAT": ("String", "AUTO"),
    "BINARY_FORMAT": ("String", "HEX"),
    "ESCAPE": ("String", "NONE"),
    "ESCAPE_UNENCLOSED_FIELD": ("String", "\\\\"),
    "TRIM_SPACE": ("Boolean", "false"),
    "FIELD_OPTIONALLY_ENCLOSED_BY": ("String", "NONE"),
    "NULL_IF": ("List", "[\\\\N]"),
    "COMPRESSION": ("String", "AUTO"),
    "ERROR_ON_COLUMN_COUNT_MISMATCH": ("Boolean", "true"),
    "VALIDATE_UTF8": ("Boolean", "true"),
    "SKIP_BLANK_LINES": ("Boolean", "false"),
    "REPLACE_INVALID_CHARACTERS": ("Boolean", "false"),
    "EMPTY_FIELD_AS_NULL": ("Boolean", "true"),
    "SKIP_BYTE_ORDER_MARK": ("Boolean", "true"),
    "ENCODING": ("String", "UTF8"),
    "MULTI_LINE": ("Boolean", "true"),
}
COPY_OPTIONS: dict[str, tuple[str, str]] = {
    "ON_ERROR": ("String", "ABORT_STATEMENT"),
    "SIZE_LIMIT": ("Long", ""),
    "PURGE": ("Boolean", "false"),
    "RETURN_FAILED_ONLY": ("Boolean", "false"),
    "ENFORCE_LENGTH": ("Boolean", "true"),
    "TRUNCATECOLUMNS": ("Boolean", "false"),
    "FORCE": ("Boolean", "false"),
}


def warehouse(statement: Statement) -> Result:
    """DESCRIBE WAREHOUSE."""
    found = target(statement, WAREHOUSE)
    return listing([*times("created_on"), "name", "kind"], [(found.created_on, found.name, "WAREHOUSE")], describe=True)


def database(statement: Statement) -> Result:
    """DESCRIBE DATABASE: its schemas."""
    found = target(statement, DATABASE)
    schemas = [s for s in statement.catalog.schemas.values() if s.database == found.name]
    rows = [(s.created_on, s.name, "SCHEMA") for s in sorted(schemas, key=lambda s: s.name)]
    return listing([*times("created_on"), "name", "kind"], rows, describe=True)


def schema(statement: Statement) -> Result:
    """DESCRIBE SCHEMA: the tables and views in it."""
    found = target(statement, SCHEMA)
    inside = [r for r in statement.catalog.relations.values() if r.full_name[:2] == found.full_name]
    rows = [(r.created_on, r.name, r.kind) for r in sorted(inside, key=lambda r: r.name)]
    return listing([*times("created_on"), "name", "kind"], rows, describe=True)


def pipe(statement: Statement) -> Result:
    """DESCRIBE PIPE."""
    return listing(PIPE_COLUMNS, [pipe_row(target(statement, PIPE))], describe=True)


def task(statement: Statement) -> Result:
    """DESCRIBE TASK."""
    return listing(TASK_COLUMNS, [task_row(target(statement, TASK))], describe=True)


def stage(statement: Statement) -> Result:
    """DESCRIBE STAGE."""
    found: Stage = target(statement, STAGE)
    named = "FORMAT_NAME" in found.file_format
    rows: list[tuple[str, str, str, str, str]] = []
    if named:
        name = str(found.file_format["FORMAT_NAME"])
        rows.append(("STAGE_FILE_FORMAT", "FORMAT_NAME", "String", name, ""))
    else:
        rows += _options("STAGE_FILE_FORMAT", CSV_OPTIONS, found.file_format)
    rows += _options("STAGE_COPY_OPTIONS", COPY_OPTIONS, found.copy_options)
    rows += [
        ("STAGE_LOCATION", "URL", "String", f'["{found.url}"]', ""),
        ("STAGE_LOCATION", "AWS_ACCESS_POINT_ARN", "String", "", ""),
        ("STAGE_INTEGRATION", "STORAGE_INTEGRATION", "String", found.storage_integration or "", ""),
        ("STAGE_CREDENTIALS", "AWS_KEY_ID", "String", "", ""),
        ("PRIVATELINK", "USE_PRIVATELINK_ENDPOINT", "Boolean", shown(found.use_privatelink_endpoint), "false"),
        ("DIRECTORY", "ENABLE", "Boolean", shown(found.directory.get("ENABLE", False)), "false"),
        ("DIRECTORY", "AUTO_REFRESH", "Boolean", shown(found.directory.get("AUTO_REFRESH", False)), "false"),
    ]
    return listing(["parent_property", *PROPERTY_COLUMNS], rows, describe=True)


def target(statement: Statement, kind: objects.Kind) -> Any:
    """The object whose name comes next, which the session must be allowed to see."""
    name = objects.read_name(statement, kind)
    statement.tokens.expect_end()
    return objects.existing(statement, kind, name, "USAGE", "MONITOR", "OPERATE", "MODIFY")


def _options(
    parent: str, known: dict[str, tuple[str, str]], given: dict[str, Any]
) -> list[tuple[str, str, str, str, str]]:
    return [
        (parent, name, kind, shown(given[name]) if name in given else default, default)
        for name, (kind, default) in known.items()
    ]


def shown(value: Any) -> str:
    """A property's value as DESCRIBE prints it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(str(item) for item in value) + "]"  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - any list
    return str(value)
