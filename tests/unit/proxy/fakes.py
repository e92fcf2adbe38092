"""The other parts of the proxy, as small as its routes need them, and an account to stand behind them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import httpx

from theia_sf.proxy.access.decision import Context, DeniedError, Grant, StatementGrant
from theia_sf.proxy.audit.events import Event, Kind
from theia_sf.proxy.audit.model import AuditUnavailableError
from theia_sf.proxy.config.model import ProxyConfig
from theia_sf.proxy.errors import LOGIN_REFUSED, RefusalError
from theia_sf.proxy.protocol.app import create_app
from theia_sf.proxy.protocol.services import Services
from theia_sf.proxy.sessions.model import QueryOwner, SessionRecord
from theia_sf.proxy.sessions.tokens import token_hash
from theia_sf.proxy.upstream.accounts import Accounts
from theia_sf.proxy.upstream.transport import Headers, Reply
from theia_sf.proxy.users.model import Peer, ProxyUser
from theia_sf.secret import Secret
from theia_sf.snowflake.settings import ConnectionSettings

PASSWORD = "the-password-of-the-identity"
SESSION_TOKEN = "ver:1-hint:1-ETMsDgAAA/X+VsGDlA=="
MASTER_TOKEN = "ver:1-hint:2-96v0Tt5AV/ts5+HtZA=="


class MemoryUsers:
    """Anybody whose password is `pw-` and their name; `revoked` has names of users and credentials."""

    def __init__(self) -> None:
        self.revoked: set[str] = set()
        self.groups_now: tuple[str, ...] = ("people",)

    async def authenticate(self, login: Mapping[str, Any], account: str, peer: Peer) -> ProxyUser:
        name = str(login.get("LOGIN_NAME"))
        if login.get("PASSWORD") != f"pw-{name}":
            raise RefusalError(LOGIN_REFUSED, "Incorrect username or password was specified.")
        return ProxyUser(name.lower(), frozenset({"people"}), "password", f"password of {name.lower()}")

    def groups(self, name: str, credential: str) -> tuple[str, ...] | None:
        return None if {name, credential} & self.revoked else self.groups_now


class MemoryStore:
    """Sessions in dictionaries."""

    def __init__(self) -> None:
        self.records: dict[str, SessionRecord] = {}
        self.owners: dict[str, QueryOwner] = {}

    async def add(self, record: SessionRecord) -> None:
        self.records[record.id] = record

    async def by_token(self, token: str) -> SessionRecord | None:
        known = token_hash(token)
        return next((r for r in self.records.values() if known in (r.token_hash, r.previous_token_hash)), None)

    async def by_master(self, token: str) -> SessionRecord | None:
        known = token_hash(token)
        return next((r for r in self.records.values() if known in (r.master_hash, r.previous_master_hash)), None)

    async def get(self, session_id: str) -> SessionRecord | None:
        return self.records.get(session_id)

    async def replace(self, record: SessionRecord) -> bool:
        current = self.records.get(record.id)
        if current is None or current.version != record.version:
            return False
        self.records[record.id] = replace(record, version=record.version + 1)
        return True

    async def touch(self, session_id: str, now: float) -> None:
        pass

    async def remove(self, session_id: str) -> bool:
        return self.records.pop(session_id, None) is not None

    async def all(self) -> list[SessionRecord]:
        return list(self.records.values())

    async def own_query(self, query_id: str, owner: QueryOwner, expires: float) -> None:
        self.owners.setdefault(query_id, owner)

    async def owner_of(self, query_id: str) -> QueryOwner | None:
        return self.owners.get(query_id)

    async def check(self) -> None:
        pass

    async def close(self) -> None:
        pass


@dataclass
class MemoryAccess:
    """Everything is allowed but statements with `forbidden` in them."""

    context: Context = field(default_factory=lambda: Context(role="READER", warehouse="W"))
    parameters: dict[str, str | int | bool] = field(default_factory=dict)
    timeout: float | None = None
    kinds: tuple[str, ...] = ("select",)
    only_reads: bool = False
    asked: list[SessionRecord] = field(default_factory=list)

    def login(self, user: ProxyUser, account: str, wanted: Context, peer: Peer, now: datetime) -> Grant:
        if user.name == "stranger":
            raise DeniedError("strangers", "Access is denied by the rule strangers of the proxy's policy.")
        return Grant("people", "reader", self.context, parameters=self.parameters)

    def statement(
        self,
        record: SessionRecord,
        sql: str,
        *,
        bindings: Any,
        parameters: Mapping[str, Any],
        peer: Peer,
        now: datetime,
        bind_stage: str | None = None,
    ) -> StatementGrant:
        self.asked.append(record)
        if "forbidden" in sql:
            raise DeniedError("readers", "The statement is denied by the rule readers of the proxy's policy.")
        return StatementGrant("readers", self.kinds, self.parameters, timeout=self.timeout, only_reads=self.only_reads)


class MemoryAudit:
    """A list of events; `full` is a disk that is."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.full: set[Kind] = set()
        self.failing: str | None = None

    async def record(self, event: Event) -> None:
        json.dumps(event.fields)
        if event.kind in self.full:
            raise AuditUnavailableError("no space left on the device")
        self.events.append(event)

    async def close(self) -> None:
        pass

    def of(self, kind: Kind) -> list[dict[str, Any]]:
        return [event.fields for event in self.events if event.kind is kind]

    @property
    def kinds(self) -> list[str]:
        return [event.kind.value for event in self.events]


