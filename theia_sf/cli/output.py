"""Results to stdout, as a table for people or as JSON, YAML or CSV for programs."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, TypeVar, cast

Row = Mapping[str, Any]
T = TypeVar("T")


class OutputFormat(StrEnum):
    """The values of `--output`."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"
    CSV = "csv"


# ECMA-48: CSI sequences, OSC/DCS/PM/APC strings (ended by BEL or ST), two-character escapes; then what is left of the
# control characters, and the bidirectional overrides that reorder what is read.
_ESCAPES: Final = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x9b[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]"
)
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_FORMULA: Final = ("=", "+", "-", "@", "\t")  # what a spreadsheet takes for a formula (OWASP, "CSV Injection")


def sanitize(text: str) -> str:
    """Return `text` without the escape sequences and control characters that data could smuggle to a terminal.

    Line feeds and tabs stay.
    """
    return _CONTROLS.sub("", _ESCAPES.sub("", text))


def render(
    result: Sequence[Row] | Row,
    output: OutputFormat,
    *,
    title: str | None = None,
    columns: Mapping[str, str] | None = None,
) -> None:
    """Write a result to stdout.

    Args:
        result: one object, shown as a table of two columns, or a list of objects, one per row. Keys are snake_case;
            values are JSON types, datetimes (written as RFC 3339) or Decimals.
        output: the format that `--output` asked for.
        title: a heading, in the table form only.
        columns: key to heading, in order. In the table form it says which keys are shown (default: all, as they
            come); JSON, YAML and CSV always hold every key. A CSV without rows has these keys as its header.
    """
    if output is OutputFormat.CSV:
        rows = [result] if isinstance(result, Mapping) else result
        _write_csv(rows, list(dict.fromkeys(key for row in rows for key in row) or columns or ()), header=True)
        return
    if output is OutputFormat.JSON:
        text = json.dumps(_plain(result), indent=2, ensure_ascii=False)
    elif output is OutputFormat.YAML:
        text = _yaml(_plain(result))
    else:
        text = _table(result, title, columns)
    write(text)


def write(text: str) -> None:
    """Write text and one line feed to stdout, and flush, so that a closed pipe is noticed here."""
    sys.stdout.write(text.rstrip("\n") + "\n")
    sys.stdout.flush()


def row_writer(
    output: OutputFormat, fields: Sequence[str], *, row: Callable[[T], Row], line: Callable[[T], str]
) -> Callable[[T], None]:
    """Return a function that writes one item of a result without an end, at once.

    JSON becomes one object per line, YAML one document per item, CSV a header (written now) and one record per item.

    Args:
        output: the format that `--output` asked for.
        fields: the keys of every row, in order.
        row: makes the row of an item.
        line: makes the line that is shown in the table form.
    """
    if output is OutputFormat.CSV:
        _write_csv([], fields, header=True)
        return lambda item: _write_csv([row(item)], fields, header=False)
    if output is OutputFormat.JSON:
        return lambda item: write(json.dumps(_plain(row(item)), ensure_ascii=False))
    if output is OutputFormat.YAML:
        return lambda item: write("---\n" + _yaml(_plain(row(item))))
    return lambda item: write(line(item))


def _write_csv(rows: Iterable[Row], fields: Sequence[str], *, header: bool) -> None:
    """Write records as RFC 4180 has them: CRLF after each, quotes where they are needed."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    if header and fields:
        writer.writerow(fields)
    writer.writerows([_csv_value(row.get(field)) for field in fields] for row in rows if fields)
    sys.stdout.write(text.getvalue())
    sys.stdout.flush()


def _csv_value(value: Any) -> str:
    plain = _plain(value)
    if plain is None:
        return ""
    if not isinstance(plain, str):
        return sanitize(json.dumps(plain, ensure_ascii=False))
    shown = sanitize(plain)
    # Names and labels come from the cluster's users: none of them shall run in the spreadsheet of who opens the file.
    return f"'{shown}" if shown.startswith(_FORMULA) else shown


def _plain(value: Any) -> Any:  # noqa: PLR0911 (one return per type is the clearest form)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in cast("Sequence[Any]", value)]
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, StrEnum):
        return value.value
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    return str(value)


def _yaml(value: Any) -> str:
    import yaml

    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, default_flow_style=False)


def _cell(value: Any) -> str:
    plain = _plain(value)
    if plain is None:
        return ""
    if isinstance(plain, bool):
        return "yes" if plain else "no"
    if isinstance(plain, str):
        return sanitize(plain)
    if isinstance(plain, list):
        items = cast("list[Any]", plain)
        if all(isinstance(item, str) for item in items):
            return sanitize(", ".join(items))
    return sanitize(json.dumps(plain, ensure_ascii=False))


def _table(result: Sequence[Row] | Row, title: str | None, columns: Mapping[str, str] | None) -> str:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(sanitize(title)) if title else None, box=box.SQUARE, title_justify="left")
    if isinstance(result, Mapping):
        shown = columns or {key: key for key in result}
        rows = [[heading, _cell(result.get(key))] for key, heading in shown.items()]
        table.show_header = False
        headings = ["", ""]
    else:
        shown = columns or {key: key for row in result for key in row}
        rows = [[_cell(row.get(key)) for key in shown] for row in result]
        headings = list(shown.values())
    for heading in headings:
        table.add_column(Text(heading), overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    # A pipe has no width: never wrap there, so that grep and awk see one row per line.
    console = Console(file=sys.stdout) if sys.stdout.isatty() else Console(file=sys.stdout, width=100_000)
    with console.capture() as captured:
        console.print(table)
    return captured.get()
