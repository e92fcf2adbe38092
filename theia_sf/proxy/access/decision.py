"""What the policy says to a login and to a statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from theia_sf.proxy.access.parameters import is_harmless
from theia_sf.proxy.errors import ACCESS_DENIED, ACCESS_STATE, RefusalError
from theia_sf.proxy.sessions.model import SessionRecord
from theia_sf.proxy.users.model import Peer, ProxyUser


class DeniedError(RefusalError):
    """The policy does not allow it. `rule` is the name of the rule that says so."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(ACCESS_DENIED, message, sqlstate=ACCESS_STATE)
        self.rule = rule


@dataclass(frozen=True)
class Context:
    """What unqualified names in a statement mean; None where unset."""

    role: str | None = None
    warehouse: str | None = None
    database: str | None = None
    schema: str | None = None


def merge(wanted: Mapping[str, Any], forced: Mapping[str, Any], *, restricted: bool) -> dict[str, Any]:
    """Return the parameters of a request as they are to be sent on.

    Snowflake does not tell `rows_per_resultset` from `ROWS_PER_RESULTSET` (its JDBC driver sends the former), so
    nor does this.

    Args:
        wanted: what the client asked for.
        forced: what takes its place.
        restricted: leave out what could get around a policy, too.
    """
    above = {name.upper() for name in forced}
    own = {
        name: value
        for name, value in wanted.items()
        if name.upper() not in above and (not restricted or is_harmless(name.upper()))
    }
    return own | dict(forced)


@dataclass(frozen=True)
class Grant:
    """How a user is signed in.

    Attributes:
        rule: the rule that allows it.
        identity: name of the account's identity in the configuration.
        context: what the session starts with; it takes the place of what the client asked for.
        parameters: session parameters that the client cannot change.
        restricted: whether the client may ask for those parameters alone that cannot get around the policy.
        secondary_roles: whether the session may have the identity's other roles beside its own.
    """

    rule: str
    identity: str
    context: Context
    parameters: Mapping[str, str | int | bool] = field(default_factory=dict[str, str | int | bool])
    restricted: bool = False
    secondary_roles: bool = True

    def merge(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Return the `SESSION_PARAMETERS` of a login request as they are to be sent on."""
        return merge(wanted, self.parameters, restricted=self.restricted)


@dataclass(frozen=True)
class StatementGrant:
    """How a statement is run.

    Attributes:
        rule: the rule that allows it.
        kinds: what the statement is, for the audit: `select`, `show`, …
        parameters: put over those of the request.
        timeout: seconds after which the proxy ends it; None for no end.
        restricted: whether the request may hold those parameters alone that cannot get around the policy.
        queries: IDs of queries; all must be the user's own, or the statement is denied.
        only_reads: all that it can do is to answer.
    """

    rule: str
    kinds: tuple[str, ...]
    parameters: Mapping[str, str | int | bool] = field(default_factory=dict[str, str | int | bool])
    timeout: float | None = None
    restricted: bool = False
    queries: tuple[str, ...] = ()
    only_reads: bool = False

    def merge(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Return the `parameters` of a query request as they are to be sent on."""
        return merge(wanted, self.parameters, restricted=self.restricted)


class Access(Protocol):
    """The policy."""

    def login(self, user: ProxyUser, account: str, wanted: Context, peer: Peer, now: datetime) -> Grant:
        """Return how a user is signed in to an account.

        Raises:
            DeniedError: they may not.
        """
        ...

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
        """Return how a statement is run.

        Args:
            record: the session, with the context that Snowflake told last.
            sql: the statement's text, or that of several statements.
            bindings: the request's `bindings`.
            parameters: the request's `parameters`.
            peer: where the request comes from, which need not be where the session was started.
            now: with a time zone.
            bind_stage: the request's `bindStage`.

        Raises:
            DeniedError: it may not.
        """
        ...
