"""Grafana's variables in queries and links, and the interval of a panel."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from theia_sf_dashboards.interpolation import (
    InterpolationError,
    Scope,
    Selection,
    interpolate,
    interval_of,
    interval_text,
)

START = datetime(2020, 7, 13, 20, 19, 9, 254_000, tzinfo=UTC)
SCOPE = Scope(
    START,
    START + timedelta(hours=1),
    {
        "one": Selection(("a b",)),
        "two": Selection(("it's", 'say "hi"')),
        "single": Selection(("x",), multi=False),
        "none": Selection(()),
        "every": Selection(("a", "b"), all_chosen=True),
        "all": Selection(("a", "b"), all_chosen=True, all_value="'__all'"),
        "nested": Selection((), all_chosen=True, all_value="${one:sqlstring}"),
    },
    interval_ms=90_000,
)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("${one:sqlstring}", "'a b'"),
        ("${two:sqlstring}", "'it''s','say \\\"hi\\\"'"),
        ("${single:sqlstring}", "'x'"),
        ("IN (${none:sqlstring})", "IN ()"),
        ("${every:sqlstring}", "'a','b'"),
        ("${all:sqlstring}", "'__all'"),
        ("${all:raw} ${all} $all", "'__all' '__all' '__all'"),
        ("${nested:raw}", "'a b'"),
        ("${two:raw}", 'it\'s,say "hi"'),
        ("$one, $two, $single, $none.", 'a b, {it\'s,say "hi"}, x, .'),
        ("${one:queryparam}", "var-one=a%20b"),
        ("${two:queryparam}", "var-two=it's&var-two=say%20%22hi%22"),
        ("${all:queryparam}", "var-all=$__all"),
        ("${none:queryparam}", ""),
        ("$__interval ${__interval_ms}", "1m 90000"),
        ("$__from $__to", "1594671549254 1594675149254"),
        ("${__from:date} ${__to:date:iso}", "2020-07-13T20:19:09.254Z 2020-07-13T21:19:09.254Z"),
        ("${__from:date:seconds}", "1594671549"),
        ("$__timeTzFilter(x) ${unknown:raw} $ones $", "$__timeTzFilter(x) ${unknown:raw} $ones $"),
    ],
)
def test_variables_are_replaced_as_grafana_does(text: str, result: str) -> None:
    assert interpolate(text, SCOPE) == result


def test_a_query_of_a_variable_has_no_interval() -> None:
    assert interpolate("$__interval", Scope(START, START)) == "$__interval"


def test_inserted_values_are_not_looked_at_again() -> None:
    scope = Scope(START, START, {"a": Selection(("$b",)), "b": Selection(("x",))})
    assert interpolate("${a:sqlstring}", scope) == "'$b'"


@pytest.mark.parametrize("text", ["${one:regex}", "${one.field}", "${__from:YYYY}", "${two:singlequote}"])
def test_what_the_dashboards_have_no_use_for_is_an_error(text: str) -> None:
    with pytest.raises(InterpolationError):
        interpolate(text, SCOPE)


@given(st.lists(st.text(st.characters(exclude_characters='\\"', codec="utf-8")), min_size=1))
def test_a_quoted_value_cannot_leave_its_quotes(values: list[str]) -> None:
    text = interpolate("${v:sqlstring}", Scope(START, START, {"v": Selection(tuple(values))}))
    assert _literals(text) == values


def _literals(text: str) -> list[str]:
    """The values of a list of SQL literals in which only `''` is an escape."""
    found, rest = list[str](), text
    while rest:
        assert rest[0] == "'"
        value, end = "", 1
        while rest[end] != "'" or rest[end : end + 2] == "''":
            value, end = value + rest[end], end + (2 if rest[end] == "'" else 1)
        found.append(value)
        assert rest[end + 1 : end + 2] in {"", ","}
        rest = rest[end + 2 :]
    return found


@pytest.mark.parametrize(
    ("hours", "points", "least", "text"),
    [
        (0.5, 1000, "", "2s"),
        (0.5, 1000, "1m", "1m"),
        (0.5, 1000, "10s", "10s"),
        (6, 1000, "", "20s"),
        (24, 1000, "", "1m"),
        (24 * 7, 1000, "1m", "10m"),
        (24 * 30, 1000, "", "30m"),
        (24 * 30, 100, "", "6h"),
        (24 * 90, 10, "", "7d"),
        (24 * 365 * 5, 100, "", "7d"),
        (24 * 365 * 50, 100, "", "1y"),
        (0, 1000, "", "1ms"),
    ],
)
def test_the_interval_is_the_range_by_the_points(hours: float, points: int, least: str, text: str) -> None:
    assert interval_text(interval_of(START, START + timedelta(hours=hours), points, least)) == text


def test_a_least_interval_that_is_none_is_an_error() -> None:
    with pytest.raises(InterpolationError):
        interval_of(START, START + timedelta(hours=1), 100, "soon")


@given(st.integers(10, 10**9), st.integers(1, 5000))
def test_the_interval_makes_at_most_twice_as_many_points(step: int, points: int) -> None:
    interval = interval_of(START, START + timedelta(milliseconds=step * points), points)
    assert step / interval <= (7 if interval == 86_400_000 else 2)  # everything from a day up to a week is a day
