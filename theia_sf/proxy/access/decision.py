"""What the policy says to a login and to a statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

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


@dataclass(frozen=True)
class Grant:
    """How a user is signed in.

    Attributes:
        rule: the rule that allows it.
        identity: name of the account's identity in the configuration.
        context: what the session starts with; it takes the place of what the client asked for.
        parameters: session parameters that the client cannot change.
    """

    rule: str
    identity: str
    context: Context
    parameters: Mapping[str, str | int | bool] = field(default_factory=dict[str, str | int | bool])


@dataclass(frozen=True)
class StatementGrant:
    """How a statement is run.

    Attributes:
        rule: the rule that allows it.
        kinds: what the statement is, for the audit: `select`, `show`, …
        parameters: put over those of the request.
        timeout: seconds after which the proxy ends it; None for no end.
    """

    rule: str
    kinds: tuple[str, ...]
    parameters: Mapping[str, str | int | bool] = field(default_factory=dict[str, str | int | bool])
    timeout: float | None = None


class Access(Protocol):
    """The policy."""

    def login(self, user: ProxyUser, account: str, wanted: Context, peer: Peer, now: datetime) -> Grant:
        """Return how a user is signed in to an account.

        Raises:
            DeniedError: they may not.
        """
        ...

    def statement(
        self, record: SessionRecord, sql: str, *, bindings: Any, parameters: Mapping[str, Any], now: datetime
    ) -> StatementGrant:
        """Return how a statement is run.

        Raises:
            DeniedError: it may not.
        """
        ...
