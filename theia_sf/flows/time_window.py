"""Points in time, durations and time windows as users write them on the command line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from theia_sf.errors import UsageError

# The units of Go's time.ParseDuration, which the flags have always taken, and days and weeks, which Go lacks.
_SECONDS = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "μs": 1e-6,
    "ms": 1e-3,
    "s": 1,
    "m": 60,
    "h": 3600,
    "d": 86400,
    "w": 604800,
}
_PART = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h|d|w)")
_DURATION = re.compile(rf"({_PART.pattern})+")
_RFC3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})")
_DURATIONS = "Write a number and a unit (s, m, h, d, w), such as 90s, 10m or 1h30m."
_FORMS = "Write an RFC 3339 time such as 2026-07-01T19:35:31Z, or now, now-1h30m, now-7d."


@dataclass(frozen=True)
class TimeWindow:
    """A stretch of time in UTC: `start` is part of it, `end` is not; None leaves that side open."""

    start: datetime | None = None
    end: datetime | None = None


def parse_duration(text: str) -> timedelta:
    """Read a duration such as `90s`, `1h30m`, `1.5h`, `7d` or `2w`.

    Raises:
        UsageError: when the text is anything else, or longer than a timedelta can hold.
    """
    cleaned = text.strip()
    if cleaned == "0":
        return timedelta(0)
    if _DURATION.fullmatch(cleaned) is None:
        message = f"{text!r} is not a duration."
        raise UsageError(message, hint=_DURATIONS)
    try:
        seconds = sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(cleaned))
        return timedelta(seconds=seconds)
    except OverflowError as error:
        message = f"{text!r} is too long for a duration."
        raise UsageError(message) from error


def parse_timeout(text: str, flag: str) -> float:
    """Read a duration that bounds a wait; the result is in seconds.

    Raises:
        UsageError: when the text is no duration, or is not longer than nothing.
    """
    seconds = parse_duration(text).total_seconds()
    if seconds <= 0:
        message = f"{flag} must be longer than zero, got {text!r}."
        raise UsageError(message, hint=_DURATIONS)
    return seconds


def parse_time(text: str, *, now: datetime, flag: str) -> datetime:
    """Read a point in time: RFC 3339, `now`, or `now-` and a duration. The result is in UTC.

    Raises:
        UsageError: when the text is anything else, or lies outside the years 1 to 9999.
    """
    cleaned = text.strip()
    try:
        if cleaned == "now":
            return now.astimezone(UTC)
        if cleaned.startswith("now-"):
            return now.astimezone(UTC) - parse_duration(cleaned.removeprefix("now-"))
        if _RFC3339.fullmatch(cleaned):
            return datetime.fromisoformat(cleaned.upper()).astimezone(UTC)
    except (UsageError, ValueError, OverflowError) as error:
        message = f"{flag}: {text!r} is not a time."
        raise UsageError(message, hint=_FORMS) from error
    message = f"{flag}: {text!r} is not a time."
    raise UsageError(message, hint=_FORMS)


def resolve_window(
    *,
    start: str | None = None,
    end: str | None = None,
    start_ts: str | None = None,
    end_ts: str | None = None,
    now: datetime | None = None,
) -> TimeWindow:
    """Turn the four time flags into one window; `--start-ts` wins over `--start`, `--end-ts` over `--end`.

    Raises:
        UsageError: when a value is no time, or the window does not end after its start.
    """
    moment = now or datetime.now(UTC)
    window = TimeWindow(
        start=_first((start_ts, "--start-ts"), (start, "--start"), now=moment),
        end=_first((end_ts, "--end-ts"), (end, "--end"), now=moment),
    )
    if window.start and window.end and window.start >= window.end:
        message = f"The start of the time range ({_show(window.start)}) is not before its end ({_show(window.end)})."
        raise UsageError(message, hint="Exchange --start and --end, or leave one of them out.")
    return window


def _first(*candidates: tuple[str | None, str], now: datetime) -> datetime | None:
    return next((parse_time(text, now=now, flag=flag) for text, flag in candidates if text), None)


def _show(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
