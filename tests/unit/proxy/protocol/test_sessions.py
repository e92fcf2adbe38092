"""The life of a session: alive, renewed by the client and by the proxy, expired, ended."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import httpx
import pytest

from tests.unit.proxy.fakes import MASTER_TOKEN, PASSWORD, SESSION_TOKEN, Proxy, no, ok, proxy, rows, signed
from theia_sf.proxy.audit.events import Kind
from theia_sf.proxy.protocol.session import log_out
from theia_sf.proxy.sessions.errors import StoreUnavailableError
from theia_sf.proxy.upstream.errors import UNREACHABLE, AccountUnavailableError

pytestmark = pytest.mark.anyio
QUERY, RENEWAL = "/queries/v1/query-request", "/session/token-request"


def renewing(made: Proxy) -> None:
    """The account renews: each answer has tokens of its own."""
    count = 0

    def renew(request: httpx.Request) -> dict[str, Any]:
        nonlocal count
        count += 1
        data = {
            "sessionToken": f"{SESSION_TOKEN}{count}",
            "masterToken": f"{MASTER_TOKEN}{count}",
            "validityInSecondsST": 3600,
            "validityInSecondsMT": 14400,
            "sessionId": 7,
        }
        return ok(data)

    made.account.answers[RENEWAL] = renew


async def renewed(made: Proxy, login: dict[str, Any], **changes: Any) -> dict[str, Any]:
    data = login["data"]
    body = {"oldSessionToken": data["token"], "requestType": "RENEW", **changes}
    answer = await made.http.post(f"{RENEWAL}?requestId=1", json=body, headers=signed(data["masterToken"]))
    return answer.json()


async def test_a_heartbeat_goes_on() -> None:
    made = proxy()
    assert (await made.post("/session/heartbeat?requestId=1", await made.token())).json() == ok(None)
    assert made.account.asked[-1].headers["authorization"] == f'Snowflake Token="{SESSION_TOKEN}"'


@pytest.mark.parametrize("token", ["None", "", "Theia:nobody", SESSION_TOKEN, "x" * 10_000])
async def test_who_has_no_session_has_to_log_in(token: str) -> None:
    made = proxy()
    await made.token()
    for url in ("/session/heartbeat", QUERY, "/queries/v1/abort-request", "/session?delete=true"):
        assert (await made.post(url, token)).json()["code"] == "390104"
    assert (await made.get("/queries/q/result", token)).json()["code"] == "390104"
    assert len(made.account.asked) == 1


async def test_other_authorizations_are_none() -> None:
    made = proxy()
    token = await made.token()
    for value in (f"Bearer {token}", token, f'Snowflake Token="{token}", Snowflake Token="{token}"', "Basic eDp5"):
        answer = await made.http.post(QUERY, json={"sqlText": "select 1"}, headers={"authorization": value})
        assert answer.json()["code"] == "390104"


async def test_a_session_ends_here_and_there() -> None:
    made = proxy()
    token = await made.token()
    assert (await made.post("/session?delete=true", token)).json()["success"]
    assert made.account.asked[-1].headers["authorization"] == f'Snowflake Token="{SESSION_TOKEN}"'
    assert (await made.query(token)).json()["code"] == "390104"
    assert made.audit.kinds == ["session.started", "session.ended"]


async def test_a_session_ends_here_though_snowflake_does_not_answer() -> None:
    made = proxy()
    token = await made.token()

    def broken(_: httpx.Request) -> dict[str, Any]:
        raise AccountUnavailableError(UNREACHABLE, "No connection.")

    made.account.answers["/session"] = broken
    assert (await made.post("/session?delete=true", token)).json()["success"]
    assert (await made.query(token)).json()["code"] == "390104"


@pytest.mark.parametrize("hours", [1, 2])
async def test_a_session_ends_there_though_its_token_has_expired(hours: int) -> None:
    """The client's id has expired with it: nobody has to renew what is to end."""
    made = proxy()
    renewing(made)
    token = await made.token()
    made.now[0] += hours * 3600
    assert (await made.post("/session?delete=true", token)).json()["success"]
    assert [request.url.path for request in made.account.asked[1:]] == [RENEWAL, "/session"]
    assert made.account.asked[-1].headers["authorization"] == f'Snowflake Token="{SESSION_TOKEN}1"'
    assert await made.store.all() == []
    assert (await made.query(token)).json()["code"] == "390104"


