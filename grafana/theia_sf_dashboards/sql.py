"""Reads the SQL of a panel and fills in what several share.

A name in braces, for example `{flows}`, stands for a fragment in `queries/shared/` of that name, for a limit, or for
what the caller gives: a piece of SQL, or a further file. Grafana's own `${cluster:sqlstring}` is left alone. A fragment
keeps the indent of the line that it stands on, so that what runs reads as if it had been written in one piece.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from theia_sf_dashboards.limits import LIMITS

_PLACEHOLDER = re.compile(r"(?<!\$)\{([a-z_]+)\}")
_COMMENT = re.compile(r"^--.*\n", re.MULTILINE)
_QUERIES = files("theia_sf_dashboards") / "queries"


def statement(path: str, **values: str) -> str:
    """Return the statement in a file of `queries/`.

    Args:
        path: for example `flow_records/table.sql`.
        **values: for further placeholders, their text or, if it ends in `.sql`, a file of `queries/`.

    Raises:
        FileNotFoundError: when there is no such file, or no fragment of a name in braces.
        ValueError: when a value is given that no placeholder takes.
    """
    used: set[str] = set()
    text = _expand(_read(path), values, used)
    if unused := sorted(values.keys() - used):
        message = f"{path} has no placeholder for {', '.join(unused)}"
        raise ValueError(message)
    return text


def _expand(text: str, values: dict[str, str], used: set[str]) -> str:
    def fill(match: re.Match[str]) -> str:
        name = match[1]
        if name in values:
            used.add(name)
        given = values.get(name, f"shared/{name}.sql")
        if name in LIMITS:
            return str(LIMITS[name])
        fragment = _expand(_read(given) if given.endswith(".sql") else given, values, used)
        line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
        indent = " " * (len(line) - len(line.lstrip(" ")))
        return fragment.replace("\n", f"\n{indent}")

    return _PLACEHOLDER.sub(fill, text)


@cache
def _read(path: str) -> str:
    """The file without its comments, which are for those who read the file."""
    text = _QUERIES.joinpath(*path.split("/")).read_text(encoding="utf-8")
    return _COMMENT.sub("", text).strip()
