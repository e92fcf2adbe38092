"""Patterns of names."""

from __future__ import annotations

import pytest

from theia_sf.proxy.access.patterns import NamePattern


@pytest.mark.parametrize(
    ("text", "name", "matches"),
    [
        ("flows", ("FLOWS",), True),
        ("flows", ("flows",), False),
        ('"flows"', ("flows",), True),
        ("ANTREA_*", ("ANTREA_X",), True),
        ("ANTREA_*", ("ANTREA_",), True),
        ("ANTREA_*", ("antrea_x",), False),
        ("ANTREA_?", ("ANTREA_XY",), False),
        ('"A*"', ("AB",), False),
        ('"A*"', ("A*",), True),
        ("A.B", ("A", "B"), True),
        ("A.B", ("B",), False),
        ("B", ("A", "B"), True),
        ("A.*", ("A", "B.C"), True),
        ('A."b.c"', ("A", "b.c"), True),
        ('"a""b"', ('a"b',), True),
        ("*", ("anything at all\n",), True),
    ],
)
def test_matches(text: str, name: tuple[str, ...], matches: bool) -> None:
    assert NamePattern.parse(text, 2).matches(*name) is matches


@pytest.mark.parametrize("text", ["", ".", "a.", ".a", "a..b", "a b", "a-b", 'a"b', '"a', '""', "a.b.c", "[a]", "a.b "])
def test_what_is_no_pattern(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a name|cannot be a Snowflake name"):
        NamePattern.parse(text, 2)


@pytest.mark.parametrize(
    ("one", "other", "covers"),
    [
        ("*", "A*", True),
        ("A*", "A*", True),
        ("A*", "AB", True),
        ("A*", "AB*", False),
        ("A?", "A*", False),
        ("A", "*", False),
    ],
)
def test_covers(one: str, other: str, covers: bool) -> None:
    assert NamePattern.parse(one, 1).covers(NamePattern.parse(other, 1)) is covers