async def test_a_session_ends_there_though_snowflake_calls_its_token_expired() -> None:
    made = proxy()
    renewing(made)
    token = await made.token()
    expired = no("390112", "Your session has expired. Please login again.")
    made.account.answers["/session"] = lambda request: (
        ok(None) if request.headers["authorization"].endswith('1"') else expired
    )
    assert (await made.post("/session?delete=true", token)).json()["success"]
    assert [request.url.path for request in made.account.asked[1:]] == ["/session", RENEWAL, "/session"]


async def test_a_session_ends_here_though_snowflake_does_not_renew_it() -> None:
    made = proxy()
    token = await made.token()
    made.account.answers[RENEWAL] = lambda _: no("390114", "Authentication token has expired.")
    made.now[0] += 14400
    assert (await made.post("/session?delete=true", token)).json()["success"]
    assert await made.store.all() == []
    assert made.audit.kinds == ["session.started", "session.ended"]


async def test_the_id_before_a_renewal_ends_no_session() -> None:
    made = proxy()
    renewing(made)
    login = await made.login()
    await renewed(made, login)
    assert (await made.post("/session?delete=true", login["data"]["token"])).json()["code"] == "390112"
    assert len(await made.store.all()) == 1


async def test_a_session_ends_though_that_cannot_be_recorded() -> None:
    made = proxy()
    token = await made.token()
    made.audit.full = {Kind.SESSION_ENDED}
    assert (await made.post("/session?delete=true", token)).json()["code"] == "390199"
    assert (await made.query(token)).json()["code"] == "390104"


@pytest.mark.parametrize("revoked", ["ann", "password of ann"])
async def test_the_sessions_of_a_user_or_a_credential_that_is_gone_end(revoked: str) -> None:
    made = proxy()
    renewing(made)
    login, other = await made.login(), await made.token("bob")
    made.users.revoked.add(revoked)
    assert (await made.query(login["data"]["token"])).json()["code"] == "390104"
    assert (await renewed(made, login))["code"] == "390115"
    assert (await made.query(other)).json()["success"]
    (started, _) = made.audit.of(Kind.SESSION_STARTED)
    assert started["credential"] == "password of ann"


async def test_the_policy_goes_by_the_groups_that_somebody_is_in_now() -> None:
    made = proxy()
    token = await made.token()
    assert (await made.query(token)).json()["success"]
    made.users.groups_now = ("others",)
    assert (await made.query(token)).json()["success"]
    assert [session.groups for session in made.access.asked] == [("people",), ("others",)]


async def test_an_id_that_has_expired_asks_for_its_renewal() -> None:
    made = proxy()
    renewing(made)
    login = await made.login()
    made.now[0] += 3600
    assert (await made.query(login["data"]["token"])).json()["code"] == "390112"
    told = await renewed(made, login)
    assert told["data"]["validityInSecondsST"] == 3600
    assert told["data"]["sessionId"] == 7
    assert told["data"]["sessionToken"] != login["data"]["token"]
    assert told["data"]["masterToken"] != login["data"]["masterToken"]
    assert (await made.query(told["data"]["sessionToken"])).json()["success"]
    request = next(one for one in made.account.asked if one.url.path == RENEWAL)
    assert request.headers["authorization"] == f'Snowflake Token="{MASTER_TOKEN}"'
    assert json.loads(request.content) == {"oldSessionToken": SESSION_TOKEN, "requestType": "RENEW"}
    assert (await made.query(login["data"]["token"])).json()["code"] == "390112"
    assert made.audit.kinds.count("session.renewed") == 1


async def test_renewals_at_one_moment_are_one() -> None:
    made = proxy()
    renewing(made)
    login = await made.login()
    made.now[0] += 3600
    answers = await asyncio.gather(*(renewed(made, login) for _ in range(10)))
    ids = {(told["data"]["sessionToken"], told["data"]["masterToken"]) for told in answers}
    assert len(ids) == 1
    assert len(made.account.bodies(RENEWAL)) == 1
    ((token, _),) = ids
    assert (await made.query(token)).json()["success"]


async def test_ids_of_a_renewal_tell_nothing_of_snowflakes_tokens() -> None:
    made = proxy()
    renewing(made)
    login = await made.login()
    told = json.dumps(await renewed(made, login))
    assert SESSION_TOKEN not in told
    assert MASTER_TOKEN not in told
    assert told.count("Theia:") == 2


