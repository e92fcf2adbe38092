"""The plugin's macros: the cases of its own documentation and tests, and what is easily overlooked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from theia_sf_dashboards.go_text import float_text, moment_text, parse_interval
from theia_sf_dashboards.macros import Fill, MacroContext, MacroError, expand

START = datetime(2020, 1, 1, tzinfo=UTC)
END = datetime(2020, 1, 2, 0, 0, 0, 250_000, tzinfo=UTC)
CONTEXT = MacroContext(START, END)
SLICE_DAY = "TIME_SLICE(TO_TIMESTAMP_NTZ(col), 86400, 'SECOND', 'START')"
FILTER = (
    "col > CONVERT_TIMEZONE('UTC', {zone}, '2020-01-01T00:00:00Z'::timestamp_ntz) AND "
    "col < CONVERT_TIMEZONE('UTC', {zone}, '2020-01-02T00:00:00.25Z'::timestamp_ntz)"
)
EPOCH_DAY = "floor(col/86400)*86400"


@pytest.mark.parametrize(
    ("sql", "expanded"),
    [
        ("$__time(col)", "TRY_TO_TIMESTAMP_NTZ(col) AS time"),
        ("$__timeEpoch(col)", "extract(epoch from col) as time"),
        (
            "$__timeFilter(col)",
            FILTER.format(zone="'UTC'"),
        ),
        (
            "$__timeFilter(col, 'America/New_York')",
            FILTER.format(zone="'America/New_York'"),
        ),
        (
            "$__timeTzFilter(col)",
            "col > '2020-01-01T00:00:00Z'::timestamp_tz AND col < '2020-01-02T00:00:00.25Z'::timestamp_tz",
        ),
        ("$__timeFrom()", "'2020-01-01T00:00:00Z'"),
        ("$__timeTo()", "'2020-01-02T00:00:00.25Z'"),
        ("$__timeRoundFrom()", "'2020-01-01T00:00:00Z'"),
        ("$__timeRoundTo()", "'2020-01-02T00:15:00Z'"),
        ("$__timeRoundTo(1440)", "'2020-01-03T00:00:00Z'"),
        ("$__timeRoundFrom(7)", "'2019-12-31T23:57:00Z'"),  # multiples are counted from the year 1
        ("$__timeGroup(col, 1d)", SLICE_DAY),
        ("$__timeGroup(col,'1d')", SLICE_DAY),
        ("$__timeGroup(col, 500ms)", "TIME_SLICE(TO_TIMESTAMP_NTZ(col), 1, 'SECOND', 'START')"),
        ("$__timeGroup(col, 90s)", "TIME_SLICE(TO_TIMESTAMP_NTZ(col), 90, 'SECOND', 'START')"),
        ("$__timeGroup(col, 7d)", "TIME_SLICE(TO_TIMESTAMP_NTZ(col), 1, 'WEEK', 'START')"),
        ("$__timeGroup(col, 2w)", "TIME_SLICE(TO_TIMESTAMP_NTZ(col), 2, 'WEEK', 'START')"),
        ("$__timeGroup(col, 30d)", "TIME_SLICE(TO_TIMESTAMP_NTZ(col), 2.592e+06, 'SECOND', 'START')"),
        ("$__timeGroupAlias(col, 1d)", f"{SLICE_DAY} AS time"),
        ("$__unixEpochFilter(col)", "col >= 1577836800 AND col <= 1577923200"),
        ("$__unixEpochNanoFilter(col)", "col >= 1577836800000000000 AND col <= 1577923200250000000"),
        ("$__unixEpochNanoFrom()", "1577836800000000000"),
        ("$__unixEpochNanoTo()", "1577923200250000000"),
        ("$__unixEpochGroup(col, 1d)", EPOCH_DAY),
        ("$__unixEpochGroupAlias(col, 1d)", f"{EPOCH_DAY} AS time"),
        ("SYSTEM$TYPEOF('a')", "SYSTEM$TYPEOF('a')"),
        ("SYSTEM$PIPE_STATUS('a') || $PIPE_STATUS('a')", "SYSTEM$PIPE_STATUS('a') || $PIPE_STATUS('a')"),
        ("a\n;  \n", "a\n"),
        ("$notAMacro, $__timeGroup", "$notAMacro, $__timeGroup"),
        ("$__time(\ncol\n)", "TRY_TO_TIMESTAMP_NTZ(\ncol\n) AS time"),  # only spaces are trimmed
        ("$__time(F(col))", "TRY_TO_TIMESTAMP_NTZ(F(col) AS time)"),  # arguments end at the first parenthesis
    ],
)
def test_a_macro_becomes_what_the_plugin_makes_of_it(sql: str, expanded: str) -> None:
    assert expand(sql, CONTEXT).sql == expanded


@pytest.mark.parametrize(
    ("arguments", "fill"),
    [
        ("col, 1d, NULL", Fill("null")),
        ("col, 1d, previous", Fill("previous")),
        ("col, 1d, 12", Fill("value", 12.0)),
        ("col, 1d, -0.5", Fill("value", -0.5)),
        ("col, 1d", None),
    ],
)
def test_the_third_argument_of_a_group_is_the_fill_mode(arguments: str, fill: Fill | None) -> None:
    for macro, expanded in [("timeGroup", SLICE_DAY), ("unixEpochGroup", EPOCH_DAY)]:
        found = expand(f"$__{macro}({arguments})", CONTEXT)
        assert (found.sql, found.fill) == (expanded, fill)


def test_the_fourth_argument_of_a_group_is_a_time_zone() -> None:
    found = expand("$__timeGroup(col, 1d, NULL, 'America/Los_Angeles')", CONTEXT)
    assert found.sql == SLICE_DAY.replace("col", "CONVERT_TIMEZONE('America/Los_Angeles', col)")
    assert expand("$__unixEpochGroup(col, 1d, NULL, 'UTC')", CONTEXT).fill is None


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("$__time()", "missing time column argument for macro __time"),
        ("$__timeEpoch( )", "missing time column argument for macro __timeEpoch"),
        ("$__timeFilter(, 'UTC')", "missing time column argument for macro __timeFilter"),
        ("$__timeTzFilter()", "missing time column argument for macro __timeTzFilter"),
        ("$__unixEpochFilter()", "missing time column argument for macro __unixEpochFilter"),
        ("$__unixEpochNanoFilter()", "missing time column argument for macro __unixEpochNanoFilter"),
        ("$__timeGroup(col)", "macro __timeGroup needs time column and interval and optional fill value"),
        ("$__timeGroupAlias(col, xxxx)", "error parsing interval xxxx"),
        ("$__timeGroup(col, '1 h')", "error parsing interval '1 h'"),
        ("$__timeGroup(col, 1d, test)", "error parsing fill value test"),
        ("$__timeGroup(col, 1d, \n5)", "error parsing fill value \n5"),
        ("$__unixEpochGroup(col)", "macro __unixEpochGroup needs time column and interval and optional fill value"),
        ("$__timeRoundFrom(test)", "macro __timeRoundFrom first argument must be a integer"),
        ("$__timeRoundTo(-1)", "macro __timeRoundTo first argument must be a positive Integer"),
        ("$__timeRoundTo(-1, )", "macro __timeRoundTo only 1 argument allowed"),
        ("SELECT 1 -- $__unknownMacro(col)", 'unknown macro "__unknownMacro"'),
        ("'a pod called $x()'", 'unknown macro "x"'),
    ],
)
def test_what_the_plugin_refuses_is_refused_in_its_words(sql: str, message: str) -> None:
    with pytest.raises(MacroError) as error:
        expand(sql, CONTEXT)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1h30m", 5400), (".5s", 0.5), ("5.s", 5), ("-5m", -300), ("0", 0), ("2us3µs", 5e-6), ("3d", 259_200)],
)
def test_intervals_are_read_as_go_reads_them(text: str, seconds: float) -> None:
    assert parse_interval(text, START) == round(seconds * 10**9)


@pytest.mark.parametrize(
    ("now", "text", "days"),
    [
        (datetime(2023, 1, 31, tzinfo=UTC), "1M", 31),  # to 3 March, as February has no 31st
        (datetime(2023, 12, 15, tzinfo=UTC), "2M", 62),
        (datetime(2024, 2, 29, tzinfo=UTC), "1y", 366),  # to 1 March
        (datetime(2023, 2, 1, tzinfo=UTC), "1y", 365),
    ],
)
def test_months_and_years_are_those_that_follow(now: datetime, text: str, days: int) -> None:
    assert parse_interval(text, now) == days * 86_400 * 10**9


@pytest.mark.parametrize("text", ["", "5", "m", "1m ", "1m x", "1.2.3s", "1h-5m", "--1s", ".s", "+"])
def test_what_is_no_interval_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="invalid duration"):
        parse_interval(text, START)


@pytest.mark.parametrize(
    ("number", "text"),
    [(1.0, "1"), (0.5, "0.5"), (999_999.0, "999999"), (1e6, "1e+06"), (1_234_567.0, "1.234567e+06"), (1e-5, "1e-05")],
)
def test_numbers_are_written_as_go_writes_them(number: float, text: str) -> None:
    assert float_text(number) == text
    assert float_text(-number) == f"-{text}"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_written_number_is_the_number(number: float) -> None:
    assert float(float_text(number)) == number


@given(st.datetimes(timezones=st.sampled_from([UTC])))
def test_a_written_moment_is_the_moment_and_as_short_as_can_be(moment: datetime) -> None:
    text = moment_text(moment)
    assert datetime.fromisoformat(text) == moment
    assert "." not in text or text[-2] not in "0."


@given(st.integers(-(10**15), 10**15).map(lambda n: START + timedelta(microseconds=n)), st.integers(1, 5000))
def test_rounding_stays_within_one_step(moment: datetime, minutes: int) -> None:
    def rounded(macro: str) -> datetime:
        return datetime.fromisoformat(expand(f"$__{macro}({minutes})", MacroContext(moment, moment)).sql.strip("'"))

    step = timedelta(minutes=minutes)
    assert moment - step < rounded("timeRoundFrom") <= moment < rounded("timeRoundTo")
    assert rounded("timeRoundTo") - rounded("timeRoundFrom") == step
