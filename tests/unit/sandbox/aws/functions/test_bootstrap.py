"""What a function's process makes of its handler."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from types import ModuleType

import pytest

from theia_sf.sandbox.aws.functions.bootstrap import FunctionError, described, find_handler, marshalled


@pytest.fixture(autouse=True)
def _module(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("some_function")
    module.handler = lambda event, _context: event  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "some_function", module)


def test_the_handler_is_found_by_its_setting() -> None:
    assert find_handler("some_function.handler")({"a": 1}, None) == {"a": 1}


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("handler", "Runtime.MalformedHandlerName", "Bad handler 'handler'"),
        ("no_such_module.handler", "Runtime.ImportModuleError", "No module named 'no_such_module'"),
        ("some_function.other", "Runtime.HandlerNotFound", "Handler 'other' missing on module 'some_function'"),
    ],
)
def test_a_wrong_setting_is_told_as_lambda_tells_it(name: str, kind: str, message: str) -> None:
    with pytest.raises(FunctionError, match=message) as caught:
        find_handler(name)
    assert caught.value.kind == kind


def test_what_json_cannot_say_cannot_be_returned() -> None:
    assert json.loads(marshalled({"à": 1})) == {"à": 1}
    with pytest.raises(FunctionError, match="Unable to marshal response") as caught:
        marshalled(datetime.now(UTC))
    assert caught.value.kind == "Runtime.MarshalError"


def test_an_exception_is_described_with_its_frames() -> None:
    try:
        json.loads("{")
    except ValueError as error:
        answer = described(error, "request-1")
    assert (answer["errorType"], answer["requestId"]) == ("JSONDecodeError", "request-1")
    assert "Expecting property name" in answer["errorMessage"]
    assert "in raw_decode" in answer["stackTrace"][-1]
