"""The statements of `theia-sf flows`, one file each, and how they are completed."""

from __future__ import annotations

from importlib.resources import files


def query(name: str, **parts: str) -> str:
    """Return a statement with its braces replaced.

    Args:
        name: of the file, without `.sql`.
        parts: what stands for each `{name}`; SQL that the program wrote, never a user's value.
    """
    sql = files(__name__).joinpath(f"{name}.sql").read_text(encoding="utf-8")
    for part, text in parts.items():
        sql = sql.replace(f"{{{part}}}", text)
    return sql