@pytest.mark.parametrize(
    ("token", "body", "code"),
    [
        ("None", {}, "390113"),
        ("Theia:nobody", {}, "390115"),
        ("session", {}, "390115"),
        ("master", {"oldSessionToken": "Theia:of-another"}, "390115"),
        ("master", {"requestType": "CLONE"}, "390106"),
    ],
)
async def test_what_is_no_renewal_is_refused(token: str, body: dict[str, Any], code: str) -> None:
    made = proxy()
    renewing(made)
    login = await made.login()
    known = {"session": login["data"]["token"], "master": login["data"]["masterToken"]}
    answer = await made.post(RENEWAL, known.get(token, token), {"oldSessionToken": known["session"], **body})
    assert answer.json()["code"] == code
    assert made.account.bodies(RENEWAL) == []


async def test_a_renewal_that_snowflake_refuses_is_handed_on() -> None:
    made = proxy()
    login = await made.login()
    refusal = no("390114", "Authentication token has expired.  The user must authenticate again.")
    made.account.answers[RENEWAL] = lambda _: refusal
    assert await renewed(made, login) == refusal
    made.now[0] += 3500
    assert (await made.query(login["data"]["token"])).json() == refusal


@pytest.mark.parametrize("told", [SESSION_TOKEN, MASTER_TOKEN, PASSWORD])
async def test_a_refusal_that_quotes_what_it_refuses_is_told_without(
    told: str, caplog: pytest.LogCaptureFixture
) -> None:
    made = proxy()
    login = await made.login()
    data = {"seen": [told], "oldSessionToken": told, "inFlightCtx": "c"}
    refusal = {**no("390114", f"Expired: {told}"), "data": data}
    made.account.answers[RENEWAL] = lambda _: refusal
    told_twice = await renewed(made, login)
    made.now[0] += 3500
    query = (await made.query(login["data"]["token"])).json()
    await made.post("/session?delete=true", login["data"]["token"])
    for answer in (told_twice, query):
        assert (answer["code"], answer["message"]) == ("390114", "Expired: ***")
        assert answer["data"] == {"seen": ["***"], "oldSessionToken": None, "inFlightCtx": None}
    assert told not in caplog.text
    assert not [event for event in made.audit.events if told in json.dumps(event.fields)]


async def test_a_renewal_that_quotes_the_former_tokens_is_told_without() -> None:
    made = proxy()
    login = await made.login()
    data = {"sessionToken": "new-token", "masterToken": "new-master", "note": f"after {SESSION_TOKEN}, {MASTER_TOKEN}"}
    made.account.answers[RENEWAL] = lambda _: ok(data)
    assert (await renewed(made, login))["data"]["note"] == "after ***, ***"


@pytest.mark.parametrize("validity", [None, "soon", [], -1, 0, 1e400])
async def test_how_long_a_token_lives_may_be_missing(validity: Any) -> None:
    made = proxy()
    login = await made.login()
    data = {"sessionToken": "new-token", "masterToken": "new-master", "validityInSecondsST": validity}
    content = json.dumps(ok({**data, "validityInSecondsMT": validity})).encode()
    made.account.answers[RENEWAL] = lambda _: httpx.Response(200, content=content)
    assert (await renewed(made, login))["success"]
    (session,) = await made.store.all()
    assert (session.renewing_until, session.token_expires) == (0.0, made.now[0] + 3600)


async def test_secrets_are_those_that_an_answer_was_got_with() -> None:
    made = proxy()
    renewing(made)
    token = await made.token()
    made.now[0] += 3500
    made.account.answers[QUERY] = lambda request: rows(note=request.headers["authorization"])
    made.account.answers["/queries/01b-1/result"] = made.account.answers[QUERY]
    assert SESSION_TOKEN not in (answer := await made.query(token)).text
    assert answer.json()["data"]["note"] == 'Snowflake Token="***"'
    made.now[0] += 50
    (session,) = await made.store.all()
    await made.store.replace(replace(session, tokens=replace(session.tokens, session_expires=made.now[0])))
    assert (await made.get("/queries/01b-1/result", token)).json()["data"]["note"] == 'Snowflake Token="***"'


async def test_a_session_that_was_renewed_meanwhile_ends_by_its_new_token() -> None:
    made = proxy()
    renewing(made)
    login = await made.login()
    (before,) = await made.store.all()
    await renewed(made, login)
    await log_out(made.services, before)
    assert await made.store.all() == []
    assert made.account.asked[-1].headers["authorization"] == f'Snowflake Token="{SESSION_TOKEN}1"'


