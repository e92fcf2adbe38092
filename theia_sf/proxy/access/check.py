"""Holds what statements are and name against a rule."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from theia_sf.proxy.access.decision import Context, DeniedError
from theia_sf.proxy.access.functions import OF_QUERIES, reaches
from theia_sf.proxy.access.kinds import CALL
from theia_sf.proxy.access.parameters import is_harmless
from theia_sf.proxy.access.patterns import any_matches
from theia_sf.proxy.access.scope import Scope
from theia_sf.proxy.access.statement import Reference, Role, Statement
from theia_sf.proxy.config.policy import Rule

_LONGEST: Final = 120
PUBLIC: Final = "PUBLIC"
_FOLLOWS: Final = {Role.USE_SCHEMA: Role.SCHEMA, Role.USE_DATABASE: Role.DATABASE}


def denied(rule: str, why: str) -> DeniedError:
    """Return the refusal of a rule."""
    return DeniedError(rule, f"Denied by rule {rule} of the proxy's policy: {why}.")


def check(rule: Rule, statements: Iterable[Statement], context: Context) -> tuple[str, ...]:
    """Return if a rule allows all of the statements of a text, one after the other.

    Returns:
        The IDs of queries that they may use if these are the user's own.

    Args:
        rule: that which applies.
        statements: in their order; a USE among them changes what the names in the following ones mean.
        context: of the session.

    Raises:
        DeniedError: it does not.
    """
    checker = _Checker(rule, context)
    for statement in statements:
        checker.check(statement)
    return tuple(dict.fromkeys(checker.queries))


class _Checker:
    def __init__(self, rule: Rule, context: Context) -> None:
        self.rule = rule
        self.context = context
        self.scope = Scope(rule)
        self.queries: list[str] = []

    def check(self, statement: Statement) -> None:
        rule = self.rule
        allowed = rule.kinds
        if statement.unread is not None and not self._passes_unread(statement):
            why = f"the proxy cannot examine the statement: {statement.unread}"
            raise denied(rule.name, why)
        missing = [kind for kind in statement.kinds if allowed is not None and kind not in allowed]
        if missing:
            why = f"it does not allow {missing[0].replace('_', ' ')} statements"
            raise denied(rule.name, why)
        for reference in statement.references:
            self._check_reference(reference)

    def _passes_unread(self, statement: Statement) -> bool:
        # what is not understood could be anything, so it passes only where nothing hangs on it
        rule = self.rule
        if rule.limits_names or rule.holds_parameters:
            return False
        return rule.kinds is None or rule.kinds.issuperset(statement.kinds)

    def _check_reference(self, reference: Reference) -> None:
        role, names = reference.role, reference.names
        if role in (Role.OBJECT, Role.SCHEMA, Role.DATABASE, Role.LISTING, Role.USE_SCHEMA, Role.USE_DATABASE):
            self._check_place(reference)
        elif role in (Role.FUNCTION, Role.PROCEDURE):
            self._check_routine(role, names)
        elif role == Role.TABLE_FUNCTION:
            self._check_table_function(names)
        elif role == Role.QUERY:
            self._check_query(*names)
        elif role == Role.PARAMETER:
            self._check_parameter(names[0])
        elif role == Role.SECONDARY_ROLES:
            if self.rule.patterns("roles"):
                raise denied(self.rule.name, "it limits the roles, hence there are no secondary ones")
        else:
            allowed = self.rule.patterns(f"{role.value}s")
            if allowed and not any_matches(allowed, *names):
                raise denied(self.rule.name, f"the {role.value} {_shown(names)} is not among those that it allows")

    def _check_place(self, reference: Reference) -> None:
        role, names = reference.role, reference.names
        context = self.context
        if role == Role.USE_DATABASE:
            # PUBLIC becomes the schema with it
            if self.scope.allows_database(names[0]) and not self.scope.allows_schema(names[0], PUBLIC):
                why = f"with the database {_shown(names)} PUBLIC would become the schema: write USE SCHEMA with both"
                raise denied(self.rule.name, why)
            self._must(self.scope.allows_database(names[0]), role, names)
            self.context = replace(context, database=names[0], schema=PUBLIC)
            return
        if role == Role.DATABASE or (role == Role.LISTING and context.schema is None):
            database = names[0] if names else context.database
            known = database is not None and len(names) <= 1 and self.scope.allows_database(database)
            self._must(known or self.scope.is_unlimited, role, names)
            return
        schema = names if role in (Role.SCHEMA, Role.USE_SCHEMA) else names[:-1]
        self._must(self.scope.allows(schema, context), role, names)
        if role == Role.USE_SCHEMA:
            self.context = replace(
                context, schema=schema[-1], database=schema[0] if len(schema) > 1 else context.database
            )

    def _must(self, allowed: bool, role: Role, names: tuple[str, ...]) -> None:
        if allowed:
            return
        what = {Role.LISTING: "what would be listed"}.get(role, f"the {_FOLLOWS.get(role, role).value} {_shown(names)}")
        if not names:
            what = "what is current in the session"
        raise denied(self.rule.name, f"{what} is not in the databases and schemas that it allows")

    def _check_routine(self, role: Role, names: tuple[str, ...]) -> None:
        rule = self.rule
        patterns = rule.patterns("functions" if role == Role.FUNCTION else "procedures")
        last = names[-1]
        # a function that does something is no reading, whatever statement it stands in
        acts = role == Role.FUNCTION and rule.kinds is not None and reaches(last)
        acts = acts or last.upper() in OF_QUERIES  # which may be those of another user of the proxy
        if not patterns and self.scope.is_unlimited and not acts:
            return
        if not any_matches(patterns, *names) and not any_matches(patterns, *self.scope.completed(names)):
            why = f"the {role.value} {_shown(names)} is not among those that it allows"
            if any(pattern.parts[-1] == last for pattern in patterns):
                why += "; write its name in full"
            raise denied(rule.name, why)
        if len(names) > 1 or role == Role.PROCEDURE or not reaches(last):
            self._must(self.scope.allows(names[:-1], self.context), role, names)

    def _check_table_function(self, names: tuple[str, ...]) -> None:
        # what stands in TABLE(…) may be a procedure:
        # https://docs.snowflake.com/en/developer-guide/stored-procedure/stored-procedures-selecting-from
        rule = self.rule
        calls = rule.kinds is None or CALL in rule.kinds
        if not calls and not rule.patterns("functions"):
            why = f"it does not allow call statements, and {_shown(names)} in TABLE(…) may be a procedure"
            raise denied(rule.name, why)
        if not calls or not rule.patterns("procedures"):
            self._check_routine(Role.FUNCTION, names)
            return
        try:
            self._check_routine(Role.PROCEDURE, names)
        except DeniedError:
            if not rule.patterns("functions"):
                raise
            self._check_routine(Role.FUNCTION, names)

    def _check_query(self, function: str, query_id: str) -> None:
        try:
            self._check_routine(Role.FUNCTION, (function,))
        except DeniedError:
            self.queries.append(query_id)

    def _check_parameter(self, name: str) -> None:
        rule = self.rule
        if name in rule.forced_parameters:
            raise denied(rule.name, f"it sets the parameter {name} itself")
        if rule.limits_names and not is_harmless(name):
            raise denied(rule.name, f"the parameter {_shown((name,))} changes what statements mean")


def _shown(names: tuple[str, ...]) -> str:
    text = ".".join(names)
    text = text if text.isprintable() else ascii(text)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
