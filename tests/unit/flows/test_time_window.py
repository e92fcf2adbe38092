from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from theia_sf.errors import UsageError
from theia_sf.flows.time_window import TimeWindow, parse_duration, parse_time, parse_timeout, resolve_window

NOW = datetime(2026, 7, 10, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90s", timedelta(seconds=90)),
        ("1h30m", timedelta(minutes=90)),
        ("1.5h", timedelta(minutes=90)),
        (".5m", timedelta(seconds=30)),
        ("7d", timedelta(days=7)),
        ("2w3d", timedelta(days=17)),
        ("250ms", timedelta(milliseconds=250)),
        ("0", timedelta(0)),
    ],
)
def test_durations(text, expected):
    assert parse_duration(text) == expected


@pytest.mark.parametrize("text", ["", "10", "-1h", "1h 30m", "1y", "h", "ten minutes", "1e3s", "9" * 400 + "w"])
def test_anything_else_is_no_duration(text):
    with pytest.raises(UsageError):
        parse_duration(text)


@pytest.mark.parametrize("text", ["0", "0s"])
def test_a_timeout_is_longer_than_nothing(text):
    with pytest.raises(UsageError, match="--wait-timeout must be longer than zero") as caught:
        parse_timeout(text, "--wait-timeout")
    assert "90s" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", NOW),
        ("now-1h30m", NOW - timedelta(minutes=90)),
        ("now-7d", NOW - timedelta(days=7)),
        ("2026-07-01T19:35:31Z", datetime(2026, 7, 1, 19, 35, 31, tzinfo=UTC)),
        ("2026-07-01t19:35:31.5+02:00", datetime(2026, 7, 1, 17, 35, 31, 500000, tzinfo=UTC)),
    ],
)
def test_times(text, expected):
    assert parse_time(text, now=NOW, flag="--start") == expected


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "foo",
        "now-",
        "now-1",
        "now+1h",
        "now-1h-1h",
        "2026-07-01",
        "2026-07-01T19:35:31",
        "2026-13-01T00:00:00Z",
        "now-99999999w",
        "2026-07-01T00:00:00Z'; DROP TABLE FLOWS; --",
    ],
)
def test_anything_else_is_no_time(text):
    with pytest.raises(UsageError, match=r"^--end: .* is not a time\.$"):
        parse_time(text, now=NOW, flag="--end")


def test_timestamps_win_over_relative_times():
    window = resolve_window(start="nonsense", start_ts="2026-07-01T00:00:00Z", end="now", now=NOW)
    assert window == TimeWindow(datetime(2026, 7, 1, tzinfo=UTC), NOW)


def test_no_flag_is_an_open_window():
    assert resolve_window() == TimeWindow(None, None)


@pytest.mark.parametrize("end", ["now-2h", "now-1h"])
def test_a_reversed_or_empty_range_is_refused(end):
    with pytest.raises(UsageError, match="is not before its end") as caught:
        resolve_window(start="now-1h", end=end, now=NOW)
    assert "--start" in str(caught.value.hint)
