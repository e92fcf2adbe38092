"""A position in the tokens of one statement, for the statements that sqlglot's parser keeps as opaque text."""

from __future__ import annotations

import re
from typing import Final

from sqlglot.tokenizer_core import Token, TokenType

from theia_sf.proxy.access.statement import Reference, Role, UnreadableError
from theia_sf.proxy.access.tokens import STRINGS, is_name, stored, tokenize
from theia_sf.token_walk import TokenWalk

_QUERY_ID: Final = re.compile(r"[0-9A-Za-z_-]{1,64}")
_LONGEST: Final = 3
_PLAIN_TEXT: Final = re.compile(r"""'(?:[^'\\]|''|\\['"\\nrt])*'""")
"""A text in which every escape means one thing. Of others, as `\\47` and `\\u27`, two readers may make two texts."""


class Cursor(TokenWalk):
    """Reads tokens one after the other.

    Every method that reads raises `UnreadableError` where the statement does not go on as it must.

    Args:
        sql: the whole text.
        tokens: those of one statement.
    """

    def __init__(self, sql: str, tokens: list[Token]) -> None:
        super().__init__(tokens, STRINGS)
        self.sql = sql

    @property
    def rest(self) -> list[Token]:
        """The tokens that are not read."""
        return self.tokens[self.position :]

    def unexpected(self) -> UnreadableError:
        """Return what is wrong here."""
        if self.at_end:
            return UnreadableError("it ends too early")
        return UnreadableError(f"it does not know what {self.tokens[self.position].text[:40]!r} means there")

    def string(self) -> str:
        """Read a text in quotes."""
        if self.at_end or self.tokens[self.position].token_type not in STRINGS:
            raise self.unexpected()
        self.position += 1
        return self.tokens[self.position - 1].text

    def readable(self) -> str:
        """Read a text in quotes that is read in turn: as a name, or as a statement."""
        text = self.string()
        token = self.tokens[self.position - 1]
        written = self.sql[token.start : token.end + 1]
        if written != f"$${text}$$" and not _PLAIN_TEXT.fullmatch(written):
            message = f"the text {text[:40]!r} is written with escapes that can be read in two ways"
            raise UnreadableError(message)
        return text

    def query_id(self) -> str | None:
        """Read the ID of a query if it comes next, in quotes and with nothing in it that could be read in two ways."""
        token = None if self.at_end else self.tokens[self.position]
        if token is None or token.token_type != TokenType.STRING or not _QUERY_ID.fullmatch(token.text):
            return None
        if self.sql[token.start : token.end + 1] != f"'{token.text}'":
            return None
        self.position += 1
        return token.text

    def accept_string(self) -> bool:
        """Read a text in quotes if it comes next."""
        if self.at_end or self.tokens[self.position].token_type not in STRINGS:
            return False
        self.position += 1
        return True

    def identifier(self) -> str:
        """Read one name; return it as Snowflake stores it."""
        if self.at_end or not is_name(self.tokens[self.position]):
            raise self.unexpected()
        self.position += 1
        return stored(self.tokens[self.position - 1])

    def name(self) -> tuple[str, ...]:
        """Read a name of one to three parts, also as IDENTIFIER('…'); a part left out (`DB..T`) is empty."""
        if self.word() == "IDENTIFIER" and self.word(1) == "(":
            self.position += 2
            names = names_in(self.readable())
            self.expect(")")
            if self.word() == ".":
                raise self.unexpected()
            return names
        names = [self.identifier()]
        while self.accept("."):
            names.append("" if self.word() == "." else self.identifier())
        if len(names) > _LONGEST:
            raise self.unexpected()
        return tuple(names)

    def stage(self) -> Reference:
        """Read `@stage/path` or `@%table`.

        A user's own stage (`@~`) is not understood: all who share Snowflake's user share its files.
        """
        self.expect("@")
        if self.word() == "~":
            message = "@~ is the stage of a Snowflake user, whom others may share"
            raise UnreadableError(message)
        self.accept("%")
        if self.word() == "IDENTIFIER" and self.word(1) == "(":
            raise self.unexpected()
        found = Reference(Role.OBJECT, self.name())
        self.path()
        return found

    def path(self) -> None:
        """Read the rest of a path: what follows without white space.

        Snowflake may take a comment or a quote that touches a path for a part of it, and what is behind it for SQL.
        """
        while True:
            end = self.tokens[self.position - 1].end + 1
            connected = not self.at_end and self.tokens[self.position].start == end
            touching = self.tokens[self.position].token_type if connected else None
            if touching in STRINGS or touching == TokenType.IDENTIFIER or self.sql.startswith(("--", "//", "/*"), end):
                message = "a comment or a quote touches the path of a file or stage: put white space between them"
                raise UnreadableError(message)
            if not connected or self.word() in ("(", ")", ","):
                return
            if self.word() == "@":
                raise self.unexpected()
            self.position += 1


def names_in(text: str) -> tuple[str, ...]:
    """Return the parts of a name that stands in a string.

    Raises:
        UnreadableError: it is no name.
    """
    cursor = Cursor(text, tokenize(text))
    names = cursor.name()
    cursor.expect_end()
    return names


def stage_in(text: str) -> Reference:
    """Return the stage in a string such as `@db.schema.stage/path`.

    Raises:
        UnreadableError: it is none.
    """
    cursor = Cursor(text, tokenize(text.partition("/")[0]))
    found = cursor.stage()
    cursor.expect_end()
    return found
