"""What the data source plugin makes of a panel's query before it runs it: its `$__macros`, expanded.

From the behaviour of michelin-snowflake-datasource 2.x (github.com/michelin/snowflake-grafana-datasource, README.md
"Supported Macros", pkg/query/macros.go and its tests, pkg/utils/gtime.go; commit 028d1d2). What is easily overlooked:

- A macro's arguments are cut at every comma and end at the first `)`: no function call can be an argument. Only spaces
  are trimmed from them, line ends are not.
- Whatever looks like `$name(…)` is a macro, in texts and comments too, and an unknown one fails the whole query. The
  exception is `SYSTEM$NAME(…)`; a `$NAME(…)` with the same arguments elsewhere in that query is left alone as well.
- Grafana has put in its variables before, so a variable's value that looks like a macro is one.
- Moments are UTC, as text of RFC 3339 with the shortest fraction of a second.
- `$__timeGroup` cuts what TO_TIMESTAMP_NTZ makes of its column: of a TIMESTAMP_TZ that is the clock of its own offset.
  Its third argument is a fill mode, which fills in from the range's start in steps of the panel's interval.
- Seconds are printed as Go prints floating point: a million (12 days) and more as `2.592e+06`, where TIME_SLICE wants a
  whole number. Whole weeks are counted in weeks instead.

Deviations, all of them outside what a dashboard does: a moment has microseconds here and nanoseconds there; a fill
value is what Python's `float` reads, not Go's hexadecimal forms; nanoseconds since 1970 of years that Go's int64 cannot
hold are right here and run over there; several mistakes in one query raise the first one, here as there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from theia_sf_dashboards.go_text import float_text, moment_text, parse_interval

MACRO = re.compile(r"\$([_a-zA-Z0-9]+)\(([^)]*)\)")
_WEEK_SECONDS = 7 * 24 * 3600
_DEFAULT_ROUNDING_MINUTES = 15
_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEAR_ONE = datetime(1, 1, 1, tzinfo=UTC)  # Go rounds moments to multiples counted from here


class MacroError(ValueError):
    """The plugin would refuse the query; the message is the plugin's."""


@dataclass(frozen=True)
class MacroContext:
    """What macros are expanded with.

    Attributes:
        start: of the dashboard's time range, aware.
        end: of the dashboard's time range, aware.
        now: what intervals of months and years are counted from; None is `end`.
    """

    start: datetime
    end: datetime
    now: datetime | None = None


@dataclass(frozen=True)
class Fill:
    """How missing points of a time series are filled: `mode` is null, previous or value; `value` is for the last."""

    mode: str
    value: float = 0.0


@dataclass(frozen=True)
class Expansion:
    """A query as it goes to Snowflake, and the fill mode that a macro in it asked for (None: the panel's own)."""

    sql: str
    fill: Fill | None = None


def expand(sql: str, context: MacroContext) -> Expansion:
    """Expand every macro of a query in which Grafana's variables stand no more; a final semicolon goes.

    Raises:
        MacroError: a macro is unknown or its arguments are wrong.
    """
    macros = _Macros(context)

    def replacement(match: re.Match[str]) -> str:
        if f"SYSTEM{match[0]}" in sql:
            return match[0]
        return macros.evaluate(match[1], [argument.strip(" ") for argument in match[2].split(",")])

    expanded = MACRO.sub(replacement, sql)
    return Expansion(expanded.strip().removesuffix(";"), macros.fill)


