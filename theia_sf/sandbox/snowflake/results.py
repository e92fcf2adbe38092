"""What a statement answers, and its form on the wire (JSON row set or Arrow).

Cell conventions of the JSON row set: everything is text or null; times are epoch seconds with nine decimals, a
TIMESTAMP_TZ followed by the offset in minutes plus 1440 (as the connector's converter reads them).
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportMissingTypeStubs=false
# (fakesnow and pyarrow are untyped)

from __future__ import annotations

import uuid
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from fakesnow import statement_type

from theia_sf.sandbox.snowflake.arrow_types import to_wire

MAX_TEXT = 16_777_216


@dataclass(frozen=True)
class Column:
    """A result column: name and Snowflake wire type (text, fixed, boolean, real, timestamp_ltz, variant, …)."""

    name: str
    type: str = "text"

    def rowtype(self) -> dict[str, Any]:
        """The column as the protocol describes it."""
        is_text = self.type == "text"
        return {
            "name": self.name,
            "database": "",
            "schema": "",
            "table": "",
            "nullable": True,
            "type": self.type,
            "byteLength": MAX_TEXT if is_text else None,
            "length": MAX_TEXT if is_text else None,
            "precision": 38 if self.type == "fixed" else 0 if self.type.startswith("timestamp") else None,
            "scale": 9 if self.type.startswith("timestamp") else 0 if self.type == "fixed" else None,
            "collation": None,
        }


@dataclass
class Result:
    """Rows of a statement: either Python values (`columns`, `values`) or an Arrow table with its row type.

    `type_id` is Snowflake's statement type, by which clients tell a query from DML. `affected` is the number of rows
    a DML statement changed, None otherwise.
    """

    columns: list[Column] = field(default_factory=list[Column])
    values: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])
    type_id: int = statement_type.SELECT
    table: Any = None
    arrow_rowtype: list[Any] = field(default_factory=list[Any])
    query_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    extra: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def column_names(self) -> list[str]:
        """The names of the columns, in order."""
        return [c["name"] for c in self.arrow_rowtype] or [c.name for c in self.columns]

    def rows(self) -> list[tuple[Any, ...]]:
        """The rows as Python values."""
        if self.table is None:
            return self.values
        return list(zip(*[column.to_pylist() for column in self.table.columns], strict=True))

    def dicts(self) -> list[dict[str, Any]]:
        """The rows as dictionaries by column name."""
        names = self.column_names
        return [dict(zip(names, row, strict=True)) for row in self.rows()]

    def payload(self, *, as_json: bool = False) -> dict[str, Any]:
        """The part of the response's `data` that holds the rows; `as_json` for a client that reads no Arrow."""
        rowtype = self.arrow_rowtype or [c.rowtype() for c in self.columns]
        total = self.table.num_rows if self.table is not None else len(self.values)
        head: dict[str, Any] = {
            "rowtype": rowtype,
            "total": total,
            "returned": total,
            "queryId": self.query_id,
            "statementTypeId": self.type_id,
            **self.extra,
        }
        if self.table is not None and not as_json and self.type_id not in statement_type.DML_TYPE_IDS:
            encoded = b64encode(to_wire(self.table, rowtype)).decode("ascii")
            return head | {"queryResultFormat": "arrow", "rowsetBase64": encoded}
        return head | {"queryResultFormat": "json", "rowset": [[_cell(v) for v in row] for row in self.rows()]}


def _cell(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return value.hex().upper()
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=UTC)
        return f"{int(moment.timestamp())}.{moment.microsecond:06d}000"
    if isinstance(value, date):
        return str((value - date(1970, 1, 1)).days)
    return str(value)


def status(message: str) -> Result:
    """The one-cell answer of DDL: a column `status`."""
    return Result([Column("status")], [(message,)], statement_type.DDL)


def succeeded() -> Result:
    """The answer of statements that have nothing to tell."""
    return status("Statement executed successfully.")


def listing(columns: Sequence[str | Column], rows: Iterable[Sequence[Any]], *, describe: bool = False) -> Result:
    """The answer of SHOW and DESCRIBE; a plain string among the columns is a text column."""
    return Result(
        [Column(c) if isinstance(c, str) else c for c in columns],
        [tuple(row) for row in rows],
        statement_type.DESCRIBE if describe else statement_type.SHOW,
    )
