"""Statements: what Snowflake is sent, whose results they are, what is recorded, and when."""

from __future__ import annotations

import asyncio
import gzip
import json
from dataclasses import replace
from typing import Any

import httpx
import pytest

from tests.unit.proxy.fakes import SESSION_TOKEN, Proxy, Told, no, ok, proxy, rows, signed
from theia_sf.proxy.audit.events import Event, Kind
from theia_sf.proxy.protocol.app import create_app
from theia_sf.proxy.protocol.ownership import request_key
from theia_sf.proxy.sessions.errors import StoreUnavailableError

pytestmark = pytest.mark.anyio
QUERY = "/queries/v1/query-request"


async def test_it_goes_on_as_it_is_with_snowflakes_token() -> None:
    made = proxy()
    token = await made.token()
    body = {
        "sqlText": "select ?",
        "bindings": {"1": {"type": "FIXED", "value": "7"}},
        "sequenceId": 1,
        "queryContextDTO": {"entries": [9_007_199_254_740_993]},
        "somethingNew": 0.1,
    }
    headers = signed(token) | {
        "x-forwarded-for": "10.0.0.1",
        "cookie": "a=b",
        "x-snowflake-service": "s",
        "user-agent": "Go",
    }
    answer = await made.http.post(f"{QUERY}?requestId=r1&retryCount=1", json=body, headers=headers)
    request = made.account.asked[-1]
    assert json.loads(request.content) == body
    assert request.url.query == b"requestId=r1&retryCount=1"
    assert request.headers["authorization"] == f'Snowflake Token="{SESSION_TOKEN}"'
    assert (request.headers["x-snowflake-service"], request.headers["user-agent"]) == ("s", "Go")
    assert not {"x-forwarded-for", "cookie"} & set(request.headers)
    assert answer.json() == rows()
    started, finished = made.audit.of(Kind.STATEMENT_STARTED), made.audit.of(Kind.STATEMENT_FINISHED)
    assert (started[0]["sqlText"], started[0]["bindings"]) == ("select ?", body["bindings"])
    assert (finished[0]["queryId"], finished[0]["rows"], finished[0]["outcome"]) == ("01b-1", 1, "success")
    assert started[0]["requestId"] == finished[0]["requestId"] == "r1"


async def test_the_policys_parameters_take_the_place_of_the_clients() -> None:
    made = proxy()
    made.access.parameters = {"ROWS_PER_RESULTSET": 10}
    token = await made.token()
    await made.query(token, parameters={"rows_per_resultset": 0, "QUERY_TAG": "t"})
    assert made.account.bodies(QUERY)[0]["parameters"] == {"QUERY_TAG": "t", "ROWS_PER_RESULTSET": 10}


async def test_a_denied_statement_never_leaves() -> None:
    made = proxy()
    told = (await made.query(await made.token(), "select forbidden")).json()
    assert (told["code"], told["data"]["sqlState"], told["data"]["queryId"]) == ("003001", "42501", None)
    assert made.account.bodies(QUERY) == []
    assert made.audit.kinds[1:] == ["statement.denied"]
    assert made.audit.of(Kind.STATEMENT_DENIED)[0]["rule"] == "readers"


async def test_nothing_runs_that_cannot_be_recorded() -> None:
    made = proxy()
    token = await made.token()
    made.audit.full = {Kind.STATEMENT_STARTED}
    told = (await made.query(token)).json()
    assert (told["success"], told["code"]) == (False, "390199")
    assert "no space left" in told["message"]
    assert made.account.bodies(QUERY) == []


async def test_what_only_reads_runs_while_its_start_is_recorded() -> None:
    made = proxy()
    token = await made.token()
    made.access.only_reads = True
    reached, kept = asyncio.Event(), made.audit.record

    async def slow(event: Event) -> None:
        if event.kind is Kind.STATEMENT_STARTED:
            await reached.wait()  # until Snowflake has been asked
        await kept(event)

    def answered(_: httpx.Request) -> dict[str, Any]:
        assert made.audit.of(Kind.STATEMENT_STARTED) == []
        reached.set()
        return rows()

    made.audit.record = slow
    made.account.answers[QUERY] = answered
    assert (await made.query(token)).json()["success"]
    assert made.audit.kinds[1:] == ["statement.started", "statement.finished"]


