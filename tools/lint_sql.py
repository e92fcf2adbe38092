"""Lint the SQL of panels, analyses and migrations with sqlfluff's Snowflake dialect, as [tool.sqlfluff] configures it.

What stands in braces, `%(name)s`, Grafana's variables and the plugin's macros are filled in first, with values that are
plausible, on the line on which they stand. Such lines may be longer than others; a `LIMIT 1` needs no order, as it
closes an aggregate over everything. Results are kept by content in .sqlfluff_cache.

Prints `file:line: rule message`, for a panel with its title after the file; returns 1 if there is anything to print.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sqlfluff.core import FluffConfig, Linter

from theia_sf.policies import edges
from theia_sf_dashboards.interpolation import Scope, Selection, interpolate
from theia_sf_dashboards.macros import MacroContext, MacroError, expand

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / ".sqlfluff_cache"
DASHBOARDS = "grafana/theia_sf_grafana/provisioning/dashboards"

_SUBQUERY = "SELECT * FROM given_rows"
_IN_PARENTHESES = re.compile(r"(?<=FROM |JOIN )\(\{(\w+)\}\)")
_ALONE = re.compile(r"^( *)\{(\w+)\}$", re.MULTILINE)
_IN_BRACES = re.compile(r"\{(\w+)\}")
_CTE = re.compile(r"(?:WITH|\),) (\w+) AS \($")
_BOUND = re.compile(r"%\((\w+)\)s")
_START, _END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Text:
    """SQL to lint.

    Attributes:
        origin: what is printed before the line's number.
        sql: with everything filled in.
        stretched: the lines (from 1) that something was filled in on.
        refused: why the plugin would not run it.
        numbers: of its lines, in the text that they stand for; empty if they are those of `sql`.
    """

    origin: str
    sql: str
    stretched: frozenset[int] = frozenset()
    refused: str | None = None
    numbers: tuple[int, ...] = ()


Finding = tuple[int, str, str]
"""Line, rule, message."""


def texts() -> Iterator[Text]:
    """Yield every SQL text of the project."""
    for folder in ("theia_sf", "infra/theia_sf_infra"):
        for path in sorted((ROOT / folder).rglob("*.sql")):
            yield template(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))
    yield template("theia_sf/policies/edges.py (limited)", edges.statement("{flows}", limited=True).strip() + "\n")
    known = set[str]()
    for path in sorted((ROOT / DASHBOARDS).glob("*.json")):
        for text in panels(str(path.relative_to(ROOT)), json.loads(path.read_text(encoding="utf-8"))):
            yield shortened(text, known)


def template(origin: str, text: str) -> Text:
    """Return a file's SQL with a SELECT, a column or a value in each place that is left open."""
    filled = _IN_PARENTHESES.sub(f"({_SUBQUERY})", text)
    filled = _ALONE.sub(rf"\1{_SUBQUERY}", filled)
    filled = _BOUND.sub("1", _IN_BRACES.sub(r"given_\1", filled))
    return Text(origin, filled, _changed_lines(text, filled))


def panels(origin: str, dashboard: dict[str, Any]) -> Iterator[Text]:
    """Yield the queries of a dashboard: of its variables, its panels, those in rows too, and its annotations."""
    variables = dashboard.get("templating", {}).get("list", [])
    scope = Scope(_START, _END, {v["name"]: Selection(("value",)) for v in variables})
    for variable in variables:
        yield _panel(f"{origin} [variable {variable['name']}]", str(variable["query"]), scope)
    scope = replace(scope, interval_ms=60_000)
    for panel in _all_panels(dashboard["panels"]):
        for target in panel.get("targets", []):
            yield _panel(f"{origin} [{panel['title']} {target['refId']}]", target["queryText"], scope)
    for mark in dashboard.get("annotations", {}).get("list", []):
        if query := mark.get("target", {}).get("queryText"):
            yield _panel(f"{origin} [annotation {mark['name']}]", query, scope)


def shortened(text: Text, known: set[str]) -> Text:
    """Return a text without those CTEs that stand in `known` already, and add its own: each is linted once.

    A SELECT from the CTE before it stands in for each, so that every one is still used.
    """
    lines, numbers, source = list[str](), list[int](), "given_rows"
    all_lines = text.sql.splitlines()
    at = 0
    while at < len(all_lines):
        lines.append(all_lines[at])
        numbers.append(at + 1)
        at += 1
        begins = _CTE.match(lines[-1])
        if begins is None:
            continue
        end = next((n for n in range(at, len(all_lines)) if all_lines[n].startswith(")")), at)
        body = "\n".join(all_lines[at:end])
        if body in known:
            lines.append(f"  SELECT * FROM {source}")
            numbers.append(at + 1)
            at = end
        known.add(body)
        source = begins[1]
    stretched = frozenset(place for place, number in enumerate(numbers, 1) if number in text.stretched)
    return replace(text, sql="\n".join(lines) + "\n", stretched=stretched, numbers=tuple(numbers))


