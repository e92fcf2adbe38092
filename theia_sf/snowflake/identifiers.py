"""Names and literals in SQL text: the only place that validates and quotes them.

Snowflake folds unquoted names to upper case (https://docs.snowflake.com/en/sql-reference/identifiers-syntax). Names
that users type are folded the same way, then quoted, so that they mean what they would mean in a worksheet, whatever
they hold.
"""

from __future__ import annotations

import re
from typing import Final

from theia_sf.errors import UsageError

_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")
_LONGEST: Final = 255  # https://docs.snowflake.com/en/sql-reference/identifiers


def fold(name: str) -> str:
    """Return the name as Snowflake stores it: `antrea_x` is ANTREA_X, `"antrea_x"` (with the quotes) is antrea_x.

    Raises:
        UsageError: the name is empty, too long, or holds control characters or unbalanced quotes.
    """
    if len(name) > 1 and name.startswith('"') and name.endswith('"'):
        inner = name[1:-1]
        if inner.replace('""', "").count('"'):
            message = f"The name {name} has a quote within that is not doubled."
            raise UsageError(message)
        stored = inner.replace('""', '"')
    else:
        stored = name.upper() if _PLAIN.fullmatch(name) else name
    if not stored or len(stored) > _LONGEST or not stored.isprintable():
        message = f"{name!r} cannot be a Snowflake name: it must have 1 to {_LONGEST} printable characters."
        raise UsageError(message)
    return stored


def identifier(name: str) -> str:
    """Return the name folded and quoted, to be put into SQL text: `antrea_x` becomes `"ANTREA_X"`.

    Raises:
        UsageError: as `fold`.
    """
    return '"' + fold(name).replace('"', '""') + '"'


def qualified(*names: str) -> str:
    """Return `"A"."B"."C"` of database, schema and object name, each as by `identifier`."""
    return ".".join(identifier(name) for name in names)


def exact(*names: str) -> str:
    """Return `"A"."b"` of names as Snowflake stores them (as SHOW reports them): quoted, and never folded.

    Raises:
        UsageError: as `fold`.
    """
    return ".".join(identifier('"' + name.replace('"', '""') + '"') for name in names)


def written(name: str) -> str:
    """Return a name as Snowflake stores it in the form that it would be typed in: quoted only if it has to be.

    Connection parameters take names in this form: `FLOWS` and `flows` are FLOWS, `"flows"` is flows.

    Raises:
        UsageError: as `fold`.
    """
    return name if _PLAIN.fullmatch(name) and name == name.upper() else exact(name)


def literal(text: str) -> str:
    """Return the text as an SQL string literal, for statements without bind variables (SHOW … LIKE, CREATE)."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def like_pattern(text: str) -> str:
    r"""Return a literal for LIKE that matches `text` alone: `_` and `%` lose their meaning.

    SHOW … LIKE reads the backslash as the escape character of the pattern, the string literal as its own: hence `\\_`.
    """
    return literal(re.sub(r"([\\_%])", r"\\\1", text))
