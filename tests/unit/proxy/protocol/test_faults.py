"""A Snowflake that does not answer, or not as Snowflake does: one clear refusal, recorded, at once."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.unit.proxy.fakes import proxy, rows
from theia_sf.proxy.audit.events import Kind
from theia_sf.proxy.upstream.errors import NO_ANSWER, UNREACHABLE, AccountUnavailableError

pytestmark = pytest.mark.anyio
QUERY, RESULT = "/queries/v1/query-request", "/queries/01b-1/result"


def raising(error: Exception) -> Any:
    def answer(_: httpx.Request) -> dict[str, Any]:
        raise error

    return answer


LOST = AccountUnavailableError(NO_ANSWER, "The connection to the Snowflake account production broke off.")
NOWHERE = AccountUnavailableError(UNREACHABLE, "The proxy gets no connection to the Snowflake account production.")


@pytest.mark.parametrize("error", [LOST, NOWHERE])
async def test_no_answer(error: AccountUnavailableError) -> None:
    made = proxy()
    token = await made.token()
    made.account.answers[QUERY] = raising(error)
    answer = await made.query(token)
    assert (answer.status_code, answer.json()["code"]) == (200, error.code)
    assert answer.json()["message"] == error.message
    assert made.audit.of(Kind.STATEMENT_FINISHED)[0]["outcome"] == "unknown"
    assert len([one for one in made.account.asked if one.url.path == QUERY]) == 1


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(503, content=b"busy"),
        httpx.Response(307, headers={"location": "https://elsewhere.test/"}),
        httpx.Response(200, content=b"<html>maintenance</html>"),
        httpx.Response(200, content=b'{"data": {"rowset": ['),
        httpx.Response(200, content=b""),
    ],
    ids=["503", "redirect", "html", "half", "empty"],
)
async def test_no_answer_of_snowflakes(response: httpx.Response) -> None:
    made = proxy()
    token = await made.token()
    made.account.answers[QUERY] = lambda _: response
    answer = await made.query(token)
    assert (answer.status_code, answer.json()["code"]) == (200, "390196")
    assert made.audit.of(Kind.STATEMENT_FINISHED)[0]["code"] == "390196"


async def test_polls_are_repeated_and_statements_are_not() -> None:
    made = proxy()
    token = await made.token()
    await made.query(token)
    answers = iter([LOST, NOWHERE, rows()])

    def flaky(_: httpx.Request) -> dict[str, Any]:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    made.account.answers[RESULT] = flaky
    assert (await made.get(RESULT, token)).json()["success"]
    made.account.answers[RESULT] = raising(LOST)
    assert (await made.get(RESULT, token)).json()["code"] == "390194"


async def test_numbers_and_order_of_an_answer_stay() -> None:
    made = proxy()
    token = await made.token()
    content = b'{"success": true, "code":null,"data":{"total":1,"x":1.10,"y":12345678901234567890,"queryId":"q"} }'
    made.account.answers[QUERY] = lambda _: httpx.Response(200, content=content)
    assert (await made.query(token)).content == content