@pytest.mark.parametrize("answer", [rows(), httpx.Response(503)])
async def test_nothing_is_told_of_what_only_reads_if_its_start_is_not_recorded(answer: Told) -> None:
    made = proxy()
    token = await made.token()
    made.access.only_reads = True
    made.audit.full = {Kind.STATEMENT_STARTED}
    made.account.answers[QUERY] = lambda _: answer
    told = await made.query(token)
    assert told.json()["code"] == "390199"
    assert "rowset" not in told.text
    assert made.audit.kinds[1:] == []


async def test_while_nothing_can_be_recorded_what_only_reads_does_not_run_either() -> None:
    made = proxy()
    token = await made.token()
    made.access.only_reads = True
    made.audit.full, made.audit.failing = {Kind.STATEMENT_STARTED}, "no space left on the device"
    assert (await made.query(token)).json()["code"] == "390199"
    assert made.account.bodies(QUERY) == []


async def test_no_result_is_handed_out_that_cannot_be_recorded() -> None:
    made = proxy()
    token = await made.token()
    made.audit.full = {Kind.STATEMENT_FINISHED}
    answer = await made.query(token)
    assert answer.json()["code"] == "390199"
    assert "rowset" not in answer.text


async def test_an_error_of_snowflakes_is_recorded_and_handed_on() -> None:
    made = proxy()
    token = await made.token()
    refusal = no("002003", "Object 'T' does not exist or not authorized.")
    made.account.answers[QUERY] = lambda _: refusal
    assert (await made.query(token)).json() == refusal
    finished = made.audit.of(Kind.STATEMENT_FINISHED)[0]
    assert (finished["outcome"], finished["code"], finished["message"]) == ("failure", "002003", refusal["message"])


async def test_the_context_that_snowflake_tells_is_what_the_policy_asks_by_next() -> None:
    made = proxy()
    token = await made.token()
    told = {"finalDatabaseName": "D2", "finalSchemaName": None, "finalRoleName": "R", "finalWarehouseName": "W"}
    made.account.answers[QUERY] = lambda _: rows(**told)
    await made.query(token)
    await made.query(token)
    seen = made.access.asked[-1]
    assert (seen.role, seen.warehouse, seen.database, seen.schema) == ("R", "W", "D2", None)


async def test_the_result_of_another_session_tells_nothing_of_this_ones_context() -> None:
    """What unqualified names mean here would be taken for what they meant there, which may be all that is allowed."""
    made = proxy()
    there, here = await made.token("ann"), await made.token("ann")
    allowed = {"finalDatabaseName": "ALLOWED", "finalSchemaName": "P", "finalRoleName": "R"}
    made.account.answers[QUERY] = made.account.answers["/queries/01b-1/result"] = lambda _: rows(**allowed)
    await made.query(there)
    assert (await made.get("/queries/01b-1/result", here)).json()["success"]
    child = rows("01b-1", resultIds="01b-2", **allowed)
    made.account.answers["/queries/01b-1/result"] = lambda _: child
    made.account.answers["/queries/01b-2/result"] = lambda _: rows("01b-2", **allowed)
    for query in ("01b-1", "01b-2"):
        assert (await made.get(f"/queries/{query}/result", here)).json()["success"]
    theirs, mine = await made.store.all()
    assert (theirs.database, mine.database) == ("ALLOWED", "FLOWS")
    await made.store.replace(replace(theirs, database="BEFORE"))
    assert (await made.get("/queries/01b-1/result", there)).json()["success"]  # it may have come to its end only now
    assert (await made.store.all())[0].database == "ALLOWED"


async def test_the_address_of_a_stage_is_for_statements_about_files_alone() -> None:
    made = proxy()
    token = await made.token()
    made.account.answers[QUERY] = lambda _: rows(stageInfo={"creds": {"AWS_SECRET_KEY": "of the stage"}})
    answer = await made.query(token)
    assert answer.json()["code"] == "003001"
    assert "of the stage" not in answer.text
    made.access.kinds = ("get",)
    assert "of the stage" in (await made.query(token)).text


