from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from theia_sf.errors import UsageError
from theia_sf.snowflake.identifiers import exact, fold, identifier, like_pattern, literal, qualified, written


def test_plain_names_are_folded_as_snowflake_does() -> None:
    assert identifier("antrea_x") == '"ANTREA_X"'
    assert identifier('"antrea_x"') == '"antrea_x"'
    assert qualified("db", "THEIA", "flows") == '"DB"."THEIA"."FLOWS"'
    assert identifier("my-warehouse") == '"my-warehouse"'


def test_stored_names_are_left_as_they_are() -> None:
    assert exact("Reader", 'a"b', "X") == '"Reader"."a""b"."X"'


def test_quotes_cannot_break_out() -> None:
    assert identifier('x"; DROP DATABASE y; --') == '"x""; DROP DATABASE y; --"'
    assert literal("it's \\ ok") == "'it''s \\\\ ok'"


def test_like_matches_the_name_alone() -> None:
    assert like_pattern("FLOWS_1%") == r"'FLOWS\\_1\\%'"


@pytest.mark.parametrize("name", ["", '""', "a\nb", "a\x00", "x" * 256, '"a"b"'])
def test_names_that_snowflake_cannot_have(name: str) -> None:
    with pytest.raises(UsageError):
        identifier(name)


@given(st.text(min_size=1, max_size=40))
def test_quoting_always_closes(name: str) -> None:
    try:
        quoted = identifier(name)
    except UsageError:
        return
    assert quoted[0] == quoted[-1] == '"'
    assert quoted[1:-1].replace('""', "").count('"') == 0
    assert identifier(quoted) == quoted
    assert fold(quoted) == fold(name)


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("FLOWS", "FLOWS"),
        ("_A$1", "_A$1"),
        ("flows", '"flows"'),
        ("MY DB", '"MY DB"'),
        ('A"B', '"A""B"'),
        ("1A", '"1A"'),
    ],
)
def test_a_stored_name_is_quoted_where_it_has_to_be(name: str, typed: str) -> None:
    assert written(name) == typed
    assert fold(typed) == name
