"""What Grafana puts into a query before the plugin sees it: its variables, as far as the dashboards use them.

From Grafana's documentation ("Variable syntax", "Global variables", "Query options") and, where that is silent, from
the behaviour of Grafana 11.6: grafana/scenes, formatRegistry.ts and MultiValueVariable.ts; grafana/grafana,
rangeutil.ts; for a variable's query, the plugin's src/datasource.ts.

- `${name:sqlstring}` quotes each value, doubles `'` and writes `"` as `\\"`. A backslash stays as it is, although
  Snowflake takes it for an escape: a value that holds one must not become an option of a variable.
- The custom value of All goes in as it stands, in every format but `queryparam`, and may hold variables itself.
- A variable that may have several values is a list even if one is chosen; nothing chosen is the empty text.
- An unknown name is left where it stands: it may be a macro of the plugin.
- The query of a variable has no interval, and the plugin asks for it without the dashboard's time range, so that
  the plugin's own time macros see 1970 to 1970 there (`UNKNOWN_RANGE`); `$__from` and `$__to` are Grafana's and work.

Deviations: a format that the dashboards have no use for is an error (Grafana would take `glob` instead), and so are
`[[name]]`, `${name.field}` and dates in a format of one's own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

UNKNOWN_RANGE = (datetime(1970, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC))
"""Start and end that the plugin's macros get in the query of a variable."""

_VARIABLE = re.compile(r"\$(?P<plain>\w+)|\$\{(?P<braced>\w+)(?P<path>\.[^:}]+)?(?::(?P<format>[^}]+))?\}", re.ASCII)
_UNESCAPED_IN_URLS = "-_.~!'()*@:$,;"
_MILLISECOND = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_STEPS = (
    (10, 1),
    (15, 10),
    (35, 20),
    (75, 50),
    (150, 100),
    (350, 200),
    (750, 500),
    (1_500, 1_000),
    (3_500, 2_000),
    (7_500, 5_000),
    (12_500, 10_000),
    (17_500, 15_000),
    (25_000, 20_000),
    (45_000, 30_000),
    (90_000, 60_000),
    (210_000, 120_000),
    (450_000, 300_000),
    (750_000, 600_000),
    (1_050_000, 900_000),
    (1_500_000, 1_200_000),
    (2_700_000, 1_800_000),
    (5_400_000, 3_600_000),
    (9_000_000, 7_200_000),
    (16_200_000, 10_800_000),
    (32_400_000, 21_600_000),
    (86_400_000, 43_200_000),
    (604_800_000, 86_400_000),
    (1_814_400_000, 604_800_000),
    (3_628_800_000, 2_592_000_000),
)
"""Below so many milliseconds an interval is rounded to so many."""
_LONGEST = 31_536_000_000

_UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_SHOWN_UNITS = (("y", _LONGEST), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1))


class InterpolationError(ValueError):
    """A variable stands in a query in a way that the dashboards have no use for."""


@dataclass(frozen=True)
class Selection:
    """What is chosen of a variable.

    Attributes:
        values: what is chosen, or with `all_chosen` every option.
        multi: whether several may be chosen.
        all_chosen: whether All is.
        all_value: the variable's custom value of All; None if it has none.
    """

    values: tuple[str, ...]
    multi: bool = True
    all_chosen: bool = False
    all_value: str | None = None


@dataclass(frozen=True)
class Scope:
    """What a query is interpolated with: the dashboard's time range, its variables by name, the panel's interval."""

    start: datetime
    end: datetime
    variables: Mapping[str, Selection] = field(default_factory=dict[str, Selection])
    interval_ms: int | None = None


def interpolate(text: str, scope: Scope) -> str:
    """Replace Grafana's variables in a query, a link or a title.

    Raises:
        InterpolationError: a known variable stands there in a form that isn't used (see the deviations above).
    """

    def replacement(match: re.Match[str]) -> str:
        name = match["plain"] or match["braced"]
        value = _value(name, match["format"], scope)
        if value is not None and match["path"]:
            message = f"{match[0]}: fields of variables are not used"
            raise InterpolationError(message)
        return match[0] if value is None else value

    return _VARIABLE.sub(replacement, text)


def interval_of(start: datetime, end: datetime, points: int, least: str = "") -> int:
    """Return the milliseconds of `$__interval`: the range by the greatest number of points, rounded, but no less than
    `least` (an interval such as `10s`; empty for a millisecond).

    Raises:
        InterpolationError: `least` is no interval.
    """
    exact = (end - start) / _MILLISECOND / points
    rounded = next((step for below, step in _STEPS if exact < below), _LONGEST)
    if not least:
        return rounded
    parts = re.fullmatch(r"([0-9]+)(ms|[smhdw])", least)
    if parts is None:
        message = f"'{least}' is no interval"
        raise InterpolationError(message)
    return max(rounded, int(parts[1]) * _UNITS[parts[2]])


def interval_text(milliseconds: int) -> str:
    """Return an interval as `$__interval` shows it, in its greatest whole unit: 90 seconds are `1m`, a week is `7d`."""
    unit, size = next((unit, size) for unit, size in _SHOWN_UNITS if milliseconds >= size)
    return f"{milliseconds // size}{unit}"


def _value(name: str, format_: str | None, scope: Scope) -> str | None:
    """The text that stands for a variable; None if there is no such variable."""
    if name in {"__from", "__to"}:
        return _moment(scope.start if name == "__from" else scope.end, format_)
    if name in {"__interval", "__interval_ms"} and scope.interval_ms is not None:
        return str(scope.interval_ms) if name == "__interval_ms" else interval_text(scope.interval_ms)
    selection = scope.variables.get(name)
    if selection is None:
        return None
    if selection.all_chosen and format_ == "queryparam":
        return _parameters(name, ["$__all"])
    if selection.all_chosen and selection.all_value is not None:
        return interpolate(selection.all_value, scope)
    return _formatted(name, selection, format_)


def _formatted(name: str, selection: Selection, format_: str | None) -> str:
    values = selection.values
    match format_:
        case "sqlstring":
            return ",".join("'" + value.replace("'", "''").replace('"', '\\"') + "'" for value in values)
        case "raw":
            return ",".join(values)
        case "queryparam":
            return _parameters(name, values)
        case None:
            return f"{{{','.join(values)}}}" if len(values) > 1 else "".join(values)
        case _:
            message = f"${{{name}:{format_}}}: the format is not used"
            raise InterpolationError(message)


def _parameters(name: str, values: list[str] | tuple[str, ...]) -> str:
    return "&".join(f"var-{name}={quote(value, safe=_UNESCAPED_IN_URLS)}" for value in values)


def _moment(moment: datetime, format_: str | None) -> str:
    milliseconds = (moment - _EPOCH) // _MILLISECOND
    match format_:
        case None:
            return str(milliseconds)
        case "date" | "date:iso":
            utc = moment.astimezone(UTC).replace(tzinfo=None)
            return utc.isoformat(timespec="milliseconds") + "Z"
        case "date:seconds":
            return str((milliseconds + 500) // 1000)
        case _:
            message = f"the format {format_} of moments is not used"
            raise InterpolationError(message)
