"""Names, numbers and times as the page shows them. Names come out of flow records: anybody may have written them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

# Controls, marks and overrides of direction, invisible separators, and halves of surrogate pairs: what would hide,
# reorder or break the text around it. Kubernetes admits none of them in a name.
_HARMFUL: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_LONGEST: Final = 200  # characters; a name in Kubernetes has at most 253, a label value 63
_UNITS: Final = ("B", "kB", "MB", "GB", "TB", "PB", "EB")
_STEP: Final = 1000  # decimal, as Grafana's unit decbytes
_THREE_DIGITS: Final = 100
_LEAST_SHARE: Final = 0.001


def safe(text: str, longest: int = _LONGEST) -> str:
    r"""Return a text of a flow record as it may be shown: what is harmful becomes `\u202e`, a long end `…`."""
    cut = text if len(text) <= longest else f"{text[: longest - 1]}…"
    return _HARMFUL.sub(lambda found: f"\\u{ord(found[0]):04x}", cut)


def size(octets: int) -> str:
    """Return a number of bytes with a decimal unit and three digits: `999 B`, `1.23 kB`, `45.6 MB`."""
    number, unit = float(octets), _UNITS[0]
    for unit in _UNITS:
        if abs(number) < _STEP - 0.5 or unit == _UNITS[-1]:
            break
        number /= _STEP
    if unit == _UNITS[0]:
        return f"{octets} B"
    digits = 0 if abs(number) >= _THREE_DIGITS else 1 if abs(number) >= 10 else 2  # noqa: PLR2004
    return f"{number:.{digits}f} {unit}"


def count(number: float) -> str:
    """Return a number with separators of thousands, and a digit after the point if it is no whole one by nature."""
    return f"{number:,}" if isinstance(number, int) else f"{number:,.1f}"


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """Return a number with what it counts: `1 flow`, `2,000 flows`."""
    return f"{number:,} {singular if number == 1 else plural or f'{singular}s'}"


def share(part: float) -> str:
    """Return a part of a whole in percent; what is more than nothing is never shown as 0."""
    return "< 0.1 %" if 0 < part < _LEAST_SHARE else f"{100 * part:.1f} %"


def moment(unix: int | None) -> str:
    """Return a Unix second as a time in UTC, marked as such; nothing for None."""
    if unix is None:
        return ""
    return _utc(unix).strftime("%Y-%m-%d %H:%M:%S UTC")


def iso(unix: int | None) -> str:
    """Return a Unix second as RFC 3339 in UTC; nothing for None."""
    return _utc(unix).strftime("%Y-%m-%dT%H:%M:%SZ") if unix is not None else ""


def span(seconds: int) -> str:
    """Return a length of time in its largest whole unit: `90 seconds`, `5 minutes`, `1 hour`, `7 days`."""
    for length, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= length and seconds % length == 0:
            return counted(seconds // length, unit)
    return counted(seconds, "second")


def _utc(unix: int) -> datetime:
    return datetime.fromtimestamp(unix, UTC)