def _all_panels(found: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for panel in found:
        yield panel
        yield from _all_panels(panel.get("panels", []))


def _panel(origin: str, query: str, scope: Scope) -> Text:
    """The query as it runs."""
    filled = interpolate(query, scope)
    try:
        filled = expand(filled, MacroContext(_START, _END)).sql
    except MacroError as error:
        return Text(origin, f"{filled}\n", refused=str(error))
    # the plugin's macros write types and functions in lower case
    filled = re.sub(r"(?<=::)timestamp_(?:tz|ntz)|extract\(epoch from (?=\w)|\bfloor\(", lambda m: m[0].upper(), filled)
    return Text(origin, f"{filled}\n", _changed_lines(query, filled))


def _changed_lines(before: str, after: str) -> frozenset[int]:
    pairs = zip(before.splitlines(), after.splitlines(), strict=False)
    return frozenset(number for number, (old, new) in enumerate(pairs, 1) if old != new)


def lint(text: Text) -> list[Finding]:
    """Return what sqlfluff finds in a text, in the order of its lines; or that the plugin would refuse it."""
    if text.refused is not None:
        return [(1, "MACRO", text.refused)]
    return [finding for finding in _lint_cached(text.sql) if not _excused(text, finding)]


def _excused(text: Text, finding: Finding) -> bool:
    line, rule, _ = finding
    if rule == "LT05":
        return line in text.stretched
    return rule == "AM09" and text.sql.splitlines()[line - 1].strip() == "LIMIT 1"


def _lint_cached(sql: str) -> list[Finding]:
    content = f"{_settings()}\n{sql}"
    kept = CACHE / f"{hashlib.sha256(content.encode()).hexdigest()}.json"
    if kept.exists():
        kept.touch()
        return [(line, rule, message) for line, rule, message in json.loads(kept.read_text(encoding="utf-8"))]
    found = sorted(
        (violation.line_no, violation.rule_code(), violation.desc())
        for violation in _linter().lint_string(sql).get_violations()
    )
    CACHE.mkdir(exist_ok=True)
    unfinished = kept.with_suffix(f".{os.getpid()}")
    unfinished.write_text(json.dumps(found), encoding="utf-8")
    unfinished.replace(kept)
    return found


@cache
def _settings() -> str:
    """What findings depend on besides the SQL."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["sqlfluff"]
    return f"{version('sqlfluff')} {json.dumps(settings)}"


@cache
def _linter() -> Linter:
    return Linter(config=FluffConfig.from_path(str(ROOT / "pyproject.toml")))


def report(found: Sequence[tuple[Text, list[Finding]]]) -> list[str]:
    """Return the lines to print: what several texts share, such as a fragment of panels, is told once."""
    places: dict[tuple[str, str, str], list[str]] = {}
    for text, findings in found:
        lines = text.sql.splitlines()
        for line, rule, message in findings:
            shown = lines[line - 1].strip() if 0 < line <= len(lines) else ""
            number = text.numbers[line - 1] if line <= len(text.numbers) else line
            places.setdefault((rule, message, shown), []).append(f"{text.origin}:{number}")
    return [
        f"{origins[0]}: {rule} {message}: {shown}{f' (and {more} more)' if (more := len(origins) - 1) else ''}"
        for (rule, message, shown), origins in places.items()
    ]


def _forget_old_results(used: int) -> None:
    """Keep of the cache the results that were used last, twice as many as are in use."""
    by_age = sorted(CACHE.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in by_age[2 * used :]:
        path.unlink(missing_ok=True)


def main() -> int:
    """Lint everything."""
    everything = list(texts())
    with ProcessPoolExecutor() as pool:
        found = list(zip(everything, pool.map(lint, everything, chunksize=4), strict=True))
    _forget_old_results(len(everything))
    for line in report(found):
        sys.stdout.write(f"{line}\n")
    return 1 if any(findings for _, findings in found) else 0


if __name__ == "__main__":
    sys.exit(main())
