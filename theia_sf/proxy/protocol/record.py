"""Events of sessions and statements, as the audit keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from theia_sf.proxy.access.decision import DeniedError
from theia_sf.proxy.audit.events import Event, Kind
from theia_sf.proxy.errors import RefusalError
from theia_sf.proxy.protocol.facts import Facts
from theia_sf.proxy.sessions.model import SessionRecord

_KEPT = ("sqlText", "bindings", "bindStage", "parameters", "describeOnly", "asyncExec")


def event(kind: Kind, record: SessionRecord, peer: str, **fields: Any) -> Event:
    """Return an event of a session; fields without a value are left out."""
    told = {name: value for name, value in fields.items() if value is not None}
    return Event(kind=kind, user=record.user, account=record.account, session=record.id, peer=peer, fields=told)


def statement_fields(body: Mapping[str, Any], request_id: str | None) -> dict[str, Any]:
    """Return what a query request says of its statement."""
    return {"requestId": request_id, **{name: body[name] for name in _KEPT if body.get(name) not in (None, False, {})}}


def outcome_fields(facts: Facts) -> dict[str, Any]:
    """Return what an answer says of its statement."""
    children = list(facts.children) or None
    return {
        "outcome": facts.outcome,
        "queryId": facts.query_id,
        "children": children,
        "rows": facts.rows,
        "code": facts.code,
        "message": facts.message if facts.success is False else None,
    }


def refusal_fields(error: RefusalError) -> dict[str, Any]:
    """Return why something was not done."""
    rule = error.rule if isinstance(error, DeniedError) else None
    return {"code": error.code, "message": error.message, "rule": rule}
