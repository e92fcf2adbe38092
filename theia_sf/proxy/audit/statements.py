"""Statements without the credentials in them and, where that is wanted, without any literal.

The text is cut into the tokens that the policy reads, so that a quote in a comment, or a comment in a string, hides
nothing. Properties that hold credentials: CREATE USER, SECRET, STAGE and the integrations in Snowflake's reference, as
https://docs.snowflake.com/en/sql-reference/sql/create-stage (CREDENTIALS, ENCRYPTION).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from sqlglot.tokenizer_core import Token, TokenType

from theia_sf.proxy.access.statement import UnreadableError
from theia_sf.proxy.access.tokens import tokenize
from theia_sf.secret import MASK

_SENSITIVE: Final = re.compile(
    r"PASSWORD|PASSWD|PASSCODE|PASSPHRASE|PWD|SECRET|TOKEN|CREDENTIAL|AUTH_?CODE|_?SAS_|\bSAS\b|KEY_ID"
    r"|(?:PRIVATE|MASTER|API|ACCESS|ENCRYPTION)_?KEY|(?:EN|DE)CRYPT",
    re.IGNORECASE,
)
"""What the name of a property or function with a credential has in it."""

_HINTS: Final = (
    "PASS",
    "PWD",
    "SECRET",
    "TOKEN",
    "CREDENTIAL",
    "AUTH",
    "SAS",
    "KEY",
    "CRYPT",
)  # one is in each of them

_CIPHERS: Final = re.compile(r"(?:TRY_)?(?:EN|DE)CRYPT(?:_RAW)?|CREDENTIALS", re.IGNORECASE)
"""All strings in the parentheses after these are masked."""

_TEXTS: Final = {
    TokenType.STRING, TokenType.NATIONAL_STRING, TokenType.RAW_STRING, TokenType.HEREDOC_STRING,
    TokenType.HEX_STRING, TokenType.BIT_STRING, TokenType.BYTE_STRING, TokenType.UNICODE_STRING,
}  # fmt: skip
_BODIES: Final = {TokenType.RAW_STRING, TokenType.HEREDOC_STRING}
_ASSIGNMENTS: Final = {"=", "=>", ":=", ":"}
_PLACEHOLDERS: Final = {"?", ":", "%"}
_DOLLARS: Final = "$$"
_JOINED: Final = "||"
_LONGEST_REMEMBERED: Final = 8192
_DEEPEST: Final = 4  # statements within statements
_HIDDEN_COMMENT: Final = f" /* {MASK} */ "


@dataclass(frozen=True)
class Masked:
    """A statement as it may be recorded.

    Attributes:
        text: the statement.
        bound: a credential is bound to it, so its bindings must be masked.
    """

    text: str
    bound: bool = False


def is_sensitive(text: str) -> bool:
    """Tell whether a text may name a credential; most texts are done with sooner than the expression would be."""
    upper = text.upper()
    return any(hint in upper for hint in _HINTS) and _SENSITIVE.search(text) is not None


def mask_statement(sql: str, *, literals: bool = False) -> Masked:
    """Return a statement without its credentials.

    Args:
        sql: one or several statements. If they cannot be cut into tokens, and may hold a credential, all is masked.
        literals: replace every literal by `?` and leave out comments, too.
    """
    mask = _remembered if len(sql) <= _LONGEST_REMEMBERED else _masked
    return mask(sql, literals)


def _masked(sql: str, literals: bool) -> Masked:
    return _mask(sql, literals=literals, depth=0)


_remembered = lru_cache(maxsize=1024)(_masked)  # a statement is recorded twice, and most come again


def _mask(sql: str, *, literals: bool, depth: int) -> Masked:
    if not (literals or is_sensitive(sql)):
        return Masked(sql)
    try:
        tokens = tokenize(sql) if depth < _DEEPEST else None
    except UnreadableError:
        tokens = None
    if tokens is None:
        return Masked(MASK, bound=True)
    parts: list[str] = []
    end, bound = 0, False
    for token, secret in _in_context(tokens, sql):
        text = sql[token.start : token.end + 1]
        parts.append(_gap(sql[end : token.start], literals=literals))
        end = token.end + 1
        if secret and text in _PLACEHOLDERS:
            bound = True
        parts.append(_token(token, text, secret=secret, literals=literals, depth=depth))
    parts.append(_gap(sql[end:], literals=literals))
    return Masked("".join(parts), bound)


def _token(token: Token, text: str, *, secret: bool, literals: bool, depth: int) -> str:
    if token.token_type is TokenType.NUMBER:
        return "?" if literals else text
    if token.token_type not in _TEXTS and not (secret and token.token_type is TokenType.IDENTIFIER):
        return text
    if secret:
        return f"'{MASK}'"
    if literals:
        return "?"
    if token.token_type in _BODIES and text.startswith(_DOLLARS) and text.endswith(_DOLLARS):
        return _DOLLARS + _mask(text[2:-2], literals=False, depth=depth + 1).text + _DOLLARS
    # EXECUTE IMMEDIATE '…', or a value: its own quotes would have to be doubled again, so it goes as a whole
    return text if _mask(token.text, literals=False, depth=depth + 1).text == token.text else f"'{MASK}'"


def _gap(gap: str, *, literals: bool) -> str:
    """Return what stands between two tokens: white space and comments."""
    if not gap or gap.isspace():
        return gap
    if literals:
        return "\n" if "\n" in gap else " "
    return _HIDDEN_COMMENT if is_sensitive(gap) else gap


def _in_context(tokens: list[Token], sql: str) -> Iterator[tuple[Token, bool]]:
    """Yield each token, and whether a credential stands there.

    That is: after a name of a credential, with or without a sign of assignment between them, and in the parentheses of
    CREDENTIALS = (…) and of ENCRYPT(…). In double quotes, as in JSON, it is one after such a sign only.
    """
    named = assigned = cipher = False
    parentheses: list[bool] = []
    for token in tokens:
        text = sql[token.start : token.end + 1]
        inside = bool(parentheses) and parentheses[-1]
        secret = (named or inside) and (assigned or token.token_type is not TokenType.IDENTIFIER)
        yield token, secret
        if text == "(":
            parentheses.append(inside or cipher or named)
        elif text == ")" and parentheses:
            parentheses.pop()
        if text in _ASSIGNMENTS and (named or cipher):
            assigned = True
        elif (secret and token.token_type in _TEXTS) or text == _JOINED:  # PASSWORD = 'a' || 'b'
            continue
        else:
            name = text.strip("\"'")
            assigned, cipher = False, _CIPHERS.fullmatch(name) is not None
            named = not cipher and token.token_type is not TokenType.NUMBER and is_sensitive(name)
