"""Bodies of requests: sizes, compression, and JSON that two readers could read in two ways."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from tests.unit.proxy.fakes import Proxy, proxy, signed
from theia_sf.proxy.errors import INVALID_REQUEST

pytestmark = pytest.mark.anyio


async def sent(made: Proxy, content: bytes, **headers: str) -> dict[str, Any]:
    token = await made.token()
    answer = await made.http.post("/queries/v1/query-request", content=content, headers=signed(token) | headers)
    assert answer.status_code == 200
    return answer.json()


async def test_gzip_is_known_by_its_first_bytes() -> None:
    made = proxy()
    body = gzip.compress(b'{"sqlText": "select 1"}')
    for headers in ({}, {"content-encoding": "gzip"}, {"content-encoding": "identity"}):
        assert (await sent(made, body, **headers))["success"]
    assert made.account.bodies("/queries/v1/query-request")[0]["sqlText"] == "select 1"
    assert "content-encoding" not in made.account.asked[-1].headers


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "not JSON"),
        (b"[1]", "not a JSON object"),
        (b'{"sqlText": NaN}', "not JSON"),
        (b'{"sqlText": "select 1", "x": 1e999}', "too large"),
        (b'{"sqlText": "select 1", "bindings": {"1": {"value": -1e999}}}', "too large"),
        (b'{"x": ' * 100_000, "not JSON"),
        (b"", "no sqlText"),
        (b'{"sqlText": 1}', "no sqlText"),
        (b'{"SQLTEXT": "drop table t", "sqlText": "select 1"}', "SQLTEXT is not how sqlText is spelled"),
        (b"\x1f\x8b nothing", "not gzip"),
        (gzip.compress(b"{}", mtime=0)[:-4], "breaks off"),
        (gzip.compress(b"{}", mtime=0) + b"more", "behind it"),
        (gzip.compress(b" " * 3000, mtime=0), "more than 2000 bytes"),
        (b" " * 3000, "more than 2000 bytes"),
    ],
)
async def test_what_is_no_request_of_the_protocol_is_refused(content: bytes, words: str) -> None:
    limit = 2_000_000 if content.startswith(b'{"x": {') else 2000
    made = proxy(limits={"body_bytes": limit})
    told = await sent(made, content)
    assert (told["success"], told["code"]) == (False, INVALID_REQUEST)
    assert words in told["message"]
    assert not made.account.bodies("/queries/v1/query-request")
    assert made.audit.kinds == ["session.started"]


async def test_of_a_name_that_stands_twice_snowflake_gets_what_the_policy_saw() -> None:
    made = proxy()
    await sent(made, b'{"sqlText": "drop table t", "sqlText": "select 1"}')
    (request,) = [one for one in made.account.asked if one.url.path == "/queries/v1/query-request"]
    assert request.content.count(b"sqlText") == 1
    assert json.loads(request.content)["sqlText"] == "select 1"
