"""The kinds of statements that a policy tells apart, and the words for several of them."""

from __future__ import annotations

from typing import Final

READ: Final = frozenset({"select", "show", "describe", "explain"})
WRITE: Final = frozenset({"insert", "update", "delete", "merge", "truncate"})
DDL: Final = frozenset({"create", "alter", "drop", "undrop", "comment"})
STAGES: Final = frozenset({"copy", "unload", "put", "get", "list", "remove"})
SESSION: Final = frozenset({"use", "set", "unset", "alter_session", "transaction"})
"""What every client needs. They are always among the kinds; roles, warehouses, databases and parameters limit them."""

SCRIPT: Final = "script"
"""Snowflake Scripting, and EXECUTE IMMEDIATE of anything but a literal: what they do shows when they run."""
OTHER: Final = "other"
"""What the proxy does not know, or cannot read."""
SHOW_ACCOUNT: Final = "show_account"
"""SHOW and DESCRIBE of what is no part of a database: users, grants, integrations, and IN ACCOUNT."""
CALL: Final = "call"

UNEXAMINED: Final = frozenset({SCRIPT, OTHER})
"""Kinds that no database, schema, role, … can be held against."""

KINDS: Final = READ | WRITE | DDL | STAGES | SESSION | {CALL, SHOW_ACCOUNT, SCRIPT, OTHER}
GROUPS: Final = {"read": READ, "write": WRITE, "ddl": DDL, "stages": STAGES}


def expand(words: tuple[str, ...]) -> frozenset[str]:
    """Return the kinds that a rule's `statements` stand for, together with those that are always allowed.

    Raises:
        ValueError: a word is no kind and no group.
    """
    kinds = set(SESSION)
    for word in words:
        if word not in KINDS and word not in GROUPS:
            message = f"{word!r} is no kind of statement; there are {', '.join(sorted(KINDS | set(GROUPS)))}"
            raise ValueError(message)
        kinds |= GROUPS.get(word, {word})
    return frozenset(kinds)
