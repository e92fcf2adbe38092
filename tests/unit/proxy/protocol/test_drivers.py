"""What some drivers send in a way of their own."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.proxy.fakes import PASSWORD, ok, proxy, rows
from theia_sf.proxy.access.decision import Context, Grant
from theia_sf.proxy.audit.events import Kind

pytestmark = pytest.mark.anyio
QUERY, ABORT = "/queries/v1/query-request", "/queries/q-1/abort-request"


async def test_a_query_is_aborted_by_its_id() -> None:
    """The Python and the Node.js driver, once they know it."""
    made = proxy()
    ann, bob = await made.token("ann"), await made.token("bob")
    made.account.answers[QUERY] = lambda _: rows("q-1")
    made.account.answers[ABORT] = lambda _: ok(None)
    await made.query(ann)
    asked = len(made.account.asked)
    assert (await made.post(ABORT, bob)).json()["code"] == "000709"
    assert (await made.post("/queries/q-2/abort-request", ann)).json()["code"] == "000709"
    assert len(made.account.asked) == asked
    assert (await made.post(ABORT, ann)).json()["success"]
    assert made.audit.of(Kind.STATEMENT_ABORTED) == [{"queryId": "q-1"}]
    assert PASSWORD not in repr(made.account.asked[-1].headers)


async def test_the_status_of_a_query_is_asked_for_with_a_doubled_slash() -> None:
    """Release 5 of the Python connector."""
    made = proxy()
    ann, bob = await made.token("ann"), await made.token("bob")
    made.account.answers[QUERY] = lambda _: rows("q-1")
    made.account.answers["/monitoring/queries/q-1"] = lambda _: ok({"queries": [{"id": "q-1"}]})
    await made.query(ann)
    assert (await made.get("/monitoring/queries//q-1", ann)).json()["data"] == {"queries": [{"id": "q-1"}]}
    assert (await made.get("/monitoring/queries//q-1", bob)).json()["code"] == "000709"


async def test_an_empty_name_asks_for_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Release 5 of the Python connector sends all four, whether there are any or not."""
    made = proxy()
    wanted: list[Context] = []
    login = made.access.login

    def asked(user: Any, account: str, context: Context, *more: Any) -> Grant:
        wanted.append(context)
        return login(user, account, context, *more)

    monkeypatch.setattr(made.access, "login", asked)
    told = {"data": {"LOGIN_NAME": "ann", "PASSWORD": "pw-ann"}}
    url = "/session/v1/login-request?databaseName=D&schemaName=&warehouse=&roleName="
    assert (await made.http.post(url, json=told)).json()["success"]
    assert wanted == [Context(database="D")]
