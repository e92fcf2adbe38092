"""Parameters and their defaults, by the level that SHOW PARAMETERS is asked for. "Parameters" lists them."""

from __future__ import annotations

from collections.abc import Mapping

SESSION_DEFAULTS: dict[str, str] = {
    "ABORT_DETACHED_QUERY": "false",
    "AUTOCOMMIT": "true",
    "BINARY_OUTPUT_FORMAT": "HEX",
    "CLIENT_SESSION_KEEP_ALIVE": "false",
    "CLIENT_TIMESTAMP_TYPE_MAPPING": "TIMESTAMP_LTZ",
    "DATE_INPUT_FORMAT": "AUTO",
    "DATE_OUTPUT_FORMAT": "YYYY-MM-DD",
    "ERROR_ON_NONDETERMINISTIC_MERGE": "true",
    "ERROR_ON_NONDETERMINISTIC_UPDATE": "false",
    "GEOGRAPHY_OUTPUT_FORMAT": "GeoJSON",
    "JSON_INDENT": "2",
    "LOCK_TIMEOUT": "43200",
    "MULTI_STATEMENT_COUNT": "1",
    "PYTHON_CONNECTOR_QUERY_RESULT_FORMAT": "ARROW",
    "GO_QUERY_RESULT_FORMAT": "ARROW",
    "QUERY_TAG": "",
    "QUOTED_IDENTIFIERS_IGNORE_CASE": "false",
    "ROWS_PER_RESULTSET": "0",
    "STATEMENT_QUEUED_TIMEOUT_IN_SECONDS": "0",
    "STATEMENT_TIMEOUT_IN_SECONDS": "172800",
    "STRICT_JSON_OUTPUT": "false",
    "TIMESTAMP_INPUT_FORMAT": "AUTO",
    "TIMESTAMP_LTZ_OUTPUT_FORMAT": "",
    "TIMESTAMP_NTZ_OUTPUT_FORMAT": "YYYY-MM-DD HH24:MI:SS.FF3",
    "TIMESTAMP_OUTPUT_FORMAT": "YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM",
    "TIMESTAMP_TYPE_MAPPING": "TIMESTAMP_NTZ",
    "TIMESTAMP_TZ_OUTPUT_FORMAT": "",
    "TIMEZONE": "Etc/UTC",
    "TIME_INPUT_FORMAT": "AUTO",
    "TIME_OUTPUT_FORMAT": "HH24:MI:SS",
    "TRANSACTION_ABORT_ON_ERROR": "false",
    "TRANSACTION_DEFAULT_ISOLATION_LEVEL": "READ COMMITTED",
    "USE_CACHED_RESULT": "true",
    "WEEK_OF_YEAR_POLICY": "0",
    "WEEK_START": "0",
}
DATABASE_DEFAULTS: dict[str, str] = {
    "CATALOG": "",
    "DATA_RETENTION_TIME_IN_DAYS": "1",
    "DEFAULT_DDL_COLLATION": "",
    "DEFAULT_NOTEBOOK_COMPUTE_POOL_CPU": "SYSTEM_COMPUTE_POOL_CPU",
    "DEFAULT_NOTEBOOK_COMPUTE_POOL_GPU": "SYSTEM_COMPUTE_POOL_GPU",
    "ENABLE_CONSOLE_OUTPUT": "false",
    "EXTERNAL_VOLUME": "",
    "LOG_EVENT_LEVEL": "OFF",
    "LOG_LEVEL": "OFF",
    "MAX_DATA_EXTENSION_TIME_IN_DAYS": "14",
    "QUOTED_IDENTIFIERS_IGNORE_CASE": "false",
    "REPLACE_INVALID_CHARACTERS": "false",
    "STORAGE_SERIALIZATION_POLICY": "OPTIMIZED",
    "SUSPEND_TASK_AFTER_NUM_FAILURES": "10",
    "TASK_AUTO_RETRY_ATTEMPTS": "0",
    "TRACE_LEVEL": "OFF",
    "USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE": "Medium",
    "USER_TASK_MINIMUM_TRIGGER_INTERVAL_IN_SECONDS": "30",
    "USER_TASK_TIMEOUT_MS": "3600000",
}
SCHEMA_DEFAULTS = {**DATABASE_DEFAULTS, "PIPE_EXECUTION_PAUSED": "false"}
WAREHOUSE_DEFAULTS = {
    "MAX_CONCURRENCY_LEVEL": "8",
    "STATEMENT_QUEUED_TIMEOUT_IN_SECONDS": "0",
    "STATEMENT_TIMEOUT_IN_SECONDS": "172800",
}
TASK_ONLY = (
    "SUSPEND_TASK_AFTER_NUM_FAILURES",
    "TASK_AUTO_RETRY_ATTEMPTS",
    "USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE",
    "USER_TASK_MINIMUM_TRIGGER_INTERVAL_IN_SECONDS",
    "USER_TASK_TIMEOUT_MS",
)
TASK_DEFAULTS = {**SESSION_DEFAULTS, **{name: DATABASE_DEFAULTS[name] for name in TASK_ONLY}}
USER_DEFAULTS = {**SESSION_DEFAULTS, "NETWORK_POLICY": "", "ENABLE_UNREDACTED_QUERY_SYNTAX_ERROR": "false"}
ACCOUNT_DEFAULTS = {**DATABASE_DEFAULTS, **USER_DEFAULTS}

# level -> the parameters it has; the value of a parameter is the one of the nearest level that sets it
LEVELS: Mapping[str, Mapping[str, str]] = {
    "SESSION": SESSION_DEFAULTS,
    "ACCOUNT": ACCOUNT_DEFAULTS,
    "DATABASE": DATABASE_DEFAULTS,
    "SCHEMA": SCHEMA_DEFAULTS,
    "WAREHOUSE": WAREHOUSE_DEFAULTS,
    "TASK": TASK_DEFAULTS,
    "USER": USER_DEFAULTS,
}


def parameter_rows(level: str, layers: list[tuple[str, Mapping[str, str]]]) -> list[tuple[str, str, str, str, str]]:
    """Rows of SHOW PARAMETERS: key, value, default, level, description.

    Args:
        level: what is asked for, a key of LEVELS.
        layers: (level, parameters set there), nearest first.
    """
    rows: list[tuple[str, str, str, str, str]] = []
    for name, default in sorted(LEVELS[level].items()):
        found = next(((values[name], where) for where, values in layers if name in values), (default, ""))
        rows.append((name, found[0], default, found[1], ""))
    return rows
