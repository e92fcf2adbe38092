"""A statement's text in tokens, by sqlglot's Snowflake tokenizer, where it cannot be read in two ways.

What sqlglot and Snowflake might take differently (a comment's end, an odd character between words) would let a
statement pass for another one; a text that has it is not understood.
"""

from __future__ import annotations

import re
from typing import Final

from sqlglot.dialects.snowflake import Snowflake
from sqlglot.errors import TokenError
from sqlglot.tokenizer_core import Token, TokenType

from theia_sf.proxy.access.literals import LITERALS
from theia_sf.proxy.access.statement import UnreadableError

MAX_LENGTH: Final = 262_144
"""Characters. Reading one this long takes about a second."""
MAX_WORDS: Final = 20_000
"""Tokens but literals, commas and brackets: what takes time to parse."""
MAX_DEPTH: Final = 64
"""Brackets within brackets. The parser's own stack ends at about twice as many."""

STRINGS: Final = frozenset({TokenType.STRING, TokenType.RAW_STRING})
_OPEN: Final = frozenset({TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE})
_CLOSE: Final = frozenset({TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE})
_STRANGE_TYPES: Final = frozenset(
    {TokenType.BLOCK_START, TokenType.BLOCK_END, TokenType.UNKNOWN, TokenType.HEREDOC_STRING, TokenType.UNICODE_STRING}
)
# control characters but tab and line feed; a carriage return that does not belong to a line feed; what other programs
# take for the end of a line, for white space or for nothing at all
_ODD: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]|\r(?!\n)"
)
_CHEAP: Final = LITERALS | _OPEN | _CLOSE | {TokenType.COMMA}
_USUAL_GAPS: Final = frozenset({"", " ", "\n"})
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")
_WORD_CHARACTER: Final = re.compile(r"[A-Za-z0-9_$]")


_DIALECT: Final = Snowflake()


class _Tokenizer(Snowflake.Tokenizer):
    COMMANDS = set()  # noqa: RUF012 - overrides sqlglot's class variable: EXECUTE, CALL … are words like any other
    KEYWORDS = {k: v for k, v in Snowflake.Tokenizer.KEYWORDS.items() if " " not in k}  # noqa: RUF012 - as above


def tokenize(sql: str) -> list[Token]:
    """Return the tokens of a text of one or more statements.

    Raises:
        UnreadableError: it is too long or too deeply nested, holds something ambiguous, or does not end.
    """
    if len(sql) > MAX_LENGTH:
        message = f"it is longer than {MAX_LENGTH} characters"
        raise UnreadableError(message)
    if "\x00" in sql:
        message = "it holds the character U+0000"
        raise UnreadableError(message)
    try:
        tokens = _Tokenizer(dialect=_DIALECT).tokenize(sql)  # it has a state: one for each, as threads may be several
    except (TokenError, RecursionError, ValueError) as error:
        message = "a quoted text or a comment in it does not end"
        raise UnreadableError(message) from error
    _check_tokens(sql, tokens)
    _check_gaps(sql, tokens)
    return tokens


def _check_tokens(sql: str, tokens: list[Token]) -> None:
    if sum(token.token_type not in _CHEAP for token in tokens) > MAX_WORDS:
        message = f"it has more than {MAX_WORDS} words, literals not counted"
        raise UnreadableError(message)
    depth = 0
    for token in tokens:
        kind = token.token_type
        if kind in _OPEN:
            depth += 1
            if depth > MAX_DEPTH:
                message = f"it has more than {MAX_DEPTH} brackets within one another"
                raise UnreadableError(message)
        elif kind in _CLOSE:
            depth -= 1
        elif kind in _STRANGE_TYPES or (kind not in STRINGS | {TokenType.IDENTIFIER} and not token.text.isascii()):
            message = f"{token.text[:40]!r} is neither a word nor a name in quotes"
            raise UnreadableError(message)
        elif kind == TokenType.RAW_STRING or (kind == TokenType.VAR and "$$" in token.text):
            _check_dollars(sql, token)
        if depth < 0:
            message = "it closes more brackets than it opens"
            raise UnreadableError(message)
    if depth:
        message = "it opens more brackets than it closes"
        raise UnreadableError(message)


def _check_dollars(sql: str, token: Token) -> None:
    # $ is a letter of names, too: where a name touches $$, two readers may disagree where the text begins
    before, after = sql[token.start - 1 : token.start] if token.start else "", sql[token.end + 1 : token.end + 2]
    if token.token_type == TokenType.VAR or _WORD_CHARACTER.match(before) or _WORD_CHARACTER.match(after):
        message = "a name touches a text in $$"
        raise UnreadableError(message)


def _check_gaps(sql: str, tokens: list[Token]) -> None:
    # between two tokens there may be nothing but white space and comments
    position = 0
    for token in tokens:
        _check_gap(sql[position : token.start])
        position = token.end + 1
    _check_gap(sql[position:])


def _check_gap(gap: str) -> None:
    if gap in _USUAL_GAPS:
        return
    if odd := _ODD.search(gap):
        message = f"it holds the character U+{ord(odd.group()):04X} outside quotes"
        raise UnreadableError(message)
    while gap := gap.lstrip(" \t\r\n"):
        if gap.startswith(("--", "//")):
            gap = gap.partition("\n")[2]
        elif gap.startswith("/*"):
            body, end, gap = gap[2:].partition("*/")
            if not end or "/*" in body:
                message = "a comment in it does not end, or begins within another"
                raise UnreadableError(message)
        elif gap == ";" * len(gap):
            return
        else:
            message = f"{gap[:40]!r} in it is neither SQL nor a comment"
            raise UnreadableError(message)


def plain(sql: str, tokens: list[Token]) -> str:
    """Return the text of tokens that follow one another, with white space in the place of comments.

    Every token stays where it is, counted from the first one.
    """
    parts: list[str] = []
    position = tokens[0].start
    for token in tokens:
        parts += " " * (token.start - position), sql[token.start : token.end + 1]
        position = token.end + 1
    return "".join(parts)


def split(tokens: list[Token]) -> list[list[Token]]:
    """Return the tokens of each statement."""
    statements: list[list[Token]] = [[]]
    for token in tokens:
        if token.token_type == TokenType.SEMICOLON:
            statements.append([])
        else:
            statements[-1].append(token)
    return [statement for statement in statements if statement]


def is_name(token: Token) -> bool:
    """Tell whether a token is a name in quotes, or a word that can be a name."""
    if token.token_type == TokenType.IDENTIFIER:
        return True
    return token.token_type not in STRINGS and _NAME.fullmatch(token.text) is not None


def stored(token: Token) -> str:
    """Return a name as Snowflake stores it."""
    return token.text if token.token_type == TokenType.IDENTIFIER else token.text.upper()
