"""The CSV file format of a COPY, as far as the sandbox reads it.

Option names, meanings and defaults are those of docs.snowflake.com/en/sql-reference/sql/copy-into-table
("Format type options").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from theia_sf.sandbox.snowflake.duck_sql import literal
from theia_sf.sandbox.snowflake.errors import SnowflakeError, unsupported

_OPTIONS = frozenset(
    [
        "TYPE",
        "COMPRESSION",
        "RECORD_DELIMITER",
        "FIELD_DELIMITER",
        "MULTI_LINE",
        "FILE_EXTENSION",
        "PARSE_HEADER",
        "SKIP_HEADER",
        "SKIP_BLANK_LINES",
        "DATE_FORMAT",
        "TIME_FORMAT",
        "TIMESTAMP_FORMAT",
        "BINARY_FORMAT",
        "ESCAPE",
        "ESCAPE_UNENCLOSED_FIELD",
        "TRIM_SPACE",
        "FIELD_OPTIONALLY_ENCLOSED_BY",
        "NULL_IF",
        "ERROR_ON_COLUMN_COUNT_MISMATCH",
        "REPLACE_INVALID_CHARACTERS",
        "EMPTY_FIELD_AS_NULL",
        "SKIP_BYTE_ORDER_MARK",
        "ENCODING",
    ]
)


@dataclass(frozen=True)
class CsvFormat:
    """How lines become fields. `delimiter` is None where a line is one field."""

    delimiter: str | None = ","
    skip_header: int = 0
    skip_blank_lines: bool = False
    empty_as_null: bool = True
    null_if: tuple[str, ...] = ("\\N",)
    replace_invalid: bool = False

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> CsvFormat:
        """Reads the options of a FILE_FORMAT (upper-case names, None for NONE).

        Raises:
            SnowflakeError: 001003 for an unknown option, 000002 for one that only Snowflake has.
        """
        for name in options:
            if name not in _OPTIONS:
                raise SnowflakeError(1003, "42000", f"SQL compilation error:\ninvalid parameter '{name}'")
        if (kind := options.get("TYPE", "CSV")) != "CSV":
            msg = f"COPY of {kind} files"
            raise unsupported(msg)
        if options.get("FIELD_OPTIONALLY_ENCLOSED_BY") is not None:
            msg = "FIELD_OPTIONALLY_ENCLOSED_BY in a COPY"
            raise unsupported(msg)
        if options.get("ESCAPE_UNENCLOSED_FIELD", "\\") is not None and "FIELD_DELIMITER" in options:
            msg = "ESCAPE_UNENCLOSED_FIELD in a COPY"
            raise unsupported(msg)
        return cls(
            delimiter=options.get("FIELD_DELIMITER", ","),
            skip_header=int(options.get("SKIP_HEADER", 0)),
            skip_blank_lines=bool(options.get("SKIP_BLANK_LINES", False)),
            empty_as_null=bool(options.get("EMPTY_FIELD_AS_NULL", True)),
            null_if=tuple(options.get("NULL_IF", cls.null_if)),
            replace_invalid=bool(options.get("REPLACE_INVALID_CHARACTERS", False)),
        )

    def source_sql(self, relation: str, field_count: int) -> str:
        """A DuckDB query for the fields `c1`… and `number` of a relation of (line, number)."""
        fields = [f"{self._null(self._field(n))} AS c{n}" for n in range(1, field_count + 1)]
        conditions = [f"number > {self.skip_header}"]
        if self.skip_blank_lines:
            conditions.append("line <> ''")
        return f"SELECT {', '.join(fields)}, number FROM {relation} WHERE {' AND '.join(conditions)}"  # noqa: S608 - quoted by literal

    def _field(self, number: int) -> str:
        return "line" if self.delimiter is None else f"string_split(line, {literal(self.delimiter)})[{number}]"

    def _null(self, field: str) -> str:
        for text in (*self.null_if, *([""] if self.empty_as_null else [])):
            field = f"nullif({field}, {literal(text)})"
        return field
