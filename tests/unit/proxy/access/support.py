"""A policy, its user and their session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from theia_sf.proxy.access.check import denied as not_theirs
from theia_sf.proxy.access.decision import DeniedError, StatementGrant
from theia_sf.proxy.access.policy import PolicyAccess
from theia_sf.proxy.config.policy import Policy
from theia_sf.proxy.sessions.model import SessionRecord, UpstreamTokens
from theia_sf.proxy.users.model import Peer
from theia_sf.secret import Secret

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)  # a Monday

READER: dict[str, Any] = {
    "name": "readers",
    "groups": ["readers"],
    "identity": "reader",
    "role": "antrea_reader_x",
    "warehouses": ["wh_*"],
    "schemas": ["antrea_x.theia"],
    "statements": ["read", "list"],
    "row_limit": 1000,
    "statement_timeout": 60,
    "parameters": {"query_tag": "proxy"},
}
WRITER: dict[str, Any] = READER | {
    "name": "writers",
    "groups": ["writers"],
    "statements": ["read", "write", "ddl", "stages", "call"],
    "procedures": ["antrea_x.theia.refresh"],
}

SESSION = SessionRecord(
    id="s1",
    token_hash="",
    master_hash="",
    user="alice",
    groups=("readers",),
    credential="password",
    account="flows",
    identity="reader",
    upstream_user="READER",
    role="ANTREA_READER_X",
    warehouse="WH_X",
    database="ANTREA_X",
    schema="THEIA",
    peer_address="10.1.2.3",
    client_app="PythonConnector",
    snowflake_session_id=1,
    created=0.0,
    last_used=0.0,
    token_expires=0.0,
    expires=0.0,
    tokens=UpstreamTokens(Secret("s"), Secret("m"), 0.0, 0.0),
)
WRITERS_SESSION = replace(SESSION, groups=("writers",))


def policy(*rules: Mapping[str, Any]) -> PolicyAccess:
    """A policy of these rules."""
    return PolicyAccess(Policy.model_validate({"rules": list(rules)}), {"flows": "reader"})


def rule(**settings: Any) -> dict[str, Any]:
    """A rule for everybody."""
    return {"name": "r", "users": ["*"], **settings}


def run(access: PolicyAccess, sql: str, session: SessionRecord = SESSION, **settings: Any) -> StatementGrant:
    """Ask about a statement."""
    asked: dict[str, Any] = {
        "bindings": None,
        "parameters": {},
        "peer": Peer(session.peer_address),
        "now": NOON,
        **settings,
    }
    return access.statement(session, sql, **asked)


def refusal(access: PolicyAccess, sql: str, session: SessionRecord = SESSION, **settings: Any) -> DeniedError | None:
    """Ask about a statement of somebody who has run none before; return the refusal, None if there is none."""
    try:
        grant = run(access, sql, session, **settings)
    except DeniedError as denied:
        return denied
    return not_theirs(grant.rule, f"the query {grant.queries[0]}") if grant.queries else None
