"""The policy at work: which rule applies, how a session starts under it, and whether a statement may run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from theia_sf.proxy.access.analyse import analyse, is_remembered
from theia_sf.proxy.access.check import check, denied
from theia_sf.proxy.access.decision import Context, DeniedError, Grant, StatementGrant
from theia_sf.proxy.access.kinds import SESSION
from theia_sf.proxy.access.parameters import LIMITS
from theia_sf.proxy.access.patterns import any_matches
from theia_sf.proxy.access.start import start_context
from theia_sf.proxy.access.statement import kinds_of, only_reads
from theia_sf.proxy.config.policy import Policy, Rule
from theia_sf.proxy.sessions.model import SessionRecord
from theia_sf.proxy.users.model import Peer, ProxyUser

NO_RULE: Final = "default"
"""What a refusal calls the absence of a rule."""
_BIND_STAGES: Final = ("@SYSTEMBIND/", "@SYSTEM$BIND/", "@SNOWPARK_TEMP_STAGE_BIND/")
"""The temporary stages into which drivers put many bound rows; they name them so themselves, without a schema."""


class PolicyAccess:
    """Decides by a policy. A rule that is changed holds for the sessions that are open, too.

    Args:
        policy: the rules.
        identities: for each account the name of the identity where a rule names none; None where there is none.
    """

    def __init__(self, policy: Policy, identities: Mapping[str, str | None]) -> None:
        self._policy = policy
        self._identities = identities
        self._varies = any(rule.hours is not None or rule.addresses for rule in policy.rules)

    def login(self, user: ProxyUser, account: str, wanted: Context, peer: Peer, now: datetime) -> Grant:
        """Return how a user is signed in to an account; see `Access`."""
        rule = self._rule(user.name, user.groups, account, peer.address, now)
        return Grant(
            rule.name,
            self._identity(rule, account),
            start_context(rule, wanted),
            rule.forced_parameters,
            restricted=rule.limits_names,
            secondary_roles=not rule.patterns("roles"),
        )

    def statement(
        self,
        record: SessionRecord,
        sql: str,
        *,
        bindings: Any,  # noqa: ARG002 - bound values are values: where they would be names, the statement is refused
        parameters: Mapping[str, Any],
        peer: Peer,
        now: datetime,
        bind_stage: str | None = None,
    ) -> StatementGrant:
        """Return how a statement is run; see `Access`."""
        rule = self._rule(record.user, frozenset(record.groups), record.account, peer.address, now)
        if self._identity(rule, record.account) != record.identity:
            why = f"the session was started as {record.identity}, for which it is not made: sign in again"
            raise denied(rule.name, why)
        self._check_brought(rule, record)
        context = Context(record.role, record.warehouse, record.database, record.schema)
        queries: tuple[str, ...] = ()
        # where nothing hangs on it, a very long text is not looked at: that takes up to a second
        statements = analyse(sql) if rule.restricts or is_remembered(sql) else None
        kinds = kinds_of(statements or ())
        if rule.restricts and statements is not None:
            _check_current(rule, context, kinds)
            if bind_stage is not None and rule.limits_names and not str(bind_stage).upper().startswith(_BIND_STAGES):
                raise denied(rule.name, "the stage of the bound rows is not a driver's own")
            queries = check(rule, statements, context)
        return StatementGrant(
            rule.name,
            kinds,
            _limits(rule, parameters),
            timeout=rule.statement_timeout,
            restricted=rule.limits_names,
            queries=queries,
            only_reads=statements is not None and only_reads(statements),
        )

    def _rule(self, user: str, groups: frozenset[str], account: str, address: str, now: datetime) -> Rule:
        untimely: Rule | None = None
        for rule in self._policy.rules:
            if not rule.applies_to(user, groups, account, address):
                continue
            if rule.hours is not None and not rule.hours.include(now):
                untimely = untimely or (rule if rule.effect == "allow" else None)
                continue
            if rule.effect == "deny":
                raise denied(rule.name, "it keeps this user out")
            return rule
        if untimely is not None:
            raise denied(untimely.name, f"it applies {untimely.hours}")
        message = "Denied by the proxy's policy: no rule applies to this user at this account, from this address."
        raise DeniedError(NO_RULE, message)

    def _check_brought(self, rule: Rule, record: SessionRecord) -> None:
        """Hold against a rule what the session brought along from one that applied when and where it began.

        Secondary roles and parameters are given once, at sign-in; the limits go into every request.
        """
        if not self._varies:
            return
        began = datetime.fromtimestamp(record.created, UTC)
        try:
            first = self._rule(record.user, frozenset(record.groups), record.account, record.peer_address, began)
        except DeniedError:  # by a former policy
            return
        forced = {key: value for key, value in rule.forced_parameters.items() if key not in LIMITS}
        has_more_roles = bool(rule.patterns("roles")) and not first.patterns("roles")
        if has_more_roles or not forced.items() <= first.forced_parameters.items():
            why = f"the session was started under the rule {first.name}, which limits it in another way: sign in again"
            raise denied(rule.name, why)

    def _identity(self, rule: Rule, account: str) -> str:
        identity = rule.identity or self._identities.get(account)
        if identity is None:
            raise denied(rule.name, f"it does not say which of the identities of {account} to use")
        return identity


def _check_current(rule: Rule, context: Context, kinds: tuple[str, ...]) -> None:
    """Hold what the session has, by Snowflake's defaults or a former policy, against the rule."""
    roles, warehouses = rule.patterns("roles"), rule.patterns("warehouses")
    if roles and (context.role is None or not any_matches(roles, context.role)):
        role = "no role" if context.role is None else f"the role {context.role}"
        raise denied(rule.name, f"the session has {role}, which it does not allow: sign in again")
    if warehouses and context.warehouse is not None and not any_matches(warehouses, context.warehouse):
        if kinds and SESSION.issuperset(kinds):  # as USE WAREHOUSE is; SET of a query is a SELECT, too
            return
        why = f"the session has the warehouse {context.warehouse}, which it does not allow: use another one"
        raise denied(rule.name, why)


def _limits(rule: Rule, parameters: Mapping[str, Any]) -> dict[str, str | int | bool]:
    """What goes over the parameters of a request: those that the rule sets; of limits, the lower one."""
    wanted = {name.upper(): value for name, value in parameters.items()}
    found: dict[str, str | int | bool] = {}
    for name, value in rule.forced_parameters.items():
        if name in LIMITS:
            found[name] = _lower(wanted.get(name), int(value))
        elif name in wanted:
            found[name] = value
    return found


def _lower(wanted: Any, limit: int) -> int:
    # drivers send numbers as texts, too; 0 is no limit
    try:
        number = int(wanted)
    except (TypeError, ValueError, OverflowError):  # 1e999 is a number of JSON, too
        return limit
    return min(number, limit) if number > 0 else limit
