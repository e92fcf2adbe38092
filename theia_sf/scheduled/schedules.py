"""When a job runs: the expressions of EventBridge Scheduler, checked before AWS sees them.

The rules are those of https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final, NamedTuple

from theia_sf.errors import UsageError

_EXPRESSION: Final = re.compile(r"(rate|cron|at)\(([^()]*)\)")
_RATE: Final = re.compile(r"([0-9]{1,9})\s+(minute|hour|day)s?")
_MONTHS: Final = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_DAYS: Final = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
_FIRST_YEAR, _LAST_YEAR = 1970, 2199
_WEEKS: Final = 5  # of a month, at most
_FORMS: Final = "Write rate(1 day), cron(0 6 * * ? *) for 6:00 UTC every day, or at(2027-01-31T06:00:00)."


class _Field(NamedTuple):
    """One field of a cron expression: its range, its names from the least value on, and the extra forms it allows."""

    title: str
    least: int
    most: int
    names: tuple[str, ...] = ()
    extra: str = r"(?!)"  # a pattern; by default one that matches nothing
    any: bool = False


_FIELDS: Final = (
    _Field("minutes", 0, 59),
    _Field("hours", 0, 23),
    _Field("day of month", 1, 31, (), r"L|(?:[1-9]|[12][0-9]|3[01])W", any=True),
    _Field("month", 1, 12, tuple(_MONTHS)),
    _Field("day of week", 1, 7, tuple(_DAYS), rf"L|(?:[1-7]|{'|'.join(_DAYS)})(?:L|#[1-{_WEEKS}])", any=True),
    _Field("year", _FIRST_YEAR, _LAST_YEAR),
)
_DAY_OF_MONTH, _DAY_OF_WEEK = 2, 4


def check_schedule(text: str) -> str:
    """Return a schedule's expression with its spelling made even, as EventBridge Scheduler takes it.

    Raises:
        UsageError: it is no rate, cron or at expression, or means no time.
    """
    match = _EXPRESSION.fullmatch(text.strip())
    if match is None:
        message = f"{text!r} is not a schedule."
        raise UsageError(message, hint=_FORMS)
    kind, body = match[1], " ".join(match[2].split())
    if kind == "rate":
        _check_rate(text, body)
    elif kind == "cron":
        body = body.upper()
        _check_cron(text, body.split())
    else:
        _check_time(text, body)
    return f"{kind}({body})"


def _check_rate(text: str, body: str) -> None:
    match = _RATE.fullmatch(body)
    if match is None or int(match[1]) < 1:
        message = f"{text!r} is not a rate."
        raise UsageError(message, hint="Write a whole number of minutes, hours or days, such as rate(12 hours).")


def _check_time(text: str, body: str) -> None:
    try:
        datetime.strptime(body, "%Y-%m-%dT%H:%M:%S")  # noqa: DTZ007 (the schedule's time zone is UTC)
    except ValueError as error:
        message = f"{text!r} is not a time."
        raise UsageError(message, hint="Write it in UTC, such as at(2027-01-31T06:00:00).") from error


def _check_cron(text: str, fields: list[str]) -> None:
    if len(fields) != len(_FIELDS):
        message = f"{text!r} has {len(fields)} fields, not the six of a cron expression."
        hint = "They are minutes, hours, day of month, month, day of week, year: cron(0 6 * * ? *)."
        raise UsageError(message, hint=hint)
    for field, value in zip(_FIELDS, fields, strict=True):
        if not _is_valid(field, value):
            message = f"{text!r}: {value!r} is no {field.title}."
            raise UsageError(message, hint=_FORMS)
    if (fields[_DAY_OF_MONTH] == "?") == (fields[_DAY_OF_WEEK] == "?"):
        message = f"{text!r} must have ? as the day of month or as the day of week, and not as both."
        raise UsageError(message, hint="cron(0 6 * * ? *) is every day, cron(0 6 ? * MON-FRI *) every working day.")


def _is_valid(field: _Field, value: str) -> bool:
    if value == "?":
        return field.any
    if "#" in value:  # only one such item is allowed
        return re.fullmatch(field.extra, value) is not None
    return all(_is_item(field, item) for item in value.split(","))


def _is_item(field: _Field, item: str) -> bool:
    """Tell whether this is `*`, a value, a range, or one of them with `/` and a step; or one of the extra forms."""
    if re.fullmatch(field.extra, item):
        return True
    base, slash, step = item.partition("/")
    if slash and not (re.fullmatch(r"[0-9]{1,4}", step) and int(step) > 0):
        return False
    if base == "*":
        return True
    first, dash, last = base.partition("-")
    low = _number(field, first)
    high = _number(field, last) if dash else low
    return low is not None and high is not None and low <= high


def _number(field: _Field, text: str) -> int | None:
    if text in field.names:
        return field.least + field.names.index(text)
    if re.fullmatch(r"[0-9]{1,4}", text) and field.least <= int(text) <= field.most:
        return int(text)
    return None
