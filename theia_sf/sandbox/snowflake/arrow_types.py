"""From DuckDB's result types to the ones that fakesnow can put on the wire."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false, reportUnknownParameterType=false, reportUnknownLambdaType=false
# fakesnow and pyarrow are untyped

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from fakesnow.arrow import to_ipc, to_sf
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
UTC_OFFSET = 1440  # minutes east of UTC, plus 1440
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


def to_wire(table: Any, rowtype: list[Any]) -> bytes:
    """The Arrow stream of a result as the connectors expect it.

    Times become structs of seconds, nanoseconds (and offset); a null stays a null, which fakesnow's own conversion
    turns into the year 1970.
    """
    columns = [_time_struct(c) if pa.types.is_timestamp(c.type) else c for c in table.columns]
    prepared = pa.Table.from_arrays(columns, names=table.column_names)
    return to_ipc(to_sf(prepared, rowtype)).to_pybytes()


def _time_struct(column: Any) -> Any:
    chunk = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    per_second = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}[chunk.type.unit]
    ticks = pc.fill_null(chunk.cast(pa.int64()), 0)
    # integer division in Arrow truncates, and before 1970 the seconds must be rounded down
    truncated = _compute("divide", ticks, per_second)
    rest = _compute("subtract", ticks, _compute("multiply", truncated, per_second))
    below = _compute("less", rest, 0).cast(pa.int64())
    seconds = _compute("subtract", truncated, below)
    rest = _compute("add", rest, _compute("multiply", below, per_second))
    fraction = _compute("multiply", rest, 1_000_000_000 // per_second).cast(pa.int32())
    arrays = [seconds, fraction]
    fields = [pa.field("epoch", pa.int64(), nullable=False), pa.field("fraction", pa.int32(), nullable=False)]
    if chunk.type.tz:
        arrays.append(pa.array([UTC_OFFSET] * len(chunk), pa.int32()))
        fields.append(pa.field("timezone", pa.int32(), nullable=False))
    return pa.StructArray.from_arrays(arrays, fields=fields, mask=chunk.is_null())


def _compute(function: str, left: Any, right: Any) -> Any:
    return pc.call_function(function, [left, right if hasattr(right, "type") else pa.scalar(right, pa.int64())])
