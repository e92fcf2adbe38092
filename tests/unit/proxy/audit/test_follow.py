"""Whatever is done to the lines of a chain is seen."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from theia_sf.proxy.audit.chain import NO_KEY, START, Link, check, seal
from theia_sf.proxy.audit.follow import Follower

COUNT = 8


def lines(count: int = COUNT) -> list[bytes]:
    link, made = START, list[bytes]()
    for number in range(count):
        event = "audit.file" if number == 0 else "statement.finished"
        line, link = seal({"event": event, "fields": {"rows": number}}, link, NO_KEY)
        made.append(line)
    return made


def told(changed: list[bytes], *, missing_start: bool = False) -> list[str]:
    last = check(lines()[-1], NO_KEY)
    assert last is not None
    follower = Follower([last.link], missing_start=missing_start)
    messages: list[str] = []
    for number, line in enumerate(changed):
        messages += [f"{number + 1}: {text}" for text in follower.feed(line, NO_KEY, first_of_file=number == 0)]
    return messages + follower.missing()


def test_nothing_is_said_of_an_untouched_chain() -> None:
    assert told(lines()) == []


@given(st.permutations(lines()))
def test_any_other_order_is_seen(order: list[bytes]) -> None:
    assert bool(told(order)) == (order != lines())


@given(st.lists(st.integers(0, COUNT - 1), max_size=COUNT + 3))
def test_any_other_selection_is_seen(chosen: list[int]) -> None:
    assert bool(told([lines()[number] for number in chosen])) == (chosen != list(range(COUNT)))


@pytest.mark.parametrize(
    ("removed", "message"),
    [
        ([3], "4: record 4 is missing before it"),
        ([3, 4], "4: records 4 to 5 are missing before it"),
        ([7], "record 8 at the end, confirmed once, is missing"),
        ([6, 7], "records 7 to 8 at the end, confirmed once, are missing"),
    ],
)
def test_what_is_missing_is_named(removed: list[int], message: str) -> None:
    assert told([line for number, line in enumerate(lines()) if number not in removed]) == [message]


def test_a_changed_line_is_named_and_no_other() -> None:
    changed = lines()
    changed[4] = changed[4].replace(b'"rows":4', b'"rows":5')
    assert told(changed) == ["5: it was changed, or is no record of this audit"]


def test_a_changed_line_hides_no_missing_one() -> None:
    changed = lines()
    changed[3] = b"{}\n"
    del changed[4]
    assert told(changed) == [
        "4: it was changed, or is no record of this audit",
        "5: record 5 is missing before it",
    ]


def test_a_chain_that_was_made_anew_does_not_fit_what_was_noted() -> None:
    link, forged = START, list[bytes]()
    for number, line in enumerate(lines()):
        record = check(line, NO_KEY)
        assert record is not None
        changed = {name: value for name, value in record.record.items() if name not in {"seq", "prev"}}
        changed["fields"] = {"rows": 99 if number == 5 else number}
        made, link = seal(changed, link, NO_KEY)
        forged.append(made)
    assert told(forged) == ["8: record 8 is not the one that was confirmed"]


def test_older_files_may_be_put_away_where_that_is_said() -> None:
    later = [line for line in lines() if re.search(rb'"seq":[5-8],', line)]
    assert "1: records 1 to 4 are missing before it" in told(later)
    follower = Follower([], missing_start=True)
    messages = [(text, follower.excused) for text in follower.feed(later[0], NO_KEY, first_of_file=False)]
    assert messages == [("records 1 to 4 are missing before it", True)]
    assert not list(follower.feed(later[1], NO_KEY, first_of_file=False))
    assert follower.first == Link(5, follower.first.hash if follower.first else "")
