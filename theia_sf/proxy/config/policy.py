"""The policy: who may sign in as whom, and what they may do then."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from theia_sf.errors import UsageError
from theia_sf.proxy.access.kinds import expand
from theia_sf.proxy.access.parameters import (
    CURRENT_DATABASE,
    CURRENT_SCHEMA,
    IGNORE_QUOTES,
    ROW_LIMIT,
    SEARCH_PATH,
    STATEMENT_TIMEOUT,
)
from theia_sf.proxy.access.patterns import NamePattern
from theia_sf.proxy.config.addresses import Network, within
from theia_sf.proxy.config.base import Section
from theia_sf.proxy.config.hours import Hours
from theia_sf.proxy.config.rule_checks import check_filled, check_parameters, check_rule
from theia_sf.snowflake.identifiers import fold

EVERYBODY: Final = "*"


def _stored(name: str) -> str:
    try:
        return fold(name)
    except UsageError as error:
        raise ValueError(error.message) from None


Name = Annotated[str, AfterValidator(_stored)]
"""A name of Snowflake's; kept as Snowflake stores it."""
ParameterValue = bool | int | str

_LONGEST: Final = {"roles": 1, "warehouses": 1, "databases": 1, "schemas": 2, "functions": 3, "procedures": 3}


class Rule(Section):
    """One rule. What it does not name, it does not restrict; docs/proxy-policy.md describes each setting.

    Attributes:
        name: stands in refusals and in the audit.
        effect: `deny` keeps those whom it applies to out.
        users, groups: whom it applies to; `*` among the users is everybody.
        accounts: the accounts in the configuration; none for all.
        addresses, hours: from where and when it applies.
        identity: whom Snowflake sees; None for the account's only one, or the one called `default`.
        role, warehouse, database, schema: what a session starts with, whatever the client asks for, and, without the
            patterns, the only one that may be used; schemas with their databases in front are patterns of both.
        roles, warehouses, databases, schemas: patterns of what may be used. A client that asks for none starts with
            the first that is a whole name.
        statements: kinds of statements, or groups of them; empty for all.
        functions, procedures: what may be called besides the functions that only look at their arguments.
        row_limit: rows of a result.
        statement_timeout: seconds.
        parameters: session parameters that the client cannot change.
    """

    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]
    effect: Literal["allow", "deny"] = "allow"
    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    addresses: tuple[Network, ...] = ()
    hours: Hours | None = None
    identity: str | None = None
    role: Name | None = None
    warehouse: Name | None = None
    database: Name | None = None
    schema_: Annotated[Name | None, Field(alias="schema")] = None
    roles: tuple[str, ...] = ()
    warehouses: tuple[str, ...] = ()
    databases: tuple[str, ...] = ()
    schemas: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    procedures: tuple[str, ...] = ()
    row_limit: Annotated[int | None, Field(gt=0, le=1_000_000_000)] = None
    statement_timeout: Annotated[int | None, Field(gt=0, le=604_800)] = None  # Snowflake's longest: a week
    parameters: dict[Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")], ParameterValue] = Field(
        default_factory=dict[str, ParameterValue]
    )

    @model_validator(mode="before")
    @classmethod
    def _says_something(cls, settings: Any) -> Any:
        if isinstance(settings, dict):
            check_filled(settings)  # pyright: ignore[reportUnknownArgumentType] - YAML
        return settings  # pyright: ignore[reportUnknownVariableType] - YAML

    @field_validator("parameters")
    @classmethod
    def _are_no_limits(cls, parameters: dict[str, ParameterValue]) -> dict[str, ParameterValue]:
        check_parameters(parameters)
        return parameters

    @field_validator("statements")
    @classmethod
    def _known_kinds(cls, words: tuple[str, ...]) -> tuple[str, ...]:
        expand(words)
        return words

    @field_validator(*_LONGEST)
    @classmethod
    def _are_patterns(cls, texts: tuple[str, ...], info: Any) -> tuple[str, ...]:
        for text in texts:
            NamePattern.parse(text, _LONGEST[info.field_name])
        return texts

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        check_rule(self)
        return self

    def patterns(self, setting: str) -> tuple[NamePattern, ...]:
        """Return the patterns of `roles`, `databases`, …"""
        return self._patterns[setting]

    @cached_property
    def _patterns(self) -> dict[str, tuple[NamePattern, ...]]:
        found = {
            setting: tuple(NamePattern.parse(text, longest) for text in getattr(self, setting))
            for setting, longest in _LONGEST.items()
        }
        only: dict[str, tuple[str | None, ...]] = {"roles": (self.role,), "warehouses": (self.warehouse,)}
        if not found["schemas"] or any(len(pattern.parts) == 1 for pattern in found["schemas"]):
            only["databases"] = (self.database,)
        only["schemas"] = (self.database, self.schema_)
        for setting, names in only.items():
            whole = tuple(name for name in names if name is not None)
            if not found[setting] and len(whole) == len(names):
                found[setting] = (NamePattern(whole, (True,) * len(whole)),)
        return found

    @cached_property
    def kinds(self) -> frozenset[str] | None:
        """The kinds of statements that it allows; None for all."""
        return expand(self.statements) if self.statements else None

    @cached_property
    def limits_names(self) -> bool:
        """Whether it matters what a statement names."""
        return any(self._patterns.values())

    @cached_property
    def forced_parameters(self) -> dict[str, ParameterValue]:
        """The session parameters that the client cannot change, by their names in upper case."""
        forced: dict[str, ParameterValue] = {}
        if self.patterns("databases") or self.patterns("schemas"):
            # whatever the account has: names are looked for in the current database alone, and mean what they say
            forced[SEARCH_PATH] = CURRENT_SCHEMA if self.patterns("schemas") else CURRENT_DATABASE
            forced[IGNORE_QUOTES] = False
        forced |= {name.upper(): value for name, value in self.parameters.items()}
        if self.row_limit is not None:
            forced[ROW_LIMIT] = self.row_limit
        if self.statement_timeout is not None:
            forced[STATEMENT_TIMEOUT] = self.statement_timeout
        return forced

    @cached_property
    def restricts(self) -> bool:
        """Whether statements have to be understood to be allowed."""
        return self.limits_names or self.kinds is not None or self.holds_parameters

    @cached_property
    def holds_parameters(self) -> bool:
        """Whether there are session parameters that the client must not change."""
        return self.row_limit is not None or self.statement_timeout is not None or bool(self.parameters)

    def applies_to(self, user: str, groups: frozenset[str], account: str, address: str) -> bool:
        """Tell whether it is about a user at an account, from an address; hours are looked at apart."""
        if EVERYBODY not in self.users and user not in self.users and not groups.intersection(self.groups):
            return False
        if self.accounts and account not in self.accounts:
            return False
        return not self.addresses or within(address, self.addresses)


class Policy(Section):
    """The rules, in the order in which they are looked at; the first that applies decides."""

    rules: tuple[Rule, ...] = ()

    @model_validator(mode="after")
    def _names_once(self) -> Self:
        names = [rule.name for rule in self.rules]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            message = f"two rules are called {twice}; refusals could not tell which"
            raise ValueError(message)
        return self