async def followed(made: Proxy, token: str) -> None:
    made.account.answers[QUERY] = lambda _: {
        **ok({"queryId": "q-1", "getResultUrl": "/queries/q-1/result"}),
        "code": "333334",
    }
    made.account.answers["/queries/q-1/result"] = lambda _: rows("q-1")
    made.account.answers["/monitoring/queries/q-1"] = lambda _: ok({"queries": [{"id": "q-1"}]})
    await made.query(token, asyncExec=True)


async def test_a_statement_that_goes_on_is_followed() -> None:
    made = proxy()
    token = await made.token()
    await followed(made, token)
    assert (await made.get("/monitoring/queries/q-1", token)).json()["data"]["queries"][0]["id"] == "q-1"
    assert (await made.get("/queries/q-1/result?x=1", token)).json()["data"]["total"] == 1
    assert made.audit.kinds[1:] == ["statement.started", "statement.running", "statement.finished"]
    assert made.audit.of(Kind.STATEMENT_FINISHED)[0]["queryId"] == "q-1"


async def test_queries_of_one_user_are_nobody_elses() -> None:
    made = proxy()
    await followed(made, await made.token("ann"))
    bob, asked = await made.token("bob"), len(made.account.asked)
    for url in ("/queries/q-1/result", "/monitoring/queries/q-1", "/queries/q-2/result", "/queries/a%2Fb/result"):
        told = (await made.get(url, bob)).json()
        assert (told["success"], told["code"][:6]) in {(False, "000709"), (False, "390106")}
    abort = await made.post("/queries/v1/abort-request?requestId=x", bob, {"requestId": "r1"})
    assert abort.json()["code"] == "000709"
    assert len(made.account.asked) == asked
    again = await made.token("ann")
    assert (await made.get("/queries/q-1/result", again)).json()["success"]


async def test_the_children_of_several_statements_are_followed_too() -> None:
    made = proxy()
    token = await made.token()
    made.account.answers[QUERY] = lambda _: rows("q-0", resultIds="q-1,q-2")
    made.account.answers["/queries/q-2/result"] = lambda _: rows("q-2")
    await made.query(token, "select 1; select 2")
    assert (await made.get("/queries/q-2/result", token)).json()["success"]


async def test_an_abort_is_passed_on_and_recorded() -> None:
    made = proxy()
    token = await made.token()
    made.account.answers["/queries/v1/abort-request"] = lambda _: ok(None)
    await made.query(token, request_id="r7")
    told = await made.post("/queries/v1/abort-request?requestId=r8", token, {"requestId": "r7", "sqlText": "x"})
    assert told.json()["success"]
    assert made.audit.of(Kind.STATEMENT_ABORTED) == [{"requestId": "r7"}]
    assert (await made.post("/queries/v1/abort-request", token, {})).json()["code"] == "390106"
    other = await made.post("/queries/v1/abort-request", token, {"requestId": "r7", "queryId": "of-somebody"})
    assert other.json()["code"] == "000709"


@pytest.mark.parametrize("path", ["/queries/v1/abort-request", "/queries/q-1/abort-request"])
@pytest.mark.parametrize("body", [{"requestID": "r8"}, {"queryid": "q-8"}, {"QueryId": "q-8"}])
async def test_no_spelling_aborts_what_is_somebody_elses(path: str, body: dict[str, str]) -> None:
    made = proxy()
    ann, bob = await made.token("ann"), await made.token("bob")
    made.account.answers[QUERY] = lambda request: rows(str(request.url.params["requestId"]).replace("r", "q-"))
    await made.query(ann, request_id="r1")
    await made.query(bob, request_id="r8")
    asked = len(made.account.asked)
    assert (await made.post(path, ann, {"requestId": "r1", **body})).json()["code"] == "000709"
    assert len(made.account.asked) == asked


