"""Hours of a rule."""

from __future__ import annotations

from datetime import datetime

import pytest
import yaml
from pydantic import ValidationError

from theia_sf.proxy.config.hours import Hours


@pytest.mark.parametrize(
    ("text", "moment", "included"),
    [
        ("{start: 08:00, end: 18:00}", "2026-06-01T08:00:00+00:00", True),
        ("{start: 08:00, end: 18:00}", "2026-06-01T17:59:59+00:00", True),
        ("{start: 08:00, end: 18:00}", "2026-06-01T18:00:00+00:00", False),
        ("{start: '08:00', end: '18:00'}", "2026-06-01T07:59:59+00:00", False),
        ("{start: 08:00, end: 18:00, time_zone: Europe/Berlin}", "2026-06-01T06:30:00+00:00", True),
        ("{start: 08:00, end: 18:00, time_zone: Europe/Berlin}", "2026-01-05T06:30:00+00:00", False),
        ("{days: [mon], start: 08:00}", "2026-06-01T23:59:59+00:00", True),
        ("{days: [mon], start: 08:00}", "2026-06-02T00:00:00+00:00", False),
        ("{days: [mon], start: 22:00, end: 06:00}", "2026-06-02T05:59:00+00:00", True),
        ("{days: [mon], start: 22:00, end: 06:00}", "2026-06-01T05:59:00+00:00", False),
        ("{days: [mon], start: 22:00, end: 06:00}", "2026-06-02T22:00:00+00:00", False),
        ("{days: [sat, sun]}", "2026-06-06T12:00:00+00:00", True),
        ("{days: [sat, sun]}", "2026-06-05T23:59:59+00:00", False),
        ("{days: [sat, sun], time_zone: Asia/Tokyo}", "2026-06-05T15:00:00+00:00", True),
        ("{start: 8:00}", "2026-06-01T07:59:59+00:00", False),
        ("{end: '24:00'}", "2026-06-05T23:59:59+00:00", True),
        ("{end: 24:00}", "2026-06-05T23:59:59+00:00", True),
    ],
)
def test_include(text: str, moment: str, included: bool) -> None:
    hours = Hours.model_validate(yaml.safe_load(text))

    assert hours.include(datetime.fromisoformat(moment)) is included


@pytest.mark.parametrize(
    "text",
    [
        "{days: []}",
        "{days: [monday]}",
        "{time_zone: Mars/Base}",
        "{start: 25:00}",
        "{to: 1}",
        "{start: 8}",
        "{start: 8.5}",
        "{start: '8'}",
        "{start: '08:00Z'}",
        "{start: '08:00+01:00'}",
        "{start: true}",
        "{start: 24:01}",
        "{end: ''}",
    ],
)
def test_what_are_no_hours(text: str) -> None:
    with pytest.raises(ValidationError):
        Hours.model_validate(yaml.safe_load(text))
