"""What an analysis asks of the place where flow records are kept.

The rows of the FLOWS table are of two kinds: flow records, and lines that could not be read as one (`rejectedRecord`
holds the line, every other column of the record is NULL). No analysis may see the second kind: `readable_flows` is the
one place that says so, and every statement reads from what it returns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

Parameters = Mapping[str, str | int | None]


class FlowSource(Protocol):
    """Flow records that answer SQL in Snowflake's dialect."""

    @property
    def flows(self) -> str:
        """A SELECT of every readable flow record, to be used as a subquery."""
        ...

    @property
    def rejected(self) -> str:
        """A SELECT of every line that could not be read as a flow record, to be used as a subquery."""
        ...

    def rows(self, sql: str, params: Parameters) -> Iterator[tuple[Any, ...]]:
        """Run one statement, values bound as `%(name)s`, and yield its rows as they arrive.

        Raises:
            TheiaError: when the statement fails or takes too long.
        """
        ...


def readable_flows(table: str) -> str:
    """Return the SELECT of the flow records of a table, given by its quoted name, without its rejected lines."""
    return f"SELECT * FROM {table} WHERE rejectedRecord IS NULL"  # noqa: S608 (callers quote the name)


def rejected_lines(table: str) -> str:
    """Return the SELECT of the rejected lines of a table, given by its quoted name."""
    return f"SELECT * FROM {table} WHERE rejectedRecord IS NOT NULL"  # noqa: S608 (as above)
