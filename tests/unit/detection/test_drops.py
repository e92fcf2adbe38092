from __future__ import annotations

import statistics
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from theia_sf.detection.counts import collect, complete_days
from theia_sf.detection.drops import caveats, detect
from theia_sf.detection.method import Method
from theia_sf.flows.time_window import TimeWindow

NOW = datetime(2026, 8, 1, 12, 0, tzinfo=UTC)
FIRST = date(2026, 7, 1)
OPEN = TimeWindow()


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def counts(*drops: int, cluster="c1", endpoint="shop/web", direction="ingress", seen: int | None = None):
    """Rows of consecutive days; 0 is a day without a row; `seen` days have other flows."""
    rows = [(cluster, endpoint, direction, day(index), count) for index, count in enumerate(drops) if count]
    return rows + [(cluster, None, None, day(index), 100) for index in range(len(drops) if seen is None else seen)]


def found(rows, method=Method.MAD, window=OPEN, now=NOW, **options):
    return [finding.as_dict() for finding in detect(collect(rows), method, window=window, now=now, **options)]


def test_a_burst_on_the_fourth_day_is_found():
    assert found(counts(5, 6, 5, 60)) == [
        {
            "cluster_uuid": "c1",
            "endpoint": "shop/web",
            "direction": "ingress",
            "date": "2026-07-04",
            "drops": 60,
            "mean": 5.333,
            "stdev": 0.577,
            "median": 5.0,
            "mad": 0.0,
            "score": 24.597,
        }
    ]


def test_three_days_are_too_few_and_it_says_so():
    rows = counts(5, 6, 60)
    assert found(rows) == []
    assert list(caveats(collect(rows), Method.MAD, window=OPEN, now=NOW)) == [
        "Complete days of cluster c1 in the time range: 3, but 4 are needed."
    ]


def test_quiet_days_count_as_zero():
    (only,) = found(counts(0, 0, 0, 12))
    assert (only["date"], only["median"], only["mean"], only["score"]) == ("2026-07-04", 0.0, 0.0, 12.0)


def test_quiet_days_after_the_last_drop_count_too():
    assert [one["date"] for one in found(counts(40, seen=6))] == ["2026-07-01"]


def test_fewer_drops_than_worth_telling():
    assert found(counts(0, 0, 0, 9)) == []
    assert len(found(counts(0, 0, 0, 9), min_drops=9)) == 1
    assert found(counts(0, 0, 0, 12), min_drops=13) == []


def test_ordinary_noise_is_not_abnormal():
    assert found(counts(100, 110, 95, 105, 130, 98)) == []


def test_clusters_and_directions_are_kept_apart():
    rows = counts(5, 5, 5, 5) + counts(5, 5, 5, 90, cluster="c2") + counts(5, 5, 5, 5, direction="egress")
    assert [(one["cluster_uuid"], one["direction"]) for one in found(rows)] == [("c2", "ingress")]


def test_findings_are_sorted():
    rows = [
        *counts(5, 5, 5, 90, endpoint="z"),
        *counts(5, 5, 90, 5, endpoint="a"),
        *counts(5, 5, 5, 90, cluster=None, endpoint="m"),
    ]
    assert [one["endpoint"] for one in found(rows)] == ["m", "a", "z"]


def test_a_day_that_the_window_cuts_is_left_out():
    cut = TimeWindow(datetime(2026, 7, 1, 6, tzinfo=UTC), datetime(2026, 7, 6, 23, 59, tzinfo=UTC))
    assert complete_days(day(0), day(5), cut, NOW) == [day(1), day(2), day(3), day(4)]
    whole = TimeWindow(datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 7, 7, tzinfo=UTC))
    assert complete_days(day(0), day(5), whole, NOW) == [day(number) for number in range(6)]


def test_a_day_that_is_not_over_is_left_out():
    assert complete_days(day(0), day(3), OPEN, datetime(2026, 7, 4, 23, tzinfo=UTC)) == [day(0), day(1), day(2)]
    assert found(counts(5, 6, 5, 5, 60), now=datetime(2026, 7, 5, 23, tzinfo=UTC)) == []


def test_the_rule_of_the_original():
    series = [10, 11, 9, 10, 12, 10, 9, 11, 10, 10, 100]
    (only,) = found(counts(*series), Method.STDEV)
    assert only == {
        "cluster_uuid": "c1",
        "endpoint": "shop/web",
        "direction": "ingress",
        "date": "2026-07-11",
        "drops": 100,
        "mean": round(statistics.fmean(series), 3),
        "stdev": round(statistics.stdev(series), 3),
    }


def test_the_rule_of_the_original_looks_to_both_sides_and_at_days_with_drops_only():
    assert [one["drops"] for one in found(counts(*[100, 101] * 8, 1, 0, 0), Method.STDEV)] == [1]


def test_the_rule_of_the_original_cannot_fire_below_eleven_days():
    rows = counts(*[1] * 9, 10_000)
    assert found(rows, Method.STDEV) == []
    assert list(caveats(collect(rows), Method.STDEV, window=OPEN, now=NOW)) == [
        "The stdev rule finds nothing in fewer than 11 days with drops; the longest series has 10."
    ]
    assert len(found(counts(*[1] * 10, 10_000), Method.STDEV)) == 1


@given(st.lists(st.integers(0, 500), min_size=1, max_size=30))
def test_mad_agrees_with_its_definition(series):
    expected = []
    for index, count in enumerate(series):
        others = [*series[:index], *series[index + 1 :]]
        if len(series) < 4 or count < 10:
            continue
        median = statistics.median(others)
        mad = statistics.median([abs(other - median) for other in others])
        if (count - median) / max(1.4826 * mad, median**0.5, 1) > 3.5:
            expected.append(day(index).isoformat())
    assert [one["date"] for one in found(counts(*series))] == expected


@pytest.mark.parametrize("method", list(Method))
def test_nothing_in_nothing(method):
    assert found([], method) == []
    assert list(caveats(collect([]), method, window=OPEN, now=NOW)) == []