@dataclass
class _Macros:
    """The macros of one query."""

    context: MacroContext
    fill: Fill | None = field(default=None, init=False)

    def evaluate(self, name: str, arguments: Sequence[str]) -> str:
        macros: dict[str, Callable[[Sequence[str]], str]] = {
            "__time": lambda a: f"TRY_TO_TIMESTAMP_NTZ({_column(a, name)}) AS time",
            "__timeEpoch": lambda a: f"extract(epoch from {_column(a, name)}) as time",
            "__timeFilter": lambda a: self._time_filter(a, name),
            "__timeTzFilter": lambda a: self._time_tz_filter(_column(a, name)),
            "__timeFrom": lambda _: f"'{moment_text(self.context.start)}'",
            "__timeTo": lambda _: f"'{moment_text(self.context.end)}'",
            "__timeRoundFrom": lambda a: self._round(self.context.start, _minutes(a, name)),
            "__timeRoundTo": lambda a: self._round_up(self.context.end, _minutes(a, name)),
            "__timeGroup": self._time_group,
            "__timeGroupAlias": lambda a: f"{self._time_group(a)} AS time",
            "__unixEpochFilter": lambda a: self._epoch_filter(_column(a, name), 10**9),
            "__unixEpochNanoFilter": lambda a: self._epoch_filter(_column(a, name), 1),
            "__unixEpochNanoFrom": lambda _: str(_nanoseconds(self.context.start)),
            "__unixEpochNanoTo": lambda _: str(_nanoseconds(self.context.end)),
            "__unixEpochGroup": self._epoch_group,
            "__unixEpochGroupAlias": lambda a: f"{self._epoch_group(a)} AS time",
        }
        if name not in macros:
            message = f'unknown macro "{name}"'
            raise MacroError(message)
        return macros[name](arguments)

    def _time_filter(self, arguments: Sequence[str], name: str) -> str:
        column = _column(arguments, name)
        zone = arguments[1] if len(arguments) > 1 else "'UTC'"

        def bound(moment: datetime) -> str:
            return f"CONVERT_TIMEZONE('UTC', {zone}, '{moment_text(moment)}'::timestamp_ntz)"

        return f"{column} > {bound(self.context.start)} AND {column} < {bound(self.context.end)}"

    def _time_tz_filter(self, column: str) -> str:
        start, end = moment_text(self.context.start), moment_text(self.context.end)
        return f"{column} > '{start}'::timestamp_tz AND {column} < '{end}'::timestamp_tz"

    def _round(self, moment: datetime, minutes: int) -> str:
        since = (moment - _YEAR_ONE) // _MICROSECOND
        whole = since - since % (minutes * 60 * 10**6)
        return f"'{moment_text(_YEAR_ONE + whole * _MICROSECOND)}'"

    def _round_up(self, moment: datetime, minutes: int) -> str:
        return self._round(moment + timedelta(minutes=minutes), minutes)

    def _time_group(self, arguments: Sequence[str]) -> str:
        seconds = self._group_seconds(arguments, "__timeGroup")
        if len(arguments) > 2:  # noqa: PLR2004 - column, interval, fill
            self._set_fill(arguments[2])
        column, unit = arguments[0], "SECOND"
        if len(arguments) > 3:  # noqa: PLR2004 - and the time zone
            column = f"CONVERT_TIMEZONE({arguments[3]}, {column})"
        if seconds > 1 and int(seconds) % _WEEK_SECONDS == 0:
            seconds, unit = seconds / _WEEK_SECONDS, "WEEK"
        return f"TIME_SLICE(TO_TIMESTAMP_NTZ({column}), {float_text(max(1.0, seconds))}, '{unit}', 'START')"

    def _epoch_filter(self, column: str, unit: int) -> str:
        start, end = (_nanoseconds(moment) // unit for moment in (self.context.start, self.context.end))
        return f"{column} >= {start} AND {column} <= {end}"

    def _epoch_group(self, arguments: Sequence[str]) -> str:
        seconds = float_text(self._group_seconds(arguments, "__unixEpochGroup"))
        if len(arguments) == 3:  # noqa: PLR2004 - a fourth one makes the plugin forget the third
            self._set_fill(arguments[2])
        return f"floor({arguments[0]}/{seconds})*{seconds}"

    def _group_seconds(self, arguments: Sequence[str], name: str) -> float:
        if len(arguments) < 2:  # noqa: PLR2004 - column and interval
            message = f"macro {name} needs time column and interval and optional fill value"
            raise MacroError(message)
        try:
            return parse_interval(arguments[1].strip("'"), self.context.now or self.context.end) / 10**9
        except ValueError as error:
            message = f"error parsing interval {arguments[1]}"
            raise MacroError(message) from error

    def _set_fill(self, text: str) -> None:
        if text in {"NULL", "previous"}:
            self.fill = Fill(text.lower())
            return
        message = f"error parsing fill value {text}"
        if text != text.strip():  # a line end, which Python's float would let pass
            raise MacroError(message)
        try:
            self.fill = Fill("value", float(text))
        except ValueError as error:
            raise MacroError(message) from error


def _column(arguments: Sequence[str], name: str) -> str:
    if not arguments[0]:
        message = f"missing time column argument for macro {name}"
        raise MacroError(message)
    return arguments[0]


def _minutes(arguments: Sequence[str], name: str) -> int:
    if len(arguments) > 1:
        message = f"macro {name} only 1 argument allowed"
        raise MacroError(message)
    if not arguments[0]:
        return _DEFAULT_ROUNDING_MINUTES
    if not re.fullmatch(r"[+-]?[0-9]+", arguments[0]):
        message = f"macro {name} first argument must be a integer"
        raise MacroError(message)
    minutes = int(arguments[0])
    if minutes <= 0:
        message = f"macro {name} first argument must be a positive Integer"
        raise MacroError(message)
    return minutes


def _nanoseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND * 1000
