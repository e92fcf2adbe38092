"""From DuckDB's result types to the ones that fakesnow can put on the wire."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false, reportUnknownParameterType=false, reportUnknownLambdaType=false
# fakesnow and pyarrow are untyped

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
from fakesnow.rowtype import describe_as_rowtype

# DuckDB type -> (the type fakesnow knows, the Arrow type to cast to)
CASTS: dict[str, tuple[str, Any]] = {
    "TINYINT": ("INTEGER", pa.int32()),
    "SMALLINT": ("INTEGER", pa.int32()),
    "UTINYINT": ("INTEGER", pa.int32()),
    "USMALLINT": ("INTEGER", pa.int32()),
    "UINTEGER": ("BIGINT", pa.int64()),
    "UBIGINT": ("HUGEINT", pa.decimal128(38, 0)),
    "UHUGEINT": ("HUGEINT", pa.decimal128(38, 0)),
    "HUGEINT": ("HUGEINT", pa.decimal128(38, 0)),
    "FLOAT": ("DOUBLE", pa.float64()),
    "TIMESTAMP_S": ("TIMESTAMP", pa.timestamp("us")),
    "TIMESTAMP_MS": ("TIMESTAMP", pa.timestamp("us")),
}
NESTED = ("[]", "STRUCT", "MAP", "UNION")


def snowflake_table(table: Any, described: list[Any]) -> tuple[Any, list[Any]]:
    """Converts columns whose type fakesnow can't send.

    Args:
        table: the Arrow table of a result.
        described: DuckDB's DESCRIBE of it: (column, type, null, key, default, extra) per column.

    Returns:
        the table, and its row type as the protocol has it.
    """
    columns = list(table.columns)
    adapted: list[tuple[Any, ...]] = []
    for index, (name, kind, *rest) in enumerate(described):
        known = kind
        if kind in CASTS:
            known, arrow_type = CASTS[kind]
            columns[index] = columns[index].cast(arrow_type)
        elif kind.endswith("[]") or kind.startswith(NESTED[1:]):
            known = "JSON"
            texts = [None if v is None else json.dumps(v, default=str) for v in columns[index].to_pylist()]
            columns[index] = pa.array(texts, pa.string())
        elif kind in {"UUID", "INTERVAL", "TIME WITH TIME ZONE", "BIT"} or kind.startswith("ENUM"):
            known = "VARCHAR"
            columns[index] = pa.array([None if v is None else str(v) for v in columns[index].to_pylist()], pa.string())
        adapted.append((name, known, *rest))
    return pa.Table.from_arrays(columns, names=[row[0] for row in adapted]), describe_as_rowtype(adapted)
