"""What gets into a record, and what does not."""

from __future__ import annotations

import ast
import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from theia_sf.proxy.audit.events import Event, Kind
from theia_sf.proxy.audit.redaction import Redactor
from theia_sf.proxy.config.audit import FIELDS, Redaction
from theia_sf.proxy.protocol import record as record_module
from theia_sf.proxy.sessions.tokens import new_token
from theia_sf.proxy.users.access_tokens import new_access_token
from theia_sf.secret import Secret


def record(told: dict[str, Any], /, *, prefix: str = "Theia:", **rules: Any) -> dict[str, Any]:
    event = Event(Kind.STATEMENT_FINISHED, "alice", "flows", "s-1", "192.0.2.7", told)
    return Redactor(Redaction(**rules), prefix).record(event)


STATEMENT = {
    "sqlText": "SELECT 'x' -- y\nFROM t WHERE a = ?",
    "bindings": {"1": {"type": "TEXT", "value": "v", "fmt": "f"}, "2": {"type": "FIXED", "value": ["1", "2"]}},
    "message": "unexpected 'x'.",
}
MASKED_BINDINGS = {"1": {"type": "TEXT", "value": "***", "fmt": "f"}, "2": {"type": "FIXED", "value": ["***", "***"]}}


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("none", STATEMENT),
        ("bindings", {**STATEMENT, "bindings": MASKED_BINDINGS}),
        (
            "literals",
            {"sqlText": "SELECT ?\nFROM t WHERE a = ?", "bindings": MASKED_BINDINGS, "message": "unexpected '?'."},
        ),
        ("full", {"sqlText": "***", "bindings": MASKED_BINDINGS, "message": "unexpected '?'."}),
    ],
)
def test_modes(mode: str, expected: dict[str, Any]) -> None:
    assert record(STATEMENT, mode=mode)["fields"] == expected


def test_fields_and_patterns() -> None:
    told = record(
        {"parameters": {"QUERY_TAG": "a"}, "sqlText": "SELECT 'card 4111111111111111'", "rows": 3},
        fields=("parameters", "rows"),
        patterns=(r"\b\d{16}\b",),
    )
    assert told["fields"] == {"parameters": "***", "sqlText": "SELECT 'card ***'", "rows": "***"}


def test_what_is_said_of_a_statement_with_a_credential_does_not_quote_it() -> None:
    told = record({"sqlText": "ALTER USER u SET PASSWORD = 'abc' x", "message": "syntax error: unexpected 'abc'"})
    assert "abc" not in json.dumps(told)


@pytest.mark.parametrize(
    "told",
    [
        {"sqlText": "ALTER USER u SET PASSWORD = 'abc' x", "message": "unexpected 'it's abc'."},
        {"code": "001003", "message": "syntax error line 1 at position 29 unexpected 'abc'."},  # it ran on
    ],
)
def test_what_is_said_of_a_statement_quotes_no_part_of_a_credential(told: dict[str, Any]) -> None:
    assert "abc" not in json.dumps(record(told))


@pytest.mark.parametrize("hidden", ["https://user:abc@git.example/x", "https://h/b?Expires=1&Signature=abc%2F"])
def test_credentials_in_urls(hidden: str) -> None:
    assert "abc" not in json.dumps(record({"sqlText": f"SELECT '{hidden}'"}))


def test_a_credential_that_is_bound() -> None:
    told = record({"sqlText": "ALTER USER u SET PASSWORD = ?", "bindings": {"1": {"type": "TEXT", "value": "abc"}}})
    assert told["fields"]["bindings"] == {"1": {"type": "TEXT", "value": "***"}}


@pytest.mark.parametrize(
    "hidden",
    [
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJBLkIifQ.c2lnbmF0dXJl",
        "-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEvQ",
        "ver:3-hint:1234-ETMsDgAAAYx0abcdefghijklmn",
        pytest.param(
            new_token("Theia:"), id="an id in the place of a token"
        ),  # random: a name that is the same everywhere
        pytest.param(new_access_token()[1].reveal(), id="an access token"),
    ],
)
def test_credentials_are_masked_wherever_they_stand(hidden: str) -> None:
    told = record({"sqlText": f"SELECT '{hidden}'", "parameters": {"a": [hidden]}, "other": {hidden: 1}})
    assert hidden not in json.dumps(told, ensure_ascii=False).replace("\\n", "\n")


