"""A statement as a tree, if sqlglot knows all of it."""

from __future__ import annotations

from typing import Final, NoReturn

from sqlglot import ErrorLevel, exp
from sqlglot.dialects.snowflake import Snowflake
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token

from theia_sf.errors import UsageError
from theia_sf.proxy.access.literals import shorten
from theia_sf.proxy.access.statement import UnreadableError

UNKNOWN_FORM: Final = "it has a form that is not known"
_UNKNOWN_SYNTAX: Final = "its syntax is not known"
_MOST_PARSED: Final = 40_000
"""Tokens, when long lists of literals are cut short."""
_MOST_RETREATS: Final = 1_000
_RETREATS_PER_TOKEN: Final = 10
"""How often the parser may go back and read the same again. Usual statements need less than half of it; what nests
types that could be calls (`date(date(…))`) needs twice as many with every level, and would take hours."""
_DIALECT: Final = Snowflake()
# of a path in a text that is none it would log the text
_DIALECT.STRICT_JSON_PATH_SYNTAX = False  # pyright: ignore[reportAttributeAccessIssue] - declared by its default


class _Tokenizer(Snowflake.Tokenizer):
    COMMANDS = set()  # noqa: RUF012 - overrides sqlglot's class variable: no word makes the rest one opaque text


class _Parser(Snowflake.Parser):
    # sqlglot keeps what it does not know as opaque text, and logs it; here it is an error, and nothing is logged
    def _parse_as_command(self, start: Token) -> NoReturn:
        message = f"its {start.text.upper()[:40]} has a form that is not known"
        raise UnreadableError(message)

    def _warn_unsupported(self) -> NoReturn:
        raise UnreadableError(UNKNOWN_FORM)

    def _retreat(self, index: int) -> None:
        self._retreats: int = getattr(self, "_retreats", 0) + 1
        if self._retreats > _MOST_RETREATS + _RETREATS_PER_TOKEN * self._tokens_size:
            message = "it has too many calls within one another to be parsed in time"
            raise UnreadableError(message)
        super()._retreat(index)


def check_parser() -> None:
    """Return if sqlglot's parser can be held back as `_Parser` does.

    Raises:
        UsageError: it is compiled (package sqlglotc), which takes no changes. Every statement would be refused.
    """
    try:
        _Parser(dialect=_DIALECT)
    except TypeError as error:
        message = "The package sqlglotc is installed, with which the policy cannot read statements."
        hint = "Run: pip uninstall sqlglotc, or give theia-sf an environment of its own."
        raise UsageError(message, hint=hint) from error


def parse(text: str) -> exp.Expr:
    """Return the tree of one statement.

    Raises:
        UnreadableError: sqlglot cannot parse all of it, or it is too deeply nested.
    """
    try:
        tokens = shorten(_Tokenizer(dialect=_DIALECT).tokenize(text))
        if len(tokens) > _MOST_PARSED:
            message = "it is too long"
            raise UnreadableError(message)
        trees = _Parser(dialect=_DIALECT, error_level=ErrorLevel.IMMEDIATE).parse(tokens, text)
    except SqlglotError as error:
        raise UnreadableError(_UNKNOWN_SYNTAX) from error
    except RecursionError as error:
        message = "it is too deeply nested"
        raise UnreadableError(message) from error
    except (ValueError, TypeError, AttributeError, KeyError, IndexError) as error:  # of sqlglot itself, at odd input
        raise UnreadableError(_UNKNOWN_SYNTAX) from error
    if len(trees) != 1 or trees[0] is None:
        message = "it is not one statement"
        raise UnreadableError(message)
    return trees[0]
