"""Names and texts in SQL for DuckDB, which keeps names as they are quoted and knows no backslash escapes.

Statements for Snowflake take theirs from `theia_sf.snowflake.identifiers`.
"""

from __future__ import annotations


def quoted(*parts: str) -> str:
    """A dotted name with every part quoted."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def literal(text: str) -> str:
    """A string literal."""
    return "'" + text.replace("'", "''") + "'"
