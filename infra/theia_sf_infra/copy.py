"""The COPY statement of the pipe: takes flow records of every Antrea release since 1.9 apart.

A record that cannot be read must not cost the file it stands in, so nothing here can raise. Each line is read as one
field; `RECORD` is that line if it has the shape of a flow record (see `theia_sf_infra.record`), and NULL if not. Every
flow column is computed from `RECORD`, hence NULL for a line without the shape, which is kept whole in `rejectedRecord`
instead.

Only functions that Snowflake lists for COPY transformations are used, and no regular expression needs more than
POSIX ERE (docs.snowflake.com/en/user-guide/data-load-transform, "Supported functions").
"""

from __future__ import annotations

from theia_sf_infra.record import (
    EGRESS,
    EGRESS_NODE_POSITION,
    HEAD,
    HTTP_VALUES,
    LABELS,
    LAYER7_POSITION,
    MIDDLE,
    QUOTES,
    SERVICE_IP_POSITION,
    TAIL,
    TIME,
    Kind,
    shape,
)


def _literal(text: str) -> str:
    r"""A SQL string; in Snowflake a backslash escapes inside of quotes."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def _without(expression: str, pattern: str) -> str:
    return f"REGEXP_REPLACE({expression}, {_literal(pattern)}, '')"


def _part(expression: str, position: int | str) -> str:
    """One field of comma-separated text; '' where there is none. Positions count from 1."""
    return f"SPLIT_PART({expression}, ',', {position})"


def _convert(expression: str, kind: Kind) -> str:
    """A field's text as its column's type: empty text and what does not convert become NULL.

    Seconds become a number first and a moment then, because text would be read by TIMESTAMP_INPUT_FORMAT, and the
    zone is set to UTC, because a TIMESTAMP_TZ made from seconds bears the session's.
    """
    if kind is TIME:
        return f"CONVERT_TIMEZONE('UTC', TO_TIMESTAMP_LTZ(TRY_CAST({expression} AS NUMBER(10, 0))))"
    if kind.type == "VARCHAR":
        return f"NULLIF({expression}, '')"
    return f"TRY_CAST({expression} AS {kind.type})"


# Windows line ends: Snowflake takes a CRLF for a new line, but says so of its default delimiter only.
RECORD = f"REGEXP_SUBSTR(RTRIM($1, '\\r'), {_literal(shape())})"
BEFORE_LABELS = f"^([^,]*,){{{len(HEAD) + len(MIDDLE)}}}([0-9]+,)?"  # one more field in 2.7, always a number
FROM_LABELS = _without(RECORD, BEFORE_LABELS)
AFTER_LABELS = _without(FROM_LABELS, f"^{LABELS},{LABELS},")


def _after_service_ip(until_2_6: int | str, since_2_7: int | str) -> str:
    """Chooses by field 26, a port number (never empty) up to 2.6 and an address or empty from 2.7 on."""
    port = f"TRY_CAST({_part(RECORD, SERVICE_IP_POSITION)} AS NUMBER(5, 0))"
    return f"NVL2({port}, {until_2_6}, {since_2_7})"


def _with_layer7(with_layer7: int | str, without: int | str) -> str:
    """Chooses by the number of fields after the labels: only 1.15 to 2.5 have more than eleven."""
    return f"IFF(ARRAY_SIZE(SPLIT({AFTER_LABELS}, ',')) > {LAYER7_POSITION}, {with_layer7}, {without})"


def _labels(expression: str) -> str:
    """The labels at the beginning of the text, without the quotes around them."""
    enclosed = f"REGEXP_SUBSTR({expression}, {_literal('^' + LABELS)})"
    return f"NULLIF({_without(enclosed, QUOTES)}, '')"


def _columns() -> list[tuple[str, str]]:
    """(column, expression) of every column that is loaded."""
    head = [(name, _convert(_part(RECORD, n), kind)) for n, (name, kind) in enumerate(HEAD, 1)]
    middle = [
        (name, _convert(_part(RECORD, _after_service_ip(n, n + 1)), kind))
        for n, (name, kind) in enumerate(MIDDLE, len(HEAD) + 1)
    ]
    labels = [
        ("sourcePodLabels", _labels(FROM_LABELS)),
        ("destinationPodLabels", _labels(_without(FROM_LABELS, f"^{LABELS},"))),
    ]
    tail = [(name, _convert(_part(AFTER_LABELS, n), kind)) for n, (name, kind) in enumerate((*TAIL, *EGRESS), 1)]
    service_ip = _after_service_ip("''", _part(RECORD, SERVICE_IP_POSITION))
    application = _with_layer7(_part(AFTER_LABELS, LAYER7_POSITION), "''")
    http_values = f"REGEXP_SUBSTR({AFTER_LABELS}, {_literal(HTTP_VALUES)})"
    egress_node = _part(
        _without(AFTER_LABELS, HTTP_VALUES), _with_layer7(EGRESS_NODE_POSITION + 2, EGRESS_NODE_POSITION)
    )
    return [
        *head,
        *middle,
        *labels,
        *tail,
        ("destinationServiceIP", f"NULLIF({service_ip}, '')"),
        ("appProtocolName", f"NULLIF({application}, '')"),
        ("httpVals", f"NULLIF({http_values}, '')"),
        ("egressNodeName", f"NULLIF({egress_node}, '')"),
        ("rejectedRecord", f"NVL2({RECORD}, NULL, NVL($1, ''))"),
        ("sourceFile", "METADATA$FILENAME"),
        ("sourceFileRow", "METADATA$FILE_ROW_NUMBER"),
        ("loadedAt", "CONVERT_TIMEZONE('UTC', METADATA$START_SCAN_TIME)"),
    ]


# One field a line, nothing enclosed or escaped, so that a quote or a backslash is a character like any other.
# Bytes that are not UTF-8 become U+FFFD; blank lines are no records; everything else is kept as it stands.
FILE_FORMAT = (
    "TYPE = CSV COMPRESSION = AUTO FIELD_DELIMITER = NONE SKIP_BLANK_LINES = TRUE ESCAPE = NONE "
    "ESCAPE_UNENCLOSED_FIELD = NONE FIELD_OPTIONALLY_ENCLOSED_BY = NONE NULL_IF = () EMPTY_FIELD_AS_NULL = FALSE "
    "REPLACE_INVALID_CHARACTERS = TRUE"
)


def copy_statement(table_fqn: str, stage_fqn: str) -> str:
    """The COPY INTO statement that loads flow record files.

    Args:
        table_fqn: the flows table, fully qualified and quoted where it needs to be; it stands in the statement as
            it is, so it must be validated.
        stage_fqn: the stage, likewise, without the `@`.

    Snowflake notifies of errors under `ON_ERROR = SKIP_FILE` only; no record can cause one, only a file that cannot
    be decompressed.
    """
    columns = _columns()
    names = ",\n  ".join(name for name, _ in columns)
    expressions = ",\n    ".join(expression for _, expression in columns)
    return (
        f"COPY INTO {table_fqn} (\n  {names}\n)\nFROM (\n  SELECT\n    {expressions}\n  FROM @{stage_fqn}\n)\n"
        f"FILE_FORMAT = ({FILE_FORMAT})\nON_ERROR = SKIP_FILE"
    )