def test_the_signature_of_a_url_is_masked_and_the_url_stays() -> None:
    url = "https://b.s3.amazonaws.com/x?X-Amz-Date=1&X-Amz-Signature=abcdef&y=2"
    assert record({"message": url})["fields"]["message"] == ("https://b.s3.amazonaws.com/x?X-Amz-Date=1&***&y=2")


def test_secrets_that_the_process_knows_and_ids_of_another_prefix() -> None:
    known, own = Secret("hunter2-hunter2"), new_token("Mine.")
    told = record({"sqlText": f"SELECT '{known.reveal()}', '{own}'"}, prefix="Mine.")
    assert told["fields"]["sqlText"] == "SELECT '***', '***'"


def test_values_under_the_names_of_credentials() -> None:
    told = record({"parameters": {"CLIENT_SECRET": "abc", "ROWS": 5, "TOKEN_COUNT": 3}})
    assert told["fields"]["parameters"] == {"CLIENT_SECRET": "***", "ROWS": 5, "TOKEN_COUNT": 3}


@pytest.mark.parametrize("value", [["abc"], {"value": "abc"}, [["abc"]]])
def test_whatever_stands_under_the_name_of_a_credential(value: Any) -> None:
    assert record({"parameters": {"a": {"CLIENT_SECRET": value}}})["fields"]["parameters"] == {
        "a": {"CLIENT_SECRET": "***"}
    }


def test_long_texts_are_cut_and_their_whole_is_known_by_its_hash() -> None:
    sql = "SELECT " + "é" * 300
    fields = record({"sqlText": sql, "bindings": {"1": "x" * 300}}, text_bytes=256)["fields"]
    assert sql.startswith(fields["sqlText"])
    assert len(fields["sqlText"].encode()) <= 256
    assert fields["sqlTextBytes"] == len(sql.encode())
    assert fields["sqlTextSha256"] == hashlib.sha256(sql.encode()).hexdigest()
    assert fields["bindings"].startswith('{"1":"xxx')
    assert fields["bindingsBytes"] == 308


def test_the_hash_of_a_cut_text_tells_nothing_of_its_credentials() -> None:
    sql = "CREATE USER u PASSWORD = 'abc' COMMENT = '" + "x" * 300 + "'"
    fields = record({"sqlText": sql}, text_bytes=256)["fields"]
    assert fields["sqlTextSha256"] == hashlib.sha256(sql.replace("abc", "***").encode()).hexdigest()


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.text(alphabet=st.characters())
        | st.binary()
        | st.datetimes(timezones=st.just(UTC)),
        lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner) | st.tuples(inner),
        max_leaves=20,
    )
)
def test_any_value_becomes_json(value: Any) -> None:
    told = record({"value": value, "bindings": value}, mode="bindings")
    json.dumps(told, allow_nan=False)


def test_what_is_too_deep_is_cut() -> None:
    value: Any = datetime.now(UTC)
    for _ in range(5000):
        value = [value]
    json.dumps(record({"bindings": value, "parameters": value}, mode="bindings"))


def test_a_field_that_no_record_has_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"'parametres' is none of the fields of a record: .*parameters"):
        Redaction(fields=("parametres",))


def test_every_field_that_is_told_can_be_masked() -> None:
    """By the source of what tells them: `record.event(…, name=…)`, and the texts in `record`."""
    root = Path(record_module.__file__).parents[1]
    told: set[str] = set()
    for path in (*root.glob("protocol/*.py"), root / "setup" / "ending.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "record.event":
                told |= {keyword.arg for keyword in node.keywords if keyword.arg is not None}
            if isinstance(node, ast.Dict) and path.name == "record.py":
                told |= {key.value for key in node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}
    assert {"queryId", "groups", "requestId"} <= told
    assert told <= set(FIELDS)


@pytest.mark.parametrize(("pattern", "words"), [("(", "no regular expression"), ("a*", "mask everything")])
def test_patterns_that_are_none_are_refused(pattern: str, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Redaction(patterns=(pattern,))
