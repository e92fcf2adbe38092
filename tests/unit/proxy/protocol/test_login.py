"""Signing in: what Snowflake is told, what the client gets, what is kept and recorded."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import httpx
import pytest

from tests.unit.proxy.fakes import MASTER_TOKEN, PASSWORD, SESSION_TOKEN, config, no, ok, proxy, settings
from theia_sf.proxy.access.decision import Context
from theia_sf.proxy.audit.events import Kind
from theia_sf.proxy.errors import RefusalError
from theia_sf.proxy.protocol.choice import account_of

pytestmark = pytest.mark.anyio
LOGIN = "/session/v1/login-request"


async def test_the_answer_is_snowflakes_with_ids_for_tokens() -> None:
    made = proxy()
    told = await made.login()
    assert told["data"]["token"].startswith("Theia:")
    assert told["data"]["masterToken"].startswith("Theia:")
    assert told["data"]["token"] != told["data"]["masterToken"]
    assert told["data"]["idToken"] is None
    assert told["data"]["sessionId"] == 9_007_199_254_740_993
    assert told["data"]["parameters"] == [{"name": "AUTOCOMMIT", "value": True}]
    assert told["data"]["unknownField"] == {"kept": 1.5}
    (session,) = await made.store.all()
    assert (session.tokens.session.reveal(), session.tokens.master.reveal()) == (SESSION_TOKEN, MASTER_TOKEN)
    assert (session.user, session.upstream_user, session.database) == ("ann", "SVC_READER", "FLOWS")
    assert (session.token_expires, session.expires) == (made.now[0] + 3600, made.now[0] + 14700)
    assert made.audit.kinds == ["session.started"]


async def test_snowflake_is_told_the_identity_in_the_place_of_the_clients_proof() -> None:
    made = proxy()
    made.access.parameters = {"STATEMENT_TIMEOUT_IN_SECONDS": 60}
    client: dict[str, Any] = {
        "LOGIN_NAME": "ann",
        "PASSWORD": "pw-ann",
        "ACCOUNT_NAME": "production",
        "AUTHENTICATOR": "SNOWFLAKE",
        "TOKEN": "mine",
        "PASSCODE": "123456",
        "PROOF_KEY": "proof",
        "CLIENT_APP_ID": "Go",
        "CLIENT_APP_VERSION": 1.19,
        "CLIENT_ENVIRONMENT": {"OS": "Linux"},
        "SESSION_PARAMETERS": {"statement_timeout_in_seconds": 0, "QUERY_TAG": "mine"},
        "NEW_FIELD": [1],
    }
    url = f"{LOGIN}?request_id=r7&databaseName=SECRETS&roleName=ACCOUNTADMIN&new=1"
    answer = await made.http.post(url, json={"data": client})
    assert answer.json()["success"]
    (request,) = made.account.asked
    assert json.loads(request.content)["data"] == {
        "LOGIN_NAME": "SVC_READER",
        "PASSWORD": PASSWORD,
        "ACCOUNT_NAME": "ORG-ACC",
        "CLIENT_APP_ID": "Go",
        "CLIENT_APP_VERSION": 1.19,
        "CLIENT_ENVIRONMENT": {"OS": "Linux"},
        "SESSION_PARAMETERS": {"QUERY_TAG": "mine", "STATEMENT_TIMEOUT_IN_SECONDS": 60},
        "NEW_FIELD": [1],
    }
    assert dict(request.url.params) == {"request_id": "r7", "new": "1", "warehouse": "W", "roleName": "READER"}


async def test_what_the_policy_leaves_open_is_not_asked_for() -> None:
    made = proxy()
    made.access.context = Context()
    await made.http.post(f"{LOGIN}?warehouse=W2", json={"data": {"LOGIN_NAME": "a", "PASSWORD": "pw-a"}})
    assert set(made.account.asked[0].url.params) == {"request_id"}


DEFAULTS = {"role": "reader", "warehouse": "w_1", "database": "flows", "schema": '"theia"'}


@pytest.mark.parametrize(
    ("granted", "sent"),
    [
        (Context(), {"roleName": "READER", "warehouse": "W_1", "databaseName": "FLOWS", "schemaName": '"theia"'}),
        (
            Context("R", "W", "D", "S"),
            {"roleName": "R", "warehouse": "W", "databaseName": "D", "schemaName": "S"},
        ),
        (Context(database="OTHER"), {"roleName": "READER", "warehouse": "W_1", "databaseName": "OTHER"}),
        (
            Context(database="FLOWS"),
            {"roleName": "READER", "warehouse": "W_1", "databaseName": "FLOWS", "schemaName": '"theia"'},
        ),
        (
            Context(schema="S"),
            {"roleName": "READER", "warehouse": "W_1", "databaseName": "FLOWS", "schemaName": "S"},
        ),
    ],
)
async def test_the_identity_says_what_neither_policy_nor_client_do(granted: Context, sent: dict[str, str]) -> None:
    made = proxy()
    made.access.context = granted
    credentials = made.services.accounts.get("production").credentials("reader")
    credentials._read = lambda: replace(settings(), **DEFAULTS)
    assert (await made.login())["success"]
    params = dict(made.account.asked[0].url.params)
    params.pop("request_id")
    assert params == sent


async def test_a_session_begins_when_the_policy_is_asked() -> None:
    made = proxy()
    now = [1_780_000_000.0]
    made.services.clock = lambda: now[0]
    answered = made.account.answers[LOGIN]

    def late(request: httpx.Request) -> Any:
        now[0] += 30
        return answered(request)

    made.account.answers[LOGIN] = late
    assert (await made.login())["success"]
    (session,) = await made.store.all()
    assert (session.created, session.last_used) == (1_780_000_000.0, 1_780_000_030.0)


async def test_a_name_of_the_identity_that_cannot_be_one_is_told_to_the_operator(
    caplog: pytest.LogCaptureFixture,
) -> None:
    made = proxy()
    credentials = made.services.accounts.get("production").credentials("reader")
    credentials._read = lambda: replace(settings(), role='"a"b"')
    told = await made.login()
    assert (told["code"], made.account.asked) == ("390192", [])
    assert 'The name "a"b" has a quote' in caplog.text


@pytest.mark.parametrize(("allowed", "sent"), [(True, "ALL"), (False, "NONE")])
async def test_secondary_roles_are_the_clients_choice_if_the_policy_leaves_roles_open(allowed: bool, sent: str) -> None:
    made = proxy()
    grant = made.access.login
    made.access.login = lambda *asked: replace(grant(*asked), secondary_roles=allowed)  # type: ignore[method-assign]
    assert (await made.login(SECONDARY_ROLES="ALL"))["success"]
    assert made.account.bodies(LOGIN)[0]["data"]["SECONDARY_ROLES"] == sent


async def test_what_the_proxy_says_itself_is_not_said_in_another_spelling() -> None:
    made = proxy()
    made.access.parameters = {"STATEMENT_TIMEOUT_IN_SECONDS": 60}
    others = {"login_name": "ADMIN", "Account_Name": "X", "session_parameters": {"A": 1}, "Secondary_Roles": "ALL"}
    assert (await made.login(**others, client_environment={"OS": "x"}, Token="mine", new="kept"))["success"]
    sent = made.account.bodies(LOGIN)[0]["data"]
    assert set(sent) == {"LOGIN_NAME", "ACCOUNT_NAME", "PASSWORD", "SESSION_PARAMETERS", "new"}
    assert sent["LOGIN_NAME"] == "SVC_READER"


async def test_what_nobody_says_of_themselves_is_not_recorded_at_any_length() -> None:
    made = proxy()
    await made.login("n" * 100_000, PASSWORD="wrong", CLIENT_APP_ID={"x": "y" * 100_000}, CLIENT_APP_VERSION=[1] * 9999)
    assert len(json.dumps(made.audit.of(Kind.SESSION_DENIED)[0])) < 1000


async def test_who_is_not_known_yet_sends_no_large_body() -> None:
    made = proxy()
    told = await made.login(padding="x" * 2**20)
    assert (told["code"], "more than 1048576 bytes" in told["message"]) == ("390106", True)
    assert (await proxy(limits={"body_bytes": 100}).login(padding="x" * 100))["code"] == "390106"


@pytest.mark.parametrize("changes", [{"validityInSeconds": "?"}, {"sessionId": "?"}, {"sessionInfo": [1]}])
async def test_a_session_is_one_though_its_description_is_strange(changes: dict[str, Any]) -> None:
    made = proxy()
    data = {"token": SESSION_TOKEN, "masterToken": MASTER_TOKEN, **changes}
    made.account.answers[LOGIN] = lambda _: ok(data)
    assert (await made.login())["success"]
    (session,) = await made.store.all()
    assert session.token_expires == made.now[0] + 3600


async def test_who_is_nobody_gets_no_further() -> None:
    made = proxy()
    told = await made.login(PASSWORD="wrong")
    assert (told["code"], told["success"]) == ("390100", False)
    assert made.account.asked == []
    (event,) = made.audit.of(Kind.SESSION_DENIED)
    assert (event["loginName"], event["code"]) == ("ann", "390100")
    assert "wrong" not in json.dumps(event)


async def test_whom_the_policy_keeps_out_is_told_by_which_rule() -> None:
    made = proxy()
    told = await made.login("stranger")
    assert "rule strangers" in told["message"]
    assert made.audit.of(Kind.SESSION_DENIED)[0]["rule"] == "strangers"
    assert made.account.asked == []


async def test_a_refusal_of_snowflakes_is_handed_on_without_secrets() -> None:
    made = proxy()
    refusal = no("390144", f"JWT token is invalid. {PASSWORD}")
    refusal["data"] = {"nextAction": "RETRY", "inFlightToken": "t", "loginName": "SVC"}
    made.account.answers[LOGIN] = lambda _: refusal
    told = await made.login()
    assert told == {
        **refusal,
        "message": "JWT token is invalid. ***",
        "data": {**refusal["data"], "inFlightToken": None},
    }
    assert len(made.account.asked) == 1
    assert made.audit.of(Kind.SESSION_DENIED)[0]["code"] == "390144"
    assert await made.store.all() == []


async def test_an_identity_that_needs_more_is_refused() -> None:
    made = proxy()
    made.account.answers[LOGIN] = lambda _: ok({"nextAction": "PWD_CHANGE", "inFlightCtx": "c"})
    told = await made.login()
    assert (told["success"], told["code"]) == (False, "390192")
    assert "inFlightCtx" not in json.dumps(told)


async def test_a_session_that_cannot_be_recorded_does_not_stay() -> None:
    made = proxy()
    made.audit.full = {Kind.SESSION_STARTED}
    told = await made.login()
    assert told["code"] == "390199"
    assert await made.store.all() == []
    assert [request.url.path for request in made.account.asked] == [LOGIN, "/session"]


async def test_many_log_in_with_one_proof() -> None:
    made = proxy()
    read: list[int] = []
    credentials = made.services.accounts.get("production").credentials("reader")
    plain = credentials._read
    credentials._read = lambda: (read.append(1), plain())[1]
    answers = await asyncio.gather(*(made.login(f"user{number}") for number in range(20)))
    assert all(answer["success"] for answer in answers)
    assert len(read) == 1
    assert len({answer["data"]["token"] for answer in answers}) == 20


@pytest.mark.parametrize("content", [b"<html>no</html>", b"[]", b'{"success": true}', b"x" * 300_000])
async def test_an_answer_that_is_none_of_snowflakes(content: bytes) -> None:
    made = proxy()
    made.account.answers[LOGIN] = lambda _: httpx.Response(200, content=content)
    told = await made.login()
    assert (told["success"], told["code"]) == (False, "390196")


async def test_a_login_that_fails_is_counted_and_recorded_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    made = proxy()
    counted: list[str] = []
    monkeypatch.setattr(made.services.observer, "login", lambda _, outcome: counted.append(outcome))
    assert (await made.login(PASSWORD="wrong"))["code"] == "390100"
    made.account.answers[LOGIN] = lambda _: httpx.Response(503)
    assert (await made.login())["code"] == "390196"
    made.account.answers[LOGIN] = lambda _: 1 / 0  # type: ignore[return-value]
    assert (await made.login())["code"] == "390188"
    assert counted == ["refused", "failed", "failed"]
    assert [event["code"] for event in made.audit.of(Kind.SESSION_DENIED)] == ["390100", "390196", "390188"]


@pytest.mark.parametrize("status", [302, 403, 404, 429, 500, 503])
async def test_a_status_that_drivers_would_repeat_for_minutes_is_not_passed_on(status: int) -> None:
    made = proxy()
    made.account.answers[LOGIN] = lambda _: httpx.Response(status, content=b"no")
    answer = await made.http.post(LOGIN, json={"data": {"LOGIN_NAME": "ann", "PASSWORD": "pw-ann"}})
    assert answer.status_code == 200
    assert f"HTTP status {status}" in answer.json()["message"]
    assert len(made.account.asked) == 1


async def test_the_account_is_found_by_path_host_or_name() -> None:
    accounts = {
        "one": {"account": "ORG-ONE", "identities": {"reader": {}}},
        "two": {"hosts": ["two.example.com"], "identities": {"reader": {}}},
    }
    made = proxy(upstreams=accounts)

    async def signed_in_to(path: str, host: str, account: str) -> str | None:
        data = {"LOGIN_NAME": "ann", "PASSWORD": "pw-ann", "ACCOUNT_NAME": account}
        await made.http.post(path + LOGIN, json={"data": data}, headers={"host": host})
        return made.audit.events[-1].account

    assert await signed_in_to("/two", "proxy.test", "one") == "two"
    assert await signed_in_to("", "TWO.example.com:8443", "one") == "two"
    assert await signed_in_to("", "proxy.test", "org-one") == "one"
    assert await signed_in_to("", "proxy.test", "two") == "two"
    assert await signed_in_to("", "proxy.test", "three") is None
    assert made.audit.kinds[-1] == "session.denied"


@pytest.mark.parametrize(
    ("told", "account"),
    [
        ("XY12345", "locator"),
        ("xy12345.us-east-1", "locator"),
        ("ORG-MY_ACCOUNT", "named"),
        ("org-my-account", "named"),
        ("named", "named"),
        ("ab67890", None),
        ("AB67890.eu-west-1", "ireland"),
        ("my-account", None),
        ("", None),
    ],
)
def test_the_account_is_known_by_what_drivers_make_of_its_name(told: str, account: str | None) -> None:
    accounts = config(
        upstreams={
            "locator": {"account": "xy12345.us-east-1", "identities": {"reader": {}}},
            "named": {"identities": {"reader": {"account": "ORG-MY_ACCOUNT"}}},
            "ireland": {"account": "ab67890.eu-west-1", "identities": {"reader": {}}},
            "oregon": {"account": "ab67890.us-west-2", "identities": {"reader": {}}},
        }
    ).upstreams
    if account is None:
        with pytest.raises(RefusalError, match="cannot tell which account"):
            account_of({}, "proxy.test", told, dict(accounts))
    else:
        assert account_of({}, "proxy.test", told, dict(accounts)) == account
