"""What the Snowflake objects with a name have in common: how they are created, shown, altered and dropped."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from theia_sf.sandbox.providers.properties import Properties
from theia_sf.sandbox.providers.resource import Resource
from theia_sf.sandbox.providers.snowflake.names import parsed
from theia_sf.sandbox.providers.snowflake.session import SnowflakeSession
from theia_sf.snowflake.identifiers import exact, literal

Setting = tuple[str, Callable[[Any], str]]
"""A property's keyword in CREATE and ALTER … SET, and how its value is written."""


def boolean(value: Any) -> str:
    """`true` or `false`, from a boolean or from the text that the published provider uses for one."""
    return str(value).lower()


def number(value: Any) -> str:
    """Digits."""
    return str(int(value))


def text_list(values: list[str]) -> str:
    """`('a', 'b')`."""
    return "(" + ", ".join(literal(value) for value in values) + ")"


class NamedObject(Resource[SnowflakeSession]):
    """An object of the account, of a database or of a schema.

    Attributes:
        kind: as in `DROP kind`.
        plural: as in `SHOW plural LIKE`.
        within: the properties that name what holds it, outermost first.
        settings: the properties that CREATE takes and ALTER … SET changes.
        feature: the preview feature that it needs, or None.
        legacy_id: whether the id is `A|B|C` rather than the quoted name.
    """

    kind: ClassVar[str]
    plural: ClassVar[str]
    within: ClassVar[tuple[str, ...]] = ()
    settings: ClassVar[Mapping[str, Setting]] = {}
    feature: ClassVar[str | None] = None
    legacy_id: ClassVar[bool] = False
    name_property = "name"

    @abstractmethod
    def create_sql(self, name: str, inputs: Properties) -> str:
        """The CREATE statement; `name` is quoted and complete."""

    @abstractmethod
    def describe(self, row: Mapping[str, Any], name: str, state: Properties) -> Properties:
        """The properties, from the object's row in SHOW; `name` is quoted and complete."""

    def execute(self, sql: str, operation: str) -> list[dict[str, Any]]:
        """Run a statement of this resource."""
        return self.session.execute(sql, operation, self.usage_name)

    def find(self, sql: str) -> list[dict[str, Any]]:
        """Run a SHOW or DESCRIBE; no rows if what it asks for does not exist."""
        return self.session.find(sql, self.usage_name)

    @property
    def usage_name(self) -> str:
        """The resource's name in the comment that counts its use."""
        return f"snowflake_{self.kind.lower().replace(' ', '_')}"

    def clauses(self, inputs: Properties) -> str:
        """The settings as clauses of a CREATE."""
        return " ".join(
            f"{keyword} = {write(inputs[key])}"
            for key, (keyword, write) in self.settings.items()
            if inputs.get(key) is not None and inputs[key] != "default"
        )

    def create(self, inputs: Properties) -> str:
        """Create the object; the id is its name."""
        self.session.require_feature(self.feature)
        names = [str(inputs[key]) for key in (*self.within, "name")]
        self.execute(self.create_sql(exact(*names), inputs).rstrip(), "create")
        if not self.within:
            return names[0]
        return "|".join(names) if self.legacy_id else exact(*names)

    def read(self, object_id: str, state: Properties) -> Properties | None:
        """Look for the object by SHOW … LIKE."""
        self.session.require_feature(self.feature)
        names = self.names(object_id)
        scope = {0: "", 1: f" IN DATABASE {exact(*names[:-1])}", 2: f" IN SCHEMA {exact(*names[:-1])}"}
        rows = self.find(f"SHOW {self.plural} LIKE {literal(names[-1])}{scope[len(self.within)]}")
        row = next((row for row in rows if row["name"] == names[-1]), None)
        if row is None:
            return None
        found = dict(zip((*self.within, "name"), names, strict=True))
        return {**found, "fullyQualifiedName": exact(*names), **self.describe(row, exact(*names), state)}

    def update(self, object_id: str, state: Properties, inputs: Properties) -> None:
        """Set what changed, unset what is no longer given."""
        self.session.require_feature(self.feature)
        name = exact(*self.names(object_id))
        changed = {key: inputs.get(key) for key in self.settings if not self.same(key, state.get(key), inputs.get(key))}
        given = {key: value for key, value in changed.items() if value is not None and value != "default"}
        if given:
            clauses = self.clauses(given)
            self.execute(f"ALTER {self.kind} {name} SET {clauses}", "update")
        # What the account set by itself is in the state as well; only the program's own values are unset.
        unset = [self.settings[key][0] for key in changed if key not in given and self.own(key, state)]
        if unset:
            self.execute(f"ALTER {self.kind} {name} UNSET {', '.join(unset)}", "update")

    def own(self, key: str, state: Properties) -> bool:
        """Whether a setting that the program no longer gives must be unset."""
        return bool(state.get(key)) and key not in self.computed

    def delete(self, object_id: str, state: Properties) -> None:
        """Drop the object, if it exists."""
        del state
        self.session.require_feature(self.feature)
        self.execute(f"DROP {self.kind} IF EXISTS {exact(*self.names(object_id))}", "delete")

    def names(self, object_id: str) -> list[str]:
        """The object's names, from its id."""
        if not self.within:
            return [object_id]
        return object_id.split("|") if self.legacy_id else list(parsed(object_id))
