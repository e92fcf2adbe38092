from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from theia_sf.flows.arrivals import OVERLAP, Arrivals
from theia_sf.flows.choices import Action
from theia_sf.flows.records import RecordFilter, record_filter

ENDED = datetime(2026, 7, 1, 10, tzinfo=UTC)


def row(file: str, place: int, loaded: datetime, **values: Any) -> dict[str, Any]:
    return {
        "flowStartSeconds": ENDED.isoformat(),
        "flowEndSeconds": (ENDED + timedelta(seconds=place)).isoformat(),
        "sourcePodNamespace": "shop",
        "sourcePodName": "web-1",
        "destinationPodNamespace": "shop",
        "destinationPodName": "db-1",
        "sourceFile": file,
        "sourceFileRow": place,
        "loadedAt": loaded.isoformat(),
    } | values


class Clock:
    """Seconds that a test lets pass; the database's clock is the real one, and is read once."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def places(records: Iterator[Any]) -> list[tuple[str | None, int | None]]:
    return [(one.source_file, one.source_file_row) for one in records]


def test_what_arrives_is_told_once_and_in_the_order_of_its_time(load, clock):
    now = datetime.now(UTC)
    old = [row("a", number, now) for number in (1, 2, 3)]
    tail = Arrivals(load(old), RecordFilter(), clock=clock)
    assert places(iter(tail.latest(2, timedelta(minutes=5)))) == [("a", 2), ("a", 3)]
    assert places(tail.poll()) == []
    load([*old, row("c", 9, now), row("b", 7, now), row("b", 4, now)])
    assert places(tail.poll()) == [("b", 4), ("b", 7), ("c", 9)]
    assert places(tail.poll()) == []


def test_a_copy_that_began_earlier_and_committed_later(load, clock):
    now = datetime.now(UTC)
    tail = Arrivals(load([]), RecordFilter(), clock=clock)
    tail.latest(0, timedelta(0))
    quick = [row("quick", 1, now + timedelta(seconds=60))]
    clock.now += 90
    load(quick)
    assert places(tail.poll()) == [("quick", 1)]
    slow = [row("slow", 1, now + timedelta(seconds=30))]
    clock.now += OVERLAP.total_seconds() - 70
    load([*quick, *slow])
    assert places(tail.poll()) == [("slow", 1)]


def test_a_file_whose_rows_become_visible_in_parts(load, clock):
    now = datetime.now(UTC)
    rows = [row("a", number, now) for number in range(10)]
    tail = Arrivals(load(rows[3:5]), RecordFilter(), clock=clock)
    tail.latest(10, timedelta(minutes=1))
    load(rows[2:6])
    assert places(tail.poll()) == [("a", 2), ("a", 5)]
    load(rows)
    assert places(tail.poll()) == [("a", number) for number in (0, 1, 6, 7, 8, 9)]


def test_what_was_there_before_and_is_beyond_the_lines_is_not_told_later(load, clock):
    now = datetime.now(UTC)
    rows = [row("a", number, now - timedelta(minutes=2)) for number in (1, 2, 5, 6, 9)]
    tail = Arrivals(load(rows), RecordFilter(), clock=clock)
    assert places(iter(tail.latest(1, timedelta(minutes=5)))) == [("a", 9)]
    load([*rows, row("a", 3, now)])
    assert places(tail.poll()) == [("a", 3)]


def test_since_chooses_by_the_time_of_loading(load, clock):
    now = datetime.now(UTC)
    tail = Arrivals(load([row("a", 1, now - timedelta(hours=2)), row("b", 2, now)]), RecordFilter(), clock=clock)
    assert places(iter(tail.latest(9, timedelta(hours=1)))) == [("b", 2)]
    assert places(iter(tail.latest(9, timedelta(hours=3)))) == [("a", 1), ("b", 2)]


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(1, 20))])
def test_none_is_lost_and_none_told_twice_whatever_copies_overlap(load, clock, seed):
    """Files are scanned and become visible at random, in up to three parts, within the overlap of each other."""
    random = Random(seed)
    begun = datetime.now(UTC)
    visible: list[tuple[float, dict[str, Any]]] = []
    for number in range(30):
        scanned = random.uniform(0, 1200)
        commits = sorted(
            scanned + random.uniform(0, OVERLAP.total_seconds() - 120) for _ in range(random.randint(1, 3))
        )
        loaded = begun + timedelta(seconds=scanned)
        visible += [
            (random.choice(commits), row(f"file-{number}", place, loaded)) for place in range(random.randint(1, 20))
        ]
    tail = Arrivals(load([]), RecordFilter(), clock=clock)
    tail.latest(0, timedelta(0))
    told: list[tuple[str | None, int | None]] = []
    second = 0.0
    while second < 1200 + OVERLAP.total_seconds():
        pause = random.uniform(20, 240)
        second += pause
        clock.now += pause
        load([one for at, one in visible if at <= second])
        told += places(tail.poll())
    assert len(told) == len(set(told))
    assert set(told) == {(one["sourceFile"], one["sourceFileRow"]) for _, one in visible}


def test_filters_hold_for_what_is_there_and_for_what_arrives(load, clock):
    now = datetime.now(UTC)
    dropped = {"ingressNetworkPolicyRuleAction": 2, "egressNetworkPolicyRuleAction": 1}
    rows = [row("a", 1, now), row("a", 2, now, **dropped), row("a", 3, now, destinationPodName="web-2", **dropped)]
    tail = Arrivals(load(rows), record_filter(pod="shop/db-*", action=Action.DROP), clock=clock)
    assert places(iter(tail.latest(9, timedelta(minutes=1)))) == [("a", 2)]
    load([*rows, row("b", 1, now), row("b", 2, now, **dropped)])
    assert places(tail.poll()) == [("b", 2)]


def test_names_of_files_are_values(load, clock):
    now = datetime.now(UTC)
    name = "flows/records-'x'\\%s.csv.gz"
    tail = Arrivals(load([row(name, 1, now)]), RecordFilter(), clock=clock)
    tail.latest(9, timedelta(minutes=1))
    load([row(name, 1, now), row(name, 2, now)])
    assert places(tail.poll()) == [(name, 2)]
