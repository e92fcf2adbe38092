"""How Go reads intervals, and how it writes moments and numbers into a query."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

NANOSECONDS = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,  # U+00B5, the micro sign
    "μs": 10**3,  # U+03BC, the Greek letter
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
_CALENDAR = re.compile(r"([0-9]+)([dwMy])")
_PART = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)")
_LEAST_WITHOUT_EXPONENT, _FIRST_WITH_EXPONENT = 1e-4, 1e6
_MICROSECOND = timedelta(microseconds=1)


def parse_interval(text: str, now: datetime) -> int:
    """Return the nanoseconds of an interval such as `5m`, `1h30m`, `1d`, `2w`, `1M` or `1y`.

    Days, weeks, months and years are counted from `now` on, in UTC, so a month has the days that it has then.

    Raises:
        ValueError: it is none.
    """
    calendar = _CALENDAR.fullmatch(text)
    if calendar is None:
        return _duration(text)
    number, unit = int(calendar[1]), calendar[2]
    if unit in "dw":
        return number * (7 if unit == "w" else 1) * 24 * NANOSECONDS["h"]
    months = number * (12 if unit == "y" else 1)
    return (_later(now, months) - now) // _MICROSECOND * 1000


def _duration(text: str) -> int:
    """Go's time.ParseDuration: signed, decimal numbers, each with a unit; a lone 0 needs none."""
    unsigned = text[1:] if text[:1] in {"+", "-"} else text
    if unsigned == "0":
        return 0
    total, end = Decimal(0), 0
    for part in _PART.finditer(unsigned):
        if part.start() != end:
            break
        total += Decimal(part[1]) * NANOSECONDS[part[2]]
        end = part.end()
    if not unsigned or end != len(unsigned):
        message = f"invalid duration {text!r}"
        raise ValueError(message)
    return int(-total if text.startswith("-") else total)


def _later(moment: datetime, months: int) -> datetime:
    """Go's AddDate: a day that its month lacks runs over into the next one (31 January + 1 month is 3 March)."""
    years, month = divmod(moment.month - 1 + months, 12)
    first = moment.replace(year=moment.year + years, month=month + 1, day=1)
    return first + timedelta(days=moment.day - 1)


def moment_text(moment: datetime) -> str:
    """Return a moment as time.RFC3339Nano has it, in UTC: the fraction has no zeros at its end, or is missing."""
    utc = moment.astimezone(UTC).replace(tzinfo=None)
    return utc.isoformat(timespec="microseconds").rstrip("0").rstrip(".") + "Z"


def float_text(number: float) -> str:
    """Return a float as %v has it: the fewest digits that tell it apart, with an exponent from a million on."""
    shortest = Decimal(repr(number)).normalize()
    if not number or _LEAST_WITHOUT_EXPONENT <= abs(number) < _FIRST_WITH_EXPONENT:
        return format(shortest, "f")
    sign, digits, exponent = shortest.as_tuple()
    place = len(digits) + int(exponent) - 1  # of the first digit
    fraction = "".join(map(str, digits[1:]))
    mantissa = f"{'-' if sign else ''}{digits[0]}{'.' if fraction else ''}{fraction}"
    return f"{mantissa}e{'-' if place < 0 else '+'}{abs(place):02d}"
