"""EventBridge Scheduler's refusals, which moto lacks: expressions that mean nothing, and roles that do not trust it.

Expressions: "Schedule types in EventBridge Scheduler" of its User Guide. The sandbox keeps schedules and runs none.
"""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# moto is only partly typed.

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from moto.scheduler.exceptions import ValidationException
from moto.scheduler.models import EventBridgeSchedulerBackend

from theia_sf.sandbox.aws.assume_role import find_role, trusts_service

SERVICE: Final = "scheduler.amazonaws.com"
_EXPRESSION: Final = re.compile(r"(rate|cron|at)\((.*)\)")
_RATE: Final = re.compile(r"([1-9]\d*) (minute|hour|day)s?")
_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_FIELDS: Final[tuple[tuple[int, int, Sequence[str]], ...]] = (
    (0, 59, ()),
    (0, 23, ()),
    (1, 31, ()),
    (1, 12, _MONTHS),
    (1, 7, _DAYS),
    (1970, 2199, ()),
)
_DAY_OF_MONTH, _DAY_OF_WEEK = 2, 4

_create_schedule = EventBridgeSchedulerBackend.create_schedule
_update_schedule = EventBridgeSchedulerBackend.update_schedule


def create_schedule(backend: Any, **settings: Any) -> Any:
    """Make a schedule, in place of moto's method of the same name.

    Raises:
        ValidationException: as Scheduler does.
    """
    _check(backend, settings)
    return _create_schedule(backend, **settings)


def update_schedule(backend: Any, **settings: Any) -> Any:
    """Change a schedule, in place of moto's method of the same name.

    Raises:
        ValidationException: as Scheduler does.
    """
    _check(backend, settings)
    return _update_schedule(backend, **settings)


def is_expression(text: str) -> bool:
    """Whether Scheduler understands an expression: `rate(1 hour)`, `cron(0 3 * * ? *)`, `at(2027-01-01T03:00:00)`."""
    match = _EXPRESSION.fullmatch(text)
    if match is None:
        return False
    kind, inner = match.groups()
    if kind == "rate":
        return _RATE.fullmatch(inner) is not None
    return _is_cron(inner.split()) if kind == "cron" else _is_moment(inner)


def _check(backend: Any, settings: dict[str, Any]) -> None:
    expression = str(settings.get("schedule_expression"))
    if not is_expression(expression):
        message = f"Invalid Schedule Expression {expression}."
        raise ValidationException(message)
    role = find_role(str((settings.get("target") or {}).get("RoleArn", "")))
    group = settings.get("group_name") or "default"
    group_arn = f"arn:aws:scheduler:{backend.region_name}:{backend.account_id}:schedule-group/{group}"
    if role is None or not trusts_service(role, SERVICE, group_arn):
        message = "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
        raise ValidationException(message)


def _is_moment(text: str) -> bool:
    try:
        datetime.strptime(text, "%Y-%m-%dT%H:%M:%S")  # noqa: DTZ007 - the time zone is a setting of its own
    except ValueError:
        return False
    return True


def _is_cron(fields: list[str]) -> bool:
    if len(fields) != len(_FIELDS) or (fields[_DAY_OF_MONTH] == "?") == (fields[_DAY_OF_WEEK] == "?"):
        return False  # exactly one of the two days is left open
    return all(_is_field(text, index) for index, text in enumerate(fields))


def _is_field(text: str, index: int) -> bool:
    if text in {"*", "?"}:
        return text == "*" or index in {_DAY_OF_MONTH, _DAY_OF_WEEK}
    return all(_is_part(part, index) for part in text.split(","))


def _is_part(part: str, index: int) -> bool:
    if index == _DAY_OF_MONTH and re.fullmatch(r"L|LW|\d{1,2}W", part):
        return True
    if index == _DAY_OF_WEEK and re.fullmatch(r"[1-7]?L|[1-7]#[1-5]", part):
        return True
    range_text, slash, step = part.partition("/")
    if slash and not (step.isdecimal() and int(step)):
        return False
    return range_text == "*" or all(_is_value(value, index) for value in range_text.split("-", 1))


def _is_value(value: str, index: int) -> bool:
    least, most, names = _FIELDS[index]
    return value.upper() in names or (value.isdecimal() and least <= int(value) <= most)
