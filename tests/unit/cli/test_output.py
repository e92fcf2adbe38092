from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from theia_sf.cli.output import OutputFormat, render, row_writer, sanitize

ROWS = [
    {"name": "a", "count": Decimal(3), "when": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "more": ["x", "y"]},
    {"name": "b\x1b[31mred", "count": None, "when": None, "more": []},
]


def test_json_holds_every_key_and_plain_types(capsys: pytest.CaptureFixture[str]) -> None:
    render(ROWS, OutputFormat.JSON, columns={"name": "Name"})
    found = json.loads(capsys.readouterr().out)
    assert found[0] == {"name": "a", "count": 3, "when": "2026-01-02T03:04:05+00:00", "more": ["x", "y"]}
    assert found[1]["name"] == "b\x1b[31mred"


def test_yaml_is_the_same_data(capsys: pytest.CaptureFixture[str]) -> None:
    render(ROWS, OutputFormat.YAML)
    assert yaml.safe_load(capsys.readouterr().out)[0]["when"] == "2026-01-02T03:04:05+00:00"


def test_json_yaml_and_csv_write_no_raw_escapes(capsys: pytest.CaptureFixture[str]) -> None:
    for output in (OutputFormat.JSON, OutputFormat.YAML, OutputFormat.CSV):
        render(ROWS, output)
        assert "\x1b" not in capsys.readouterr().out


def test_csv_is_a_header_of_every_key_and_a_record_for_each_row(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"name": 'a, "b"\nc', "count": Decimal(3), "on": True}, {"name": "d", "count": None, "more": {"x": [1]}}]
    render(rows, OutputFormat.CSV, columns={"name": "Name"})
    assert capsys.readouterr().out == ('name,count,on,more\r\n"a, ""b""\nc",3,true,\r\nd,,,"{""x"": [1]}"\r\n')


def test_csv_of_one_object_is_one_record_and_of_none_the_header(capsys: pytest.CaptureFixture[str]) -> None:
    render({"region": "us-west-2", "when": ROWS[0]["when"]}, OutputFormat.CSV)
    assert capsys.readouterr().out == "region,when\r\nus-west-2,2026-01-02T03:04:05+00:00\r\n"
    render([], OutputFormat.CSV, columns={"name": "Name"})
    assert capsys.readouterr().out == "name\r\n"
    render({}, OutputFormat.CSV)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\x1b[31m=1", "\r=1"])
def test_no_text_in_csv_is_a_formula(capsys: pytest.CaptureFixture[str], text: str) -> None:
    render([{"name": text, "count": -1}], OutputFormat.CSV)
    _, (name, count) = csv.reader(io.StringIO(capsys.readouterr().out, newline=""))
    assert name == "'" + sanitize(text)
    assert count == "-1"


@given(st.lists(st.fixed_dictionaries({"a": st.text(), "b": st.integers()}), min_size=1))
def test_csv_is_read_as_it_was_written(rows: list[dict[str, object]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdout", out := io.StringIO(newline=""))
        render(rows, OutputFormat.CSV)
    read = list(csv.DictReader(io.StringIO(out.getvalue(), newline="")))
    assert [row["a"].removeprefix("'") for row in read] == [sanitize(str(row["a"])).removeprefix("'") for row in rows]
    assert [int(row["b"]) for row in read] == [row["b"] for row in rows]


def test_rows_that_come_one_by_one(capsys: pytest.CaptureFixture[str]) -> None:
    for output, expected in {
        OutputFormat.JSON: '{"n": 1, "t": "ü"}\n{"n": 2, "t": null}\n',
        OutputFormat.YAML: "---\nn: 1\nt: ü\n---\nn: 2\nt: null\n",
        OutputFormat.CSV: "n,t\r\n1,ü\r\n2,\r\n",
        OutputFormat.TABLE: "<1>\n<2>\n",
    }.items():
        write_item = row_writer(output, ("n", "t"), row=dict, line=lambda pair: f"<{pair[0][1]}>")
        write_item([("n", 1), ("t", "ü")])
        write_item([("n", 2), ("t", None)])
        assert capsys.readouterr().out == expected


def test_table_has_the_columns_asked_for_and_no_escapes(capsys: pytest.CaptureFixture[str]) -> None:
    render(ROWS, OutputFormat.TABLE, columns={"name": "Name", "more": "More"})
    out = capsys.readouterr().out
    assert "Name" in out
    assert "count" not in out
    assert "bred" in out
    assert "x, y" in out
    assert "\x1b" not in out


def test_table_of_one_object_and_markup_in_data(capsys: pytest.CaptureFixture[str]) -> None:
    render(
        {"region": "[bold]us-west-2[/bold]", "on": True}, OutputFormat.TABLE, columns={"region": "Region", "on": "On"}
    )
    out = capsys.readouterr().out
    assert "│ Region │ [bold]us-west-2[/bold] │" in out
    assert "│ On     │ yes" in out


def test_rows_are_not_wrapped_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    render([{"arn": "a" * 500}], OutputFormat.TABLE)
    assert "a" * 500 in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\ttext\nhere", "plain\ttext\nhere"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x07", "link"),
        ("\x9b31mred", "red"),
        ("a\x08\x08b\rc", "abc"),
        ("user\u202etxt.exe", "usertxt.exe"),
        ("Grüße 🙂", "Grüße 🙂"),
    ],
)
def test_sanitize(text: str, shown: str) -> None:
    assert sanitize(text) == shown


@given(st.text())
def test_nothing_that_moves_a_cursor_survives(text: str) -> None:
    shown = sanitize(text)
    assert not any((ord(char) < 32 and char not in "\n\t") or 0x7F <= ord(char) < 0xA0 for char in shown)
    assert sanitize(shown) == shown
