"""What makes no sense in a rule of the policy, though each of its settings does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from theia_sf.proxy.access.kinds import CALL, UNEXAMINED
from theia_sf.proxy.access.parameters import IGNORE_QUOTES, LIMITS, SEARCH_PATH
from theia_sf.proxy.access.patterns import any_matches

if TYPE_CHECKING:
    from theia_sf.proxy.config.policy import Rule

_LISTS: Final = frozenset(
    {
        "accounts", "addresses", "roles", "warehouses", "databases", "schemas", "statements", "functions", "procedures",
    }
)  # fmt: skip
_ONE_OF: Final = {"role": "roles", "warehouse": "warehouses", "database": "databases"}


def check_filled(settings: Mapping[str, Any]) -> None:
    """Return if every setting of a rule says something.

    A list that ends up empty, by a template or by a slip, would lift the limit that it was written for.

    Raises:
        ValueError: one is empty.
    """
    for name, value in settings.items():
        if value is None or (name in _LISTS and value in ([], ())):
            message = f"`{name}` is empty; leave it out if it is not to limit anything"
            raise ValueError(message)


def check_parameters(names: Iterable[str]) -> None:
    """Return if session parameters are none that a setting of its own stands for.

    Raises:
        ValueError: one is.
    """
    for name in names:
        if limit := LIMITS.get(name.upper()):
            message = f"{name} is what `{limit}` sets: write that"
            raise ValueError(message)


def check_rule(rule: Rule) -> None:
    """Return if the settings of a rule go together.

    Raises:
        ValueError: they do not.
    """
    if not rule.users and not rule.groups:
        message = f'the rule {rule.name} applies to nobody: give it `users` (["*"] is everybody) or `groups`'
        raise ValueError(message)
    if rule.schema_ is not None and rule.database is None:
        message = f"the rule {rule.name} has a `schema` without its `database`"
        raise ValueError(message)
    blind = UNEXAMINED & set(rule.statements)
    if blind and rule.limits_names:
        message = (
            f"the rule {rule.name} allows {' and '.join(sorted(blind))} statements, whose content cannot be held "
            "against its roles, warehouses, databases, schemas, functions or procedures: take one of both out"
        )
        raise ValueError(message)
    if CALL in rule.statements and rule.limits_names and not rule.procedures:
        message = f"the rule {rule.name} allows call statements: name the `procedures` that may be called"
        raise ValueError(message)
    _check_start(rule)
    _check_own_parameters(rule)


def _check_start(rule: Rule) -> None:
    for one, many in _ONE_OF.items():
        name = getattr(rule, one)
        if name is not None and rule.patterns(many) and not any_matches(rule.patterns(many), name):
            message = f"the rule {rule.name} starts sessions with the {one} {name}, which its `{many}` do not allow"
            raise ValueError(message)


def _check_own_parameters(rule: Rule) -> None:
    own = {name.upper() for name in rule.parameters} & {SEARCH_PATH, IGNORE_QUOTES}
    if own and (rule.patterns("databases") or rule.patterns("schemas")):
        message = (
            f"the rule {rule.name} limits databases or schemas, for which the proxy sets {' and '.join(sorted(own))} "
            "itself: take that out of its `parameters`"
        )
        raise ValueError(message)
