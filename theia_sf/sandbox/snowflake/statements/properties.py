"""The property grammar of CREATE and ALTER: `NAME = value …`, described by a table per kind of object."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from theia_sf.sandbox.snowflake.errors import invalid_property, invalid_value
from theia_sf.sandbox.snowflake.statements.parse import Tokens


@dataclass(frozen=True)
class Property:
    """One property. `attribute` is the field it sets; without one it is an object parameter, kept by its name.

    `unset` is the value that ALTER … UNSET restores.
    """

    parse: Callable[[Tokens], Any]
    attribute: str = ""
    unset: Any = None


Grammar = Mapping[str, Property]


def text(tokens: Tokens) -> str:
    """A string or a bare word."""
    return tokens.text()


def upper(tokens: Tokens) -> str:
    """A keyword, quoted or not."""
    return tokens.text().upper()


def string(tokens: Tokens) -> str:
    """A string literal."""
    return tokens.string()


def boolean(tokens: Tokens) -> bool:
    """TRUE or FALSE."""
    value = tokens.text()
    if value.upper() not in {"TRUE", "FALSE"}:
        raise invalid_value(value, "boolean")
    return value.upper() == "TRUE"


def integer(tokens: Tokens) -> int:
    """A whole number."""
    value = tokens.text()
    try:
        return int(value)
    except ValueError as error:
        raise invalid_value(value, "integer") from error


def integer_or_null(tokens: Tokens) -> int | None:
    """A whole number or NULL."""
    return None if tokens.accept("NULL") else integer(tokens)


def identifier(tokens: Tokens) -> str:
    """A one-part name, resolved; Snowflake also takes it as a string."""
    return tokens.string().upper() if tokens.is_string() else tokens.identifier()


def dotted(tokens: Tokens) -> str:
    """A name of several parts as dotted text."""
    return tokens.string() if tokens.is_string() else ".".join(tokens.name())


def strings(tokens: Tokens) -> list[str]:
    """`('a', 'b')`."""
    tokens.expect("(")
    values: list[str] = []
    while not tokens.accept(")"):
        values.append(tokens.text())
        tokens.accept(",")
    return values


def options(tokens: Tokens) -> dict[str, Any]:
    """`(NAME = value …)`, names in upper case, lists as lists, TRUE and FALSE as booleans, numbers as integers."""
    tokens.expect("(")
    values: dict[str, Any] = {}
    while not tokens.accept(")"):
        name = tokens.text().upper()
        tokens.expect("=")
        values[name] = _option_value(tokens)
        tokens.accept(",")
    return values


def _option_value(tokens: Tokens) -> Any:
    if tokens.looking_at("("):
        return strings(tokens)
    if tokens.is_string():
        return tokens.string()
    value = tokens.text()
    if tokens.looking_at("."):
        tokens.position -= 1
        return dotted(tokens)
    if value.upper() in {"TRUE", "FALSE"}:
        return value.upper() == "TRUE"
    return int(value) if value.lstrip("-").isdigit() else value.upper()


def parse_properties(
    tokens: Tokens, grammar: Grammar, kind: str, *, stop: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """Reads properties up to the end of the statement or to a word in `stop`.

    Returns:
        values by property name.

    Raises:
        SnowflakeError: 001420 for a property that the kind doesn't have, 001003 for bad syntax.
    """
    values: dict[str, Any] = {}
    while not tokens.at_end and tokens.word() not in stop:
        if tokens.accept(","):
            continue
        name = tokens.word()
        if name not in grammar:
            raise invalid_property(name, kind) if tokens.word(1) == "=" else tokens.unexpected()
        tokens.expect(name)
        tokens.accept("=")
        values[name] = grammar[name].parse(tokens)
    return values


def assign(target: Any, grammar: Grammar, values: Mapping[str, Any]) -> None:
    """Sets parsed properties on an object."""
    for name, value in values.items():
        attribute = grammar[name].attribute
        if attribute:
            setattr(target, attribute, value)
        else:
            target.parameters[name] = parameter_text(value)


def unset(target: Any, grammar: Grammar, tokens: Tokens, kind: str) -> None:
    """Reads `NAME, …` after UNSET and restores these properties."""
    while not tokens.at_end:
        if tokens.accept(","):
            continue
        name = tokens.word()
        if name not in grammar:
            raise invalid_property(name, kind)
        tokens.expect(name)
        if grammar[name].attribute:
            setattr(target, grammar[name].attribute, grammar[name].unset)
        else:
            target.parameters.pop(name, None)


def parameter_text(value: Any) -> str:
    """A parameter's value as SHOW PARAMETERS prints it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
