from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from theia_sf.cli.output import OutputFormat, render, sanitize

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


def test_json_and_yaml_write_no_raw_escapes(capsys: pytest.CaptureFixture[str]) -> None:
    for output in (OutputFormat.JSON, OutputFormat.YAML):
        render(ROWS, output)
        assert "\x1b" not in capsys.readouterr().out


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
