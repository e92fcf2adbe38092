"""The hours in which a rule of the policy applies."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, PlainValidator, field_validator

from theia_sf.proxy.config.base import Section

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: Final[tuple[Day, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MIDNIGHT: Final = time(0)
_DAY: Final = 24


_HOUR: Final = 60
_CLOCK: Final = re.compile(r"([0-9]{1,2}):([0-5][0-9])")


def _clock(value: Any) -> time:
    # YAML 1.1 reads 18:00 without quotes as a number of base 60, so that a number below 60 was written without minutes
    if isinstance(value, int) and not isinstance(value, bool) and value >= _HOUR:
        value = f"{value // _HOUR}:{value % _HOUR:02}"
    found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    hour, minute = (int(part) for part in found.groups()) if found else (_DAY, 1)
    if (hour, minute) == (_DAY, 0):
        return _MIDNIGHT
    if hour >= _DAY:
        message = f'{value!r} is no time of day; write it with minutes and in quotes, as "08:00"'
        raise ValueError(message)
    return time(hour, minute)


Clock = Annotated[time, PlainValidator(_clock)]


class Hours(Section):
    """Days and a span of the day.

    Attributes:
        days: the days on which the span begins.
        start, end: local time; the end is no part of it. An end before the start is on the next day, and the same
            time twice is all day.
        time_zone: a name of the IANA database.
    """

    days: Annotated[tuple[Day, ...], Field(min_length=1)] = DAYS
    start: Clock = _MIDNIGHT
    end: Clock = _MIDNIGHT
    time_zone: str = "UTC"

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            message = f"{name!r} is no time zone; write a name such as Europe/Berlin or UTC"
            raise ValueError(message) from None
        return name

    def include(self, moment: datetime) -> bool:
        """Tell whether a moment (with a time zone) is within the hours."""
        local = moment.astimezone(ZoneInfo(self.time_zone))
        clock = local.time()
        today, yesterday = DAYS[local.weekday()], DAYS[(local - timedelta(days=1)).weekday()]
        if self.start < self.end:
            return today in self.days and self.start <= clock < self.end
        return (today in self.days and clock >= self.start) or (yesterday in self.days and clock < self.end)

    def __str__(self) -> str:
        """The hours in words, for a refusal."""
        span = f"from {self.start:%H:%M} to {self.end:%H:%M}" if self.start != self.end else "all day"
        return f"{span} {self.time_zone} on {', '.join(self.days)}"
