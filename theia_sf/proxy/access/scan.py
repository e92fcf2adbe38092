"""What the tokens of a statement name, wherever in it: the second look beside that at the parsed tree.

A place that the parser passes over (an option, a hint, a construct that it takes for something else) hides nothing
from this: names with dots that the tree does not have make a statement unreadable.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from sqlglot.tokenizer_core import Token, TokenType

from theia_sf.proxy.access.cursor import Cursor, names_in
from theia_sf.proxy.access.functions import OF_QUERIES, reaches
from theia_sf.proxy.access.statement import Reference, Role, UnreadableError
from theia_sf.proxy.access.tokens import STRINGS, is_name, stored

_SEQUENCE: Final = "NEXTVAL"
_FORMATS: Final = frozenset({"FILE_FORMAT", "FORMAT_NAME"})
_CHANGES: Final = frozenset({"CREATE", "ALTER"})


@dataclass(frozen=True)
class Seen:
    """What the tree has of a statement's names.

    Attributes:
        names: the positions in the text where a name's first character is.
        tables: the same, of the parts of the names of tables.
        sources: the names, in full, of tables and of whatever else columns are of: aliases, the parameters of lambdas.
    """

    names: frozenset[int] = field(default_factory=frozenset[int])
    tables: frozenset[int] = field(default_factory=frozenset[int])
    sources: frozenset[tuple[str, ...]] = field(default_factory=frozenset[tuple[str, ...]])


class _Scan:
    def __init__(self, sql: str, tokens: list[Token], seen: Seen) -> None:
        self.cursor = Cursor(sql, tokens)
        self.tokens = tokens
        self.seen = seen
        self.sets_options = self.cursor.word() in _CHANGES
        self.in_table = -1
        """Where a function begins that stands in TABLE(…)."""

    def references(self) -> Iterator[Reference]:
        cursor = self.cursor
        while not cursor.at_end:
            start = cursor.position
            word = cursor.word()
            found = self._at(word)
            if found is not None:
                yield found
            elif self._is_chain():
                yield from self._chain()
            if cursor.position == start:
                cursor.position += 1

    def _at(self, word: str) -> Reference | None:
        cursor = self.cursor
        if word == "@":
            return cursor.stage()
        token = self.tokens[cursor.position]
        if token.token_type in STRINGS and token.text.startswith("@"):
            cursor.readable()  # if it is a stage, the tree has it
            return None
        if token.token_type == TokenType.EXCLAMATION:
            message = "the methods of models are not known to it"
            raise UnreadableError(message)
        following = cursor.word(1)
        if following == "(":
            return self._call(word)
        return self._option(word) if following in ("=", "=>") else None

    def _option(self, word: str) -> Reference | None:
        cursor = self.cursor
        is_text = len(cursor.rest) > 2 and cursor.rest[2].token_type in STRINGS  # noqa: PLR2004 - behind name and sign
        if word.endswith("WAREHOUSE") and self.sets_options:  # INITIALIZATION_WAREHOUSE, too
            cursor.position += 2
            return Reference(Role.WAREHOUSE, names_in(cursor.readable()) if is_text else (cursor.identifier(),))
        if word == "STREAM" or (word in _FORMATS and is_text):
            cursor.position += 2
            return Reference(Role.OBJECT, names_in(cursor.readable()))
        return None

    def _call(self, word: str) -> Reference | None:
        cursor = self.cursor
        if word == "IDENTIFIER":
            names = cursor.name()
            return Reference(Role.FUNCTION if cursor.word() == "(" else Role.OBJECT, names)
        if word == "TABLE":
            return self._table_function()
        if word == "GETNEXTVAL":
            cursor.position += 2
            return Reference(Role.OBJECT, cursor.name())
        if word == "DIRECTORY" and cursor.word(2) != "@":
            message = "which stage DIRECTORY(…) means shows when it runs"
            raise UnreadableError(message)
        token = self.tokens[cursor.position]
        if token.token_type == TokenType.IDENTIFIER and token.text != token.text.upper() and self._is_known(token):
            return Reference(Role.FUNCTION, (cursor.identifier(),))  # a user's: no function of Snowflake's is called so
        return self._reaching(word) if reaches(stored(self.tokens[cursor.position])) else None

    def _table_function(self) -> Reference | None:
        cursor = self.cursor
        cursor.position += 2
        if cursor.word() in ("$", "?", ":"):
            message = "which table TABLE(…) means shows when it runs"
            raise UnreadableError(message)
        if cursor.at_end:
            return None
        if self.tokens[cursor.position].token_type in STRINGS:
            return Reference(Role.OBJECT, names_in(cursor.readable()))
        start = cursor.position
        names = cursor.name() if is_name(self.tokens[start]) else ()
        if names and cursor.word() == ")":
            return Reference(Role.OBJECT, names)
        cursor.position = self.in_table = start  # a function, most of the time
        return None

    def _reaching(self, word: str) -> Reference | None:
        cursor = self.cursor
        name = stored(self.tokens[cursor.position])
        cursor.position += 1
        if word == "RESULT_SCAN" and cursor.accept("(", "LAST_QUERY_ID", "("):
            # the results of the session's own queries
            cursor.accept("-")
            if cursor.word() != ")":
                cursor.position += 1
            cursor.expect(")", ")")
            return None
        if word in OF_QUERIES and cursor.accept("(") and (query_id := cursor.query_id()) and cursor.accept(")"):
            return Reference(Role.QUERY, (name, query_id))
        return Reference(Role.FUNCTION, (name,))

    def _is_known(self, token: Token) -> bool:
        """Whether the parser takes a name in quotes for a function that it knows: any other is a name in the tree."""
        return token.start not in self.seen.names

    def _is_chain(self) -> bool:
        cursor = self.cursor
        before = self.tokens[cursor.position - 1].token_type if cursor.position else None
        return cursor.word(1) == "." and before != TokenType.DOT and is_name(self.tokens[cursor.position])

    def _chain(self) -> Iterator[Reference]:
        cursor = self.cursor
        start = cursor.position
        head = self.tokens[start]
        before = self.tokens[start - 1].token_type if start else None
        names = [cursor.identifier()]
        while cursor.accept("."):
            if cursor.word() == ".":
                names.append("")
            elif not cursor.at_end and is_name(self.tokens[cursor.position]):
                names.append(cursor.identifier())
            else:  # a column by number, or all of them
                break
        if head.start not in self.seen.names:
            if before == TokenType.COLON:  # a path into a VARIANT, which the tree keeps as a text
                return
            message = f"it does not see what {'.'.join(names)[:100]!r} is"
            raise UnreadableError(message)
        if names[-1] == _SEQUENCE:
            yield Reference(Role.OBJECT, tuple(names[:-1]))
        elif head.start in self.seen.tables:
            return
        elif cursor.word() == "(":
            own = len(names) > 1 and names[-2] == "INFORMATION_SCHEMA"  # nobody has procedures there
            role = Role.TABLE_FUNCTION if start == self.in_table and not own else Role.FUNCTION
            yield Reference(role, tuple(names))
        elif not any(tuple(names[:length]) in self.seen.sources for length in range(1, len(names) + 1)):
            # neither a table nor a column of one: a policy, a tag, or a table that the parser takes for something else
            yield Reference(Role.OBJECT, tuple(names))


def scan(sql: str, tokens: list[Token], seen: Seen) -> Iterator[Reference]:
    """Yield stages, sequences, functions, names in texts and warehouses that a statement's tokens hold.

    Args:
        sql: the whole text.
        tokens: those of the statement.
        seen: what the tree has of it.

    Raises:
        UnreadableError: something is named that shows only when it runs, or that the tree does not have.
    """
    return _Scan(sql, tokens, seen).references()