@pytest.mark.parametrize("name", ["q-1%3Fx=", "q%0A", "%2e%2e", "request:{key}"])
async def test_what_is_no_id_of_a_query_becomes_no_path(name: str) -> None:
    made = proxy()
    token = await made.token()
    await made.query(token, request_id="r1")
    (session,) = await made.store.all()
    name = name.format(key=request_key(session, "r1").removeprefix("request:"))
    asked = len(made.account.asked)
    for told in (
        await made.post(f"/queries/{name}/abort-request", token),
        await made.get(f"/queries/{name}/result", token),
        await made.get(f"/monitoring/queries/{name}", token),
    ):
        assert told.json()["code"] in {"000709", "390106"}
    assert len(made.account.asked) == asked


async def test_a_request_with_two_ids_is_refused() -> None:
    """Snowflake may take the first, and the proxy the second."""
    made = proxy()
    token = await made.token()
    told = await made.post(f"{QUERY}?requestId=a&requestId=b", token, {"sqlText": "select 1"})
    assert (told.json()["code"], made.account.bodies(QUERY)) == ("390106", [])


async def test_a_statement_is_sent_as_the_text_that_was_read_alone() -> None:
    made = proxy()
    token = await made.token()
    assert (await made.query(token, dataframeAst="a tree")).json()["success"]
    assert made.account.bodies(QUERY) == [{"sqlText": "select 1"}]
    assert (await made.query(token, DataFrameAST="a tree")).json()["code"] == "390106"


async def test_what_a_client_says_of_its_bodys_encoding_is_not_said_of_the_proxys() -> None:
    made = proxy()
    headers = signed(await made.token()) | {"content-type": "application/json; charset=utf-16"}
    content = json.dumps({"sqlText": "select 'é'"}).encode("utf-16")
    assert (await made.http.post(f"{QUERY}?requestId=r", content=content, headers=headers)).json()["success"]
    request = made.account.asked[-1]
    assert request.headers.get_list("content-type") == ["application/json"]
    assert json.loads(request.content.decode("ascii")) == {"sqlText": "select 'é'"}


async def test_a_url_that_is_no_text_is_passed_on_as_one() -> None:
    made = proxy()
    token = await made.token()
    app = create_app(made.services)

    async def without_proof(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "query_string": b"requestId=r1&x=\xff"}, receive, send)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(without_proof), base_url="http://proxy.test") as http:
        for path in (QUERY, "/session/heartbeat"):
            answer = await http.post(path, json={"sqlText": "select 1"}, headers=signed(token))
            assert answer.json()["success"]


async def test_a_status_with_a_long_statement_in_it_is_handed_on() -> None:
    made = proxy()
    token = await made.token()
    await followed(made, token)
    status = ok({"queries": [{"id": "q-1", "status": "RUNNING", "sqlText": f"{'x' * 400_000} {SESSION_TOKEN}"}]})
    made.account.answers["/monitoring/queries/q-1"] = lambda _: status
    told = await made.get("/monitoring/queries/q-1", token)
    assert told.json()["data"]["queries"][0]["sqlText"] == "x" * 400_000 + " ***"


async def test_a_store_that_fails_leaves_one_end_of_a_statement(monkeypatch: pytest.MonkeyPatch) -> None:
    made = proxy()
    token = await made.token()

    async def unavailable(_: object) -> bool:
        reason = "disk I/O error"
        raise StoreUnavailableError(reason)

    monkeypatch.setattr(made.store, "replace", unavailable)
    made.account.answers[QUERY] = lambda _: rows(finalDatabaseName="D2")
    assert (await made.query(token)).json()["code"] == "390198"
    assert len(made.audit.of(Kind.STATEMENT_FINISHED)) == 1