async def test_a_session_is_over_before_snowflake_answers() -> None:
    made = proxy()
    token = await made.token()
    reached, going = asyncio.Event(), asyncio.Event()

    async def slow(_: httpx.Request) -> dict[str, Any]:
        reached.set()
        await going.wait()
        return ok(None)

    made.account.answers["/session"] = slow
    ending = asyncio.create_task(made.post("/session?delete=true", token))
    await asyncio.wait_for(reached.wait(), 10)
    assert (await made.query(token)).json()["code"] == "390104"
    going.set()
    assert (await ending).json()["success"]


async def test_a_renewal_under_way_is_kept_when_the_proxy_ends() -> None:
    made = proxy()
    renewing(made)
    token = await made.token()
    renew, reached = made.account.answers[RENEWAL], asyncio.Event()

    async def slow(request: httpx.Request) -> Any:
        reached.set()
        await asyncio.sleep(0.1)
        return renew(request)

    made.account.answers[RENEWAL] = slow
    made.now[0] += 3500
    query = asyncio.create_task(made.query(token))
    await asyncio.wait_for(reached.wait(), 10)
    query.cancel()
    await made.services.close()
    (session,) = await made.store.all()
    assert session.tokens.session.reveal() == f"{SESSION_TOKEN}1"


async def test_snowflakes_token_is_renewed_before_it_ends() -> None:
    made = proxy()
    renewing(made)
    token = await made.token()
    made.now[0] += 3500
    answers = await asyncio.gather(*(made.query(token, request_id=f"r{number}") for number in range(8)))
    assert all(answer.json()["success"] for answer in answers)
    assert len(made.account.bodies(RENEWAL)) == 1
    assert made.account.asked[-1].headers["authorization"] == f'Snowflake Token="{SESSION_TOKEN}1"'


async def test_a_token_that_snowflake_calls_expired_is_renewed_and_the_statement_repeated() -> None:
    made = proxy()
    renewing(made)
    token = await made.token()

    def query(request: httpx.Request) -> dict[str, Any]:
        if request.headers["authorization"] == f'Snowflake Token="{SESSION_TOKEN}"':
            return no("390112", "Your session has expired. Please login again.")
        return rows()

    made.account.answers[QUERY] = query
    answers = await asyncio.gather(*(made.query(token, request_id=f"r{number}") for number in range(5)))
    assert all(answer.json()["success"] for answer in answers)
    assert len(made.account.bodies(RENEWAL)) == 1
    assert len(made.audit.of(Kind.STATEMENT_FINISHED)) == 5


async def test_an_account_that_always_says_expired_is_not_asked_for_ever() -> None:
    made = proxy()
    renewing(made)
    token = await made.token()
    refusal = no("390112", "Your session has expired. Please login again.")
    made.account.answers[QUERY] = lambda _: refusal
    assert (await made.query(token)).json() == refusal
    assert len(made.account.bodies(QUERY)) == 4


async def test_a_session_that_snowflake_ended_is_handed_on() -> None:
    made = proxy()
    token = await made.token()
    refusal = no("390104", "User must login again to access the service.")
    made.account.answers[QUERY] = lambda _: refusal
    assert (await made.query(token)).json() == refusal
    assert len(made.account.bodies(QUERY)) == 1


async def test_master_ids_end() -> None:
    """Snowflake says so first; the proxy, whose clock may be ahead of the one that told the end, waits a little."""
    made = proxy()
    renewing(made)
    login = await made.login()
    made.now[0] += 14400
    made.account.answers[RENEWAL] = lambda _: no("390114", "Authentication token has expired.")
    assert (await made.query(login["data"]["token"])).json()["code"] == "390112"
    assert (await renewed(made, login))["code"] == "390114"
    assert len(made.account.bodies(RENEWAL)) == 1
    made.now[0] += 300
    assert (await renewed(made, login))["code"] == "390114"
    assert len(made.account.bodies(RENEWAL)) == 1
    assert (await made.query(login["data"]["token"])).json()["code"] == "390104"


async def test_a_session_goes_on_though_its_last_use_cannot_be_noted() -> None:
    made = proxy()
    token = await made.token()

    async def full(session_id: str, now: float) -> None:
        raise StoreUnavailableError("database or disk is full")

    made.store.touch = full
    assert (await made.query(token)).json()["success"]
