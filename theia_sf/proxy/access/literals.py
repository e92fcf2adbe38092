"""Long lists of literals, cut short before they are parsed.

A bulk INSERT may have 100,000 rows. Parsing them all takes seconds, and literals name nothing: what the statement is
and names is told by what is left.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sqlglot.tokenizer_core import Token, TokenType

LITERALS: Final = frozenset(
    {
        TokenType.STRING, TokenType.RAW_STRING, TokenType.HEX_STRING, TokenType.NUMBER, TokenType.NULL, TokenType.TRUE,
        TokenType.FALSE, TokenType.PLACEHOLDER,
    }
)  # fmt: skip
_Read = Callable[[list[Token], int], int | None]
_KEPT: Final = 32
"""As many stay in a row: no function that is told by the number of its arguments has more."""


def shorten(tokens: list[Token]) -> list[Token]:
    """Return the tokens without what is in the middle of long lists of literals, and of rows of literals."""
    return _shorten(_shorten(tokens, _literal), _row)


def _shorten(tokens: list[Token], read: _Read) -> list[Token]:
    if len(tokens) <= _KEPT:
        return tokens
    kept: list[Token] = []
    position = 0
    while position < len(tokens):
        end = read(tokens, position)
        if end is None:
            kept.append(tokens[position])
            position += 1
            continue
        starts = [position]
        while end < len(tokens) and tokens[end].token_type == TokenType.COMMA:
            following = read(tokens, end + 1)
            if following is None:
                break
            starts.append(end + 1)
            end = following
        if len(starts) > _KEPT:
            kept += tokens[position : starts[_KEPT - 1]]
            position = starts[-1]
        kept += tokens[position:end]
        position = end
    return kept


def _literal(tokens: list[Token], position: int) -> int | None:
    """Return where a literal ends that begins at a position; None if none does."""
    if position < len(tokens) and tokens[position].token_type in (TokenType.DASH, TokenType.COLON):
        position += 1
        if position < len(tokens) and tokens[position].token_type == TokenType.NUMBER:
            return position + 1
        return None
    if position >= len(tokens) or tokens[position].token_type not in LITERALS or tokens[position].text.startswith("@"):
        return None  # a text with @ may be a stage
    return position + 1


def _row(tokens: list[Token], position: int) -> int | None:
    """Return where a row of literals in brackets ends that begins at a position; None if none does."""
    if position >= len(tokens) or tokens[position].token_type != TokenType.L_PAREN:
        return None
    end = _literal(tokens, position + 1)
    while end is not None and end < len(tokens) and tokens[end].token_type == TokenType.COMMA:
        end = _literal(tokens, end + 1)
    if end is None or end >= len(tokens) or tokens[end].token_type != TokenType.R_PAREN:
        return None
    return end + 1
