"""What is known of an answer, from all of it and from its two ends."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from theia_sf.proxy.protocol.facts import END_BYTES, of_answer, of_ends, of_whole


def answer(cells: list[list[str]], **changes: Any) -> bytes:
    data = {
        "parameters": [{"name": "TIMEZONE", "value": "UTC"}],
        "rowtype": [{"name": "success", "type": "text"}],
        "rowset": cells,
        "total": len(cells),
        "returned": len(cells),
        "queryId": "01b2-7",
        "finalDatabaseName": "D",
        "finalSchemaName": None,
        "finalWarehouseName": "W",
        "finalRoleName": 'a "role"',
        **changes,
    }
    return json.dumps({"data": data, "code": None, "message": None, "success": True}).encode()


cells = st.text(st.sampled_from('"success":false\\,code total{}[]é\n'), max_size=60)


@given(st.lists(st.lists(cells, min_size=1, max_size=3), min_size=1, max_size=30))
def test_values_that_look_like_names_are_none(rows: list[list[str]]) -> None:
    whole = answer(rows)
    facts = of_whole(whole)
    assert of_ends(whole[:100], whole[100:]) == facts
    assert (facts.success, facts.query_id, facts.rows) == (True, "01b2-7", len(rows))
    assert (facts.database, facts.schema, facts.warehouse, facts.role) == ("D", None, "W", 'a "role"')


def test_a_large_answer_is_known_by_its_ends() -> None:
    whole = answer([["x" * 1000]] * 1000)
    assert of_ends(whole[:END_BYTES], whole[-END_BYTES:]) == of_answer(whole) == of_whole(whole)
    with pytest.raises(ValueError, match="Unterminated"):
        of_answer(whole[:500_000])


def test_names_before_the_rows_are_found_too() -> None:
    whole = json.dumps({"success": True, "code": None, "data": {"queryId": "q", "total": 3, "rowset": []}}).encode()
    facts = of_ends(whole[:40], b"")
    assert facts.success is True
    assert facts.query_id is None
    assert of_ends(whole, b"]}}").rows == 3


@pytest.mark.parametrize("content", [b"", b"<html>", b"[1]", b"[" * 100_000], ids=["empty", "html", "list", "deep"])
def test_no_json_object_is_said_so(content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (whatever the words of the json module)
        of_whole(content)


def test_an_answer_that_breaks_off_tells_no_outcome() -> None:
    assert of_ends(answer([["1"]])[:60], b"").outcome == "unknown"


def test_a_statement_that_goes_on() -> None:
    facts = of_whole(b'{"success":true,"code":"333334","data":{"queryId":"q","getResultUrl":"/queries/q/result"}}')
    assert (facts.in_progress, facts.outcome) == (True, "running")


def test_the_statements_of_several_and_a_stage_are_seen() -> None:
    facts = of_whole(answer([], resultIds="q1,q2,", stageInfo={"creds": {}}))
    assert (facts.children, facts.has_stage) == (("q1", "q2"), True)
    assert of_ends(answer([], stageInfo={}), b"").has_stage


@pytest.mark.parametrize("name", ["stageInfo", "uploadInfo", "presignedUrls"])
@pytest.mark.parametrize("before", [0, 100_000])
def test_access_to_a_stage_is_seen_wherever_it_stands(name: str, before: int) -> None:
    whole = answer([["x" * before]], **{name: {"creds": "c"}, "after": "x" * before})
    assert of_answer(whole).has_stage
    assert of_whole(whole).has_stage
    nothing = answer([["x" * before, f'"{name}":']], **{name: None, "after": "x" * before})
    assert not of_answer(nothing).has_stage
    assert not of_whole(nothing).has_stage
