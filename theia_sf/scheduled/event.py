"""Read an event: what is asked for, checked before anything is signed in to."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, TypeVar, cast

from theia_sf.detection.method import DEFAULT_MIN_DROPS, Method
from theia_sf.errors import UsageError
from theia_sf.flows.ranges import flow_range
from theia_sf.flows.time_window import parse_timeout
from theia_sf.policies.model import PolicyType
from theia_sf.policies.options import DEFAULT_LABEL_IGNORE, DEFAULT_NS_ALLOW, PolicyOptions
from theia_sf.scheduled.jobs import OPTIONS, Job, Request

DATABASE_VARIABLE: Final = "THEIA_SF_DATABASE_NAME"
WAREHOUSE_VARIABLE: Final = "THEIA_SF_WAREHOUSE_NAME"

# The defaults of --wait-timeout; the function's own time limit cuts them.
_WAIT: Final = {Job.DROP_DETECTION: "5m", Job.POLICY_RECOMMENDATION: "10m"}
_FLAG: Final = re.compile(r"--([a-z]+(?:-[a-z]+)*)")
_E = TypeVar("_E", bound=StrEnum)
_LISTS: Final = frozenset({"ns_allow", "label_ignore"})


def parse_event(event: Any, environ: Mapping[str, str]) -> Request:
    """Read an event.

    Args:
        event: what Lambda was called with: an object with `job` and options, or an event of an EventBridge bus that has
            such an object as its `detail`. An option that is null counts as not given.
        environ: the function's environment, which names the database and the warehouse where the event does not.

    Raises:
        UsageError: no or an unknown job, an unknown option, a value of the wrong type or meaning, or no database.
    """
    given = _object(event)
    job = _choice(given, "job", Job, None)
    options = {key: value for key, value in given.items() if key != "job" and value is not None}
    _refuse_unknown(options, job)
    if job is Job.CURRENT_USER:
        return Request(job)
    try:
        return _analysis(job, options, environ)
    except UsageError as error:  # of the parsers of the command's flags
        raise UsageError(as_options(error.message), hint=error.hint and as_options(error.hint)) from error


def _analysis(job: Job, options: Mapping[str, Any], environ: Mapping[str, str]) -> Request:
    text = {key: _text(options, key) for key in OPTIONS[job] if key not in {"min_drops", "limit"}}
    database = text["database_name"] or environ.get(DATABASE_VARIABLE)
    if not database:
        message = "No database is named, neither by the event nor by the function's environment."
        raise UsageError(message, hint=f"Set {DATABASE_VARIABLE}, or add database_name to the event.")
    return Request(
        job=job,
        chosen=flow_range(
            start=text["start"],
            end=text["end"],
            start_ts=text["start_ts"],
            end_ts=text["end_ts"],
            cluster_uuid=text["cluster_uuid"],
        ),
        database=database,
        warehouse=text["warehouse_name"] or environ.get(WAREHOUSE_VARIABLE) or None,
        wait_seconds=parse_timeout(text["wait_timeout"] or _WAIT[job], "wait_timeout"),
        method=_choice(options, "method", Method, Method.MAD),
        min_drops=_number(options, "min_drops", DEFAULT_MIN_DROPS, least=1),
        policies=PolicyOptions.parse(
            _choice(options, "policy_type", PolicyType, PolicyType.ANP_DENY_APPLIED),
            ns_allow=_or_default(text.get("ns_allow"), DEFAULT_NS_ALLOW),
            label_ignore=_or_default(text.get("label_ignore"), DEFAULT_LABEL_IGNORE),
            limit=_number(options, "limit", 0, least=0),
        ),
    )


def _object(event: Any) -> dict[str, Any]:
    if isinstance(event, Mapping):
        members = cast("Mapping[Any, Any]", event)
        if "detail-type" in members and isinstance(members.get("detail"), Mapping):  # EventBridge's envelope
            members = cast("Mapping[Any, Any]", members["detail"])
        return {str(key): value for key, value in members.items()}
    message = f"The event is not a JSON object but {_kind(event)}."
    raise UsageError(message, hint=_EXAMPLE)


def _refuse_unknown(options: Mapping[str, Any], job: Job) -> None:
    for key in options:
        if key not in OPTIONS[job]:
            close = difflib.get_close_matches(key, OPTIONS[job], n=1)
            known = f"Its options are {', '.join(OPTIONS[job])}." if OPTIONS[job] else "It has no options."
            message = f"The job {job} has no option {key!r}."
            raise UsageError(message, hint=f"Did you mean {close[0]}?" if close else known)


def _choice(given: Mapping[str, Any], key: str, kind: type[_E], default: _E | None) -> _E:
    value = given.get(key)
    if value is None:
        if default is not None:
            return default
        message = f"The event has no {key!r}."
        raise UsageError(message, hint=_EXAMPLE)
    names = [one.value for one in kind]
    if not isinstance(value, str) or value not in names:
        message = f"{key}: {value!r} is none of {', '.join(names)}."
        raise UsageError(message)
    return kind(value)


def _number(options: Mapping[str, Any], key: str, default: int, *, least: int) -> int:
    value = options.get(key, default)
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,18}", value):  # templates of events often quote numbers
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        message = f"{key}: {value!r} is not a whole number of at least {least}."
        raise UsageError(message)
    return value


def _text(options: Mapping[str, Any], key: str) -> str | None:
    value = options.get(key)
    if value is None or isinstance(value, str):
        return value
    if key in _LISTS and isinstance(value, list):
        items = cast("list[Any]", value)
        if all(isinstance(item, str) for item in items):
            return ",".join(items)
    message = f"{key}: {_kind(value)} where a text is expected."
    raise UsageError(message)


def _or_default(value: str | None, default: str) -> str:
    return default if value is None else value


def as_options(text: str) -> str:
    """Return a sentence about flags with the names that they have in an event: `--cluster-uuid` is `cluster_uuid`."""
    return _FLAG.sub(lambda flag: flag[1].replace("-", "_"), text)


def _kind(value: Any) -> str:
    kinds: dict[type[Any], str] = {
        dict: "an object",
        list: "a list",
        str: "a text",
        bool: "true or false",
        type(None): "null",
    }
    return next((words for kind, words in kinds.items() if isinstance(value, kind)), "a number")


_EXAMPLE: Final = 'Send {"job": "drop-detection"}, {"job": "policy-recommendation"} or {"job": "current-user"}.'
