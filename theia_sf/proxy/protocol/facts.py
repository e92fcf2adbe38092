"""What the audit has to know of an answer, without holding a large one.

The answer to a statement is one JSON object: `data` first, with the rows in the middle and the query's ID and the
number of rows beside them, then `code`, `message` and `success`. Of an answer that is streamed only the two ends are
looked at. There, `"name":` with both quotes plain is a name, never a part of a value: in a value, quotes are escaped.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import Any, Final

END_BYTES: Final = 64 * 1024
"""How much of either end is looked at."""

IN_PROGRESS: Final = frozenset({"333333", "333334"})
"""Codes of answers that only say where to ask for the result."""

_SCALAR: Final = r'\s*:\s*("(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)'


@dataclass(frozen=True)
class Facts:
    """What an answer says.

    Attributes:
        success: None if it does not say.
        code, message: of a refusal, or of an answer that asks to come back.
        query_id: Snowflake's ID of the query.
        children: IDs of the statements in it, where there are several.
        rows: of the result; None if it does not say.
        role, warehouse, database, schema: the session's context after the statement; `told_context` tells whether the
            answer has it.
        has_stage: it holds the address of a stage and credentials for it, or URLs that need none.
    """

    success: bool | None = None
    code: str | None = None
    message: str | None = None
    query_id: str | None = None
    children: tuple[str, ...] = ()
    rows: int | None = None
    role: str | None = None
    warehouse: str | None = None
    database: str | None = None
    schema: str | None = None
    told_context: bool = False
    has_stage: bool = False

    @property
    def in_progress(self) -> bool:
        """Whether the statement is still running."""
        return self.code in IN_PROGRESS

    @property
    def outcome(self) -> str:
        """In one word, for the audit."""
        if self.in_progress:
            return "running"
        return "unknown" if self.success is None else "success" if self.success else "failure"


def of_whole(content: bytes) -> Facts:
    """Return the facts of an answer.

    Raises:
        ValueError: it is not a JSON object.
    """
    try:
        told: Any = json.loads(content)
    except RecursionError as error:
        raise ValueError(str(error)) from None
    if not isinstance(told, dict):
        message = "not an object"
        raise ValueError(message)  # noqa: TRY004 (to the caller it is as wrong as no JSON at all)
    data: Any = told.get("data")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - JSON
    return _facts(told, data if isinstance(data, dict) else {})  # pyright: ignore[reportUnknownArgumentType] - JSON


def of_answer(content: bytes) -> Facts:
    """Return the facts of an answer: of a longer one by its ends, as reading all of it would keep everybody waiting.

    Raises:
        ValueError: it is not a JSON object.
    """
    if len(content) > 2 * END_BYTES and content.startswith(b"{") and content.endswith(b"}"):
        facts = of_ends(content[:END_BYTES], content[-END_BYTES:])
        if facts.success is not None:
            return replace(facts, has_stage=gives_access(content))
    return of_whole(content)


def of_ends(head: bytes, tail: bytes) -> Facts:
    """Return the facts of an answer of which only the ends are known.

    Args:
        head: its first bytes.
        tail: its last bytes, none of them in `head`.
    """
    found: dict[str, Any] = {}
    for name in _PATTERNS:
        value = _last(tail, name)
        value = _first(head, name) if value is _MISSING else value
        if value is not _MISSING:
            found[name] = value
    return replace(_facts(found, found), has_stage=gives_access(head) or gives_access(tail))


def gives_access(content: bytes) -> bool:
    """Tell whether a part of an answer gives access to files of a stage; null gives none."""
    return any(name in content for name in _STAGE_NAMES) and _STAGE.search(content) is not None


_INNER: Final = (
    "queryId",
    "resultIds",
    "returned",
    "total",
    "finalRoleName",
    "finalWarehouseName",
    "finalDatabaseName",
    "finalSchemaName",
)
_MISSING: Final = object()
_PATTERNS: Final = {name: re.compile(f'"{name}"{_SCALAR}'.encode()) for name in (*_INNER, "success", "code", "message")}

_STAGES: Final = ("stageInfo", "uploadInfo", "presignedUrls")
"""gosnowflake, `execResponseData`: an answer to PUT has the credentials twice."""
_STAGE_NAMES: Final = tuple(f'"{name}"'.encode() for name in _STAGES)
_STAGE: Final = re.compile(rb"(?:%s)\s*:\s*(?!null\b|\s)" % b"|".join(_STAGE_NAMES))


def _facts(told: dict[str, Any], data: dict[str, Any]) -> Facts:
    rows = data.get("total", data.get("returned"))
    success = told.get("success")
    children = data.get("resultIds")
    return Facts(
        success=success if isinstance(success, bool) else None,
        code=_text(told.get("code")),
        message=_text(told.get("message")),
        query_id=_text(data.get("queryId")),
        children=tuple(part for part in children.split(",") if part) if isinstance(children, str) else (),
        rows=rows if isinstance(rows, int) else None,
        role=_text(data.get("finalRoleName")),
        warehouse=_text(data.get("finalWarehouseName")),
        database=_text(data.get("finalDatabaseName")),
        schema=_text(data.get("finalSchemaName")),
        told_context="finalDatabaseName" in data,
        has_stage=any(data.get(name) is not None for name in _STAGES),
    )


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _first(data: bytes, name: str) -> Any:
    found = _PATTERNS[name].search(data)
    return _MISSING if found is None else _value(found[1])


def _last(data: bytes, name: str) -> Any:
    start = data.rfind(f'"{name}"'.encode())
    while start >= 0:
        found = _PATTERNS[name].match(data, start)
        if found is not None:
            return _value(found[1])
        start = data.rfind(f'"{name}"'.encode(), 0, start)
    return _MISSING


def _value(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
