"""Which databases and schemas a rule allows, and what that says of names that leave out a part."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from theia_sf.proxy.access.decision import Context
from theia_sf.proxy.access.patterns import NamePattern, any_matches
from theia_sf.proxy.config.policy import Rule

_QUALIFIED: Final = 2


class Scope:
    """The databases and schemas of a rule.

    A session's context is known from Snowflake's last answer, and two statements of one session may run at the same
    time: while one is looked at, another may have moved the session. Names that leave out their database are therefore
    allowed only where they are allowed in every database that the session can be in.
    """

    def __init__(self, rule: Rule) -> None:
        self._databases = rule.patterns("databases")
        self._schemas = rule.patterns("schemas")
        self.is_unlimited = not self._databases and not self._schemas

    def allows_database(self, database: str) -> bool:
        """Tell whether anything in a database may be used."""
        if self._databases and not any_matches(self._databases, database):
            return False
        return not self._schemas or any(self._fits(pattern, database) for pattern in self._schemas)

    def allows_schema(self, database: str, schema: str) -> bool:
        """Tell whether the objects of a schema may be used."""
        if self._databases and not any_matches(self._databases, database):
            return False
        return not self._schemas or any_matches(self._schemas, database, schema)

    def allows(self, schema: tuple[str, ...], context: Context) -> bool:
        """Tell whether the objects of a schema may be used, as a statement names it.

        Args:
            schema: database and schema; the schema; or nothing for the current one. An empty schema is PUBLIC.
            context: of the session.
        """
        if self.is_unlimited:
            return True
        if len(schema) > _QUALIFIED:
            return False
        if len(schema) == _QUALIFIED:
            return self.allows_schema(schema[0], schema[1] or "PUBLIC")
        if context.database is None:
            return False
        if schema:
            return self.allows_schema(context.database, schema[0]) and self._everywhere(schema[0])
        return context.schema is not None and self.allows_schema(context.database, context.schema)

    def completed(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Return a name with the database and schema in front that it leaves out, if they can be but one each."""
        places = {pattern.parts for pattern in self._schemas if all(pattern.exact) and len(pattern.parts) == _QUALIFIED}
        if len(places) == len(self._schemas) == 1:
            database, schema = places.pop()
            return ((database, schema, *names), (database, *names), names)[min(len(names), 3) - 1]
        return names

    def _everywhere(self, schema: str) -> bool:
        """Whether a schema may be used in every database that has one that may be used."""
        fitting = [
            pattern for pattern in self._schemas if NamePattern(pattern.parts[-1:], pattern.exact[-1:]).matches(schema)
        ]
        if not self._schemas or any(len(pattern.parts) < _QUALIFIED for pattern in fitting):
            return True
        return all(any(pattern.covers(database) for pattern in fitting) for database in self._possible_databases())

    def _possible_databases(self) -> Iterator[NamePattern]:
        anywhere = self._databases or (NamePattern(("*",), (False,)),)
        for pattern in self._schemas:
            yield from (pattern,) if len(pattern.parts) == _QUALIFIED else anywhere

    @staticmethod
    def _fits(pattern: NamePattern, database: str) -> bool:
        return len(pattern.parts) < _QUALIFIED or NamePattern(pattern.parts[:1], pattern.exact[:1]).matches(database)