async def test_a_store_that_fails_while_a_time_limit_runs_is_the_logs(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made = proxy()
    token = await made.token()
    made.access.timeout = 0.05
    await followed(made, token)

    async def unavailable(_: str) -> None:
        reason = "disk I/O error"
        raise StoreUnavailableError(reason)

    monkeypatch.setattr(made.store, "get", unavailable)
    await asyncio.gather(*made.services.background)
    assert "A statement over its time was not aborted" in caplog.text


async def test_the_policys_time_limit_aborts_and_tells_so() -> None:
    made = proxy()
    token = await made.token()
    made.access.timeout = 0.05

    async def slow(_: httpx.Request) -> dict[str, object]:
        await asyncio.sleep(30)
        return rows()

    made.account.answers[QUERY] = slow
    made.account.answers["/queries/v1/abort-request"] = lambda _: ok(None)
    told = (await made.query(token, request_id="r9")).json()
    assert (told["code"], told["data"]["sqlState"]) == ("000630", "57014")
    assert made.account.bodies("/queries/v1/abort-request") == [{"requestId": "r9"}]
    assert made.audit.of(Kind.STATEMENT_FINISHED)[0]["code"] == "000630"


async def test_the_policys_time_limit_waits_for_no_snowflake_that_hangs(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("theia_sf.proxy.protocol.aborting._PATIENCE", 0.05)
    made = proxy()
    token = await made.token()
    made.access.timeout = 0.05

    async def hangs(_: httpx.Request) -> dict[str, object]:
        await asyncio.sleep(30)
        return rows()

    made.account.answers[QUERY] = made.account.answers["/queries/v1/abort-request"] = hangs
    told = await asyncio.wait_for(made.query(token), 5)
    assert told.json()["code"] == "000630"
    assert "was not aborted: Snowflake does not answer" in caplog.text


async def test_the_time_limit_goes_on_when_the_client_only_polls() -> None:
    made = proxy()
    token = await made.token()
    made.access.timeout = 0.05
    made.account.answers["/queries/v1/abort-request"] = lambda _: ok(None)
    await followed(made, token)
    await asyncio.gather(*made.services.background)
    assert made.account.bodies("/queries/v1/abort-request") == [{"requestId": "r1"}]


async def test_a_request_that_is_not_known_is_refused() -> None:
    made = proxy()
    token = await made.token()
    for method, path in (
        ("GET", "/"),
        ("POST", "/api/v2/statements"),
        ("PUT", QUERY),
        ("TRACE", QUERY),
        ("PROPFIND", "/"),
        ("GET", QUERY),
        ("POST", "/session"),
    ):
        answer = await made.http.request(method, path, headers=signed(token))
        assert (answer.status_code, answer.json()["success"]) == (200, False)
    assert (await made.post("/session/authenticator-request", None)).json()["code"] == "390106"
    assert len(made.account.asked) == 1


async def test_telemetry_ends_here() -> None:
    made = proxy(limits={"body_bytes": 1000})
    for path in ("/telemetry/send", "/telemetry/send/sessionless"):
        assert (await made.post(path, None, {"logs": []})).json()["success"]
        packed = await made.http.post(path, content=gzip.compress(b" " * 100_000))  # nobody unfolds it
        assert packed.json()["success"]
        assert (await made.post(path, None, {"logs": "x" * 1000})).json()["code"] == "390106"
    assert made.account.asked == []


async def test_secrets_in_an_answer_are_taken_out() -> None:
    made = proxy()
    token = await made.token()
    made.account.answers[QUERY] = lambda _: httpx.Response(
        200, json=rows(note=f"the token {SESSION_TOKEN}"), headers={"x-new": SESSION_TOKEN, "set-cookie": "a=b"}
    )
    answer = await made.query(token)
    assert SESSION_TOKEN not in answer.text
    assert "the token ***" in answer.text
    assert answer.headers["x-new"] == "***"
    assert "set-cookie" not in answer.headers


async def test_a_failure_of_the_proxy_is_a_refusal_too(caplog: pytest.LogCaptureFixture) -> None:
    made = proxy()
    token = await made.token()
    made.access.statement = lambda *_, **__: 1 / 0  # type: ignore[method-assign]
    answer = await made.query(token)
    assert (answer.status_code, answer.json()["code"]) == (200, "390188")
    assert "division" not in answer.text
    assert "unexpected failure in query" in caplog.text


async def test_a_statement_has_an_end_though_the_proxy_fails(caplog: pytest.LogCaptureFixture) -> None:
    made = proxy()
    token = await made.token()
    made.account.answers[QUERY] = lambda _: 1 / 0  # type: ignore[return-value]
    assert (await made.query(token)).json()["code"] == "390188"
    assert made.audit.kinds[1:] == ["statement.started", "statement.finished"]
    assert made.audit.of(Kind.STATEMENT_FINISHED)[0]["code"] == "390188"
    assert "ZeroDivisionError" in caplog.text
