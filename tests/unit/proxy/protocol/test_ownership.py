"""Whose queries there are, as told to this instance of the proxy and to the others."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from tests.unit.proxy.fakes import MemoryStore, Proxy, ok, proxy, rows
from theia_sf.proxy.errors import RefusalError
from theia_sf.proxy.protocol.ownership import Ownership, request_key

pytestmark = pytest.mark.anyio
ABORT, QUERY = "/queries/v1/abort-request?requestId=a", "/queries/v1/query-request"


def another(made: Proxy) -> Ownership:
    """That of another instance with the same store."""
    return Ownership(made.store, made.services.clock)


async def test_other_instances_know_with_the_answer() -> None:
    made = proxy()
    await made.query(await made.token())
    (session,) = await made.store.all()
    await another(made).check(session, "01b-1", "01b-1")
    with pytest.raises(RefusalError, match="Statement 01b-2 not found"):
        await another(made).check(session, "01b-2", "01b-2")


async def test_a_long_statement_can_be_aborted_through_every_instance() -> None:
    made = proxy()
    token = await made.token()
    ended = asyncio.Event()

    async def slow(_: httpx.Request) -> dict[str, object]:
        await ended.wait()
        return rows()

    made.account.answers[QUERY] = slow
    made.account.answers["/queries/v1/abort-request"] = lambda _: ok(None)
    query = asyncio.create_task(made.query(token, request_id="r5"))
    await asyncio.sleep(0.1)
    assert (await made.post(ABORT, token, {"requestId": "r5"})).json()["success"]
    await asyncio.sleep(0.3)
    (session,) = await made.store.all()
    await another(made).check(session, request_key(session, "r5"), "r5")
    ended.set()
    assert (await query).json()["success"]


async def test_short_statements_leave_nothing_but_their_query(monkeypatch: pytest.MonkeyPatch) -> None:
    made = proxy()
    await made.query(await made.token())
    await asyncio.sleep(0.3)
    assert set(made.store.owners) == {"01b-1"}


async def test_what_is_remembered_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("theia_sf.proxy.protocol.ownership._REMEMBERED", 3)
    made = proxy()
    await made.token()
    (session,) = await made.store.all()
    ownership = Ownership(MemoryStore(), made.services.clock)
    await ownership.note(session, [f"q{number}" for number in range(5)])
    assert list(ownership._known) == ["q2", "q3", "q4"]
    await ownership.check(session, "q0", "q0")


async def test_whose_it_was_first_it_stays() -> None:
    made = proxy()
    await made.token("ann")
    await made.token("bob")
    ann, bob = await made.store.all()
    ownership = made.services.ownership
    await ownership.note(ann, ["q"])
    await ownership.note(bob, ["q"])
    for one in (ownership, another(made)):
        await one.check(ann, "q", "q")
        with pytest.raises(RefusalError, match="Statement q not found"):
            await one.check(bob, "q", "q")