Told = dict[str, Any] | httpx.Response
Behaviour = Callable[[httpx.Request], Told | Awaitable[Told]]


def ok(data: Any) -> dict[str, Any]:
    return {"data": data, "code": None, "message": None, "success": True}


def no(code: str, message: str) -> dict[str, Any]:
    return {"data": None, "code": code, "message": message, "success": False}


def rows(query_id: str = "01b-1", **more: Any) -> dict[str, Any]:
    return ok({"rowset": [["1"]], "total": 1, "returned": 1, "queryId": query_id, **more})


class FakeAccount:
    """What is behind the proxy, as a `Transport`: answers by path, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []
        self.answers: dict[str, Behaviour] = {
            "/session/v1/login-request": lambda _: ok(
                {
                    "token": SESSION_TOKEN,
                    "masterToken": MASTER_TOKEN,
                    "validityInSeconds": 3600,
                    "masterValidityInSeconds": 14400,
                    "idToken": "an-id-token-of-a-browser",
                    "sessionId": 9_007_199_254_740_993,
                    "parameters": [{"name": "AUTOCOMMIT", "value": True}],
                    "sessionInfo": {"databaseName": "FLOWS", "schemaName": "PUBLIC", "roleName": "READER"},
                    "unknownField": {"kept": 1.5},
                }
            ),
            "/queries/v1/query-request": lambda _: rows(),
            "/session": lambda _: ok(None),
            "/session/heartbeat": lambda _: ok(None),
        }

    async def send(self, method: str, url: str, headers: Headers, content: bytes) -> Reply:
        request = httpx.Request(method, f"https://sf.test{url}", headers=list(headers), content=content)
        self.asked.append(request)
        found = self.answers.get(request.url.path)
        reply: Any = no("000000", "no such path") if found is None else found(request)
        if asyncio.iscoroutine(reply):
            reply = await reply
        response = reply if isinstance(reply, httpx.Response) else httpx.Response(200, json=reply)
        return Reply(response.status_code, response.headers.raw, response.aiter_bytes(), response.aclose)

    async def close(self) -> None:
        pass

    def bodies(self, path: str) -> list[dict[str, Any]]:
        return [json.loads(request.content) for request in self.asked if request.url.path == path]


class Chunks(httpx.AsyncByteStream):
    """A body in pieces; an exception among them is raised in its place."""

    def __init__(self, *pieces: bytes | Exception) -> None:
        self._pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    async def aclose(self) -> None:
        pass


@dataclass
class Proxy:
    """The application with everything around it made up."""

    services: Services
    account: FakeAccount
    audit: MemoryAudit
    store: MemoryStore
    access: MemoryAccess
    users: MemoryUsers
    http: httpx.AsyncClient
    now: list[float]

    async def login(self, user: str = "ann", **data: Any) -> dict[str, Any]:
        """Signs in; returns the answer."""
        told = {"LOGIN_NAME": user, "PASSWORD": f"pw-{user}", "ACCOUNT_NAME": "ORG-ACC", **data}
        answer = await self.http.post("/session/v1/login-request?request_id=r", json={"data": told})
        return answer.json()

    async def token(self, user: str = "ann") -> str:
        return (await self.login(user))["data"]["token"]

    async def query(self, token: str, sql: str = "select 1", request_id: str = "r1", **more: Any) -> httpx.Response:
        return await self.post(f"/queries/v1/query-request?requestId={request_id}", token, {"sqlText": sql, **more})

    async def post(self, url: str, token: str | None, body: Any = None) -> httpx.Response:
        return await self.http.post(url, json=body if body is not None else {}, headers=signed(token))

    async def get(self, url: str, token: str) -> httpx.Response:
        return await self.http.get(url, headers=signed(token))


def signed(token: str | None) -> dict[str, str]:
    return {"authorization": f'Snowflake Token="{token}"'}


def config(**changes: Any) -> ProxyConfig:
    return ProxyConfig.model_validate(
        {
            "upstreams": {"production": {"account": "ORG-ACC", "identities": {"reader": {}}}},
            "users": "users.yaml",
            "store": {"sqlite": "sessions.db", "key_file": "key"},
            "audit": {"path": "audit"},
            **changes,
        }
    )


def settings(*_: object) -> ConnectionSettings:
    return ConnectionSettings(
        account="ORG-ACC", user="SVC_READER", authenticator="SNOWFLAKE", password=Secret(PASSWORD), host="sf.test"
    )


def proxy(**changes: Any) -> Proxy:
    """The application in front of a made-up account."""
    account, audit, store = FakeAccount(), MemoryAudit(), MemoryStore()
    access, users, now = MemoryAccess(), MemoryUsers(), [1_700_000_000.0]
    configuration = config(**changes)
    services = Services(
        config=configuration,
        users=users,
        sessions=store,
        access=access,
        audit=audit,
        accounts=Accounts(configuration.upstreams, settings, lambda *_: account),
        clock=lambda: now[0],
    )
    http = httpx.AsyncClient(transport=httpx.ASGITransport(create_app(services)), base_url="http://proxy.test")
    return Proxy(services, account, audit, store, access, users, http, now)
