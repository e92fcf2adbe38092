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
    r"|(?:PRIVATE|MASTER|API|ACCESS|ENCRYPTION)[_-]?KEY|(?:EN|DE)CRYPT|\bAUTHORIZATION\b",
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

_UNQUOTED: Final = re.compile(
    r"(?:\w+_)?(?:PASSWORD|PASSWD|PWD|PASSCODE|PASSPHRASE|TOKEN|KEY_ID|CLIENT_SECRET|SECRET_STRING"
    r"|(?:SECRET|PRIVATE|MASTER|API|ACCESS)_?KEY)|SECRET",
    re.IGNORECASE,
)
"""Names of properties whose value was meant as a credential even if its quotes were forgotten."""

_SETTING: Final = {"CREATE", "ALTER", "COPY"}
"""After these there are properties; after those below, a word without quotes is the name of a column or a variable."""

_ASKING: Final = {"SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "CALL", "RETURN", "LET"}
_CONSTANTS: Final = {"TRUE", "FALSE", "NULL", "DEFAULT"}
_REST_OF_WORD: Final = re.compile(r"[^\s,;()]*")
_TOUCHING: Final = re.compile(r"[\w$'\"]")

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


def _mask(sql: str, *, literals: bool, depth: int, setting: bool = False) -> Masked:
    """Mask a statement; `setting`: what is assigned without quotes is a credential, even outside CREATE and ALTER."""
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
    for token, secret, unquoted in _in_context(tokens, sql, setting=setting):
        after = token.end + 1
        if token.start < end:  # within a credential without quotes
            end = end if after <= end else _end_of_word(sql, after)
            continue
        text = sql[token.start : after]
        parts.append(_gap(sql[end : token.start], literals=literals))
        end = _end_of_word(sql, after) if unquoted else after
        if secret and text in _PLACEHOLDERS:
            bound = True
        parts.append(MASK if unquoted else _token(token, text, secret=secret, literals=literals, depth=depth))
        if secret and text[-1] in "'\"" and _TOUCHING.match(sql, after):  # 'it's secret': who knows where it ends
            return Masked("".join((*parts, MASK)), bound=True)
    parts.append(_gap(sql[end:], literals=literals))
    return Masked("".join(parts), bound)


def _end_of_word(sql: str, start: int) -> int:
    found = _REST_OF_WORD.match(sql, start)
    return found.end() if found is not None else start


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
    inner = _mask(token.text, literals=False, depth=depth + 1, setting=True)  # or "Server=x;Password=y"
    return text if inner.text == token.text else f"'{MASK}'"


def _gap(gap: str, *, literals: bool) -> str:
    """Return what stands between two tokens: white space and comments."""
    if not gap or gap.isspace():
        return gap
    if literals:
        return "\n" if "\n" in gap else " "
    return _HIDDEN_COMMENT if is_sensitive(gap) else gap


def _in_context(tokens: list[Token], sql: str, *, setting: bool) -> Iterator[tuple[Token, bool, bool]]:
    """Yield each token, whether a credential stands there, and whether one without quotes begins there.

    That is: after a name of a credential, with or without a sign of assignment between them, and in the parentheses of
    CREDENTIALS = (…) and of ENCRYPT(…). In double quotes, as in JSON, it is one after such a sign only.
    """
    named = assigned = cipher = property_named = False
    parentheses: list[bool] = []
    before = ";"
    for token in tokens:
        text = sql[token.start : token.end + 1]
        word = text.upper()
        setting = word in _SETTING or (before == ";" and word == "SET") or (setting and word not in _ASKING)
        before = text
        inside = bool(parentheses) and parentheses[-1]
        secret = (named or inside) and (assigned or token.token_type is not TokenType.IDENTIFIER)
        plain = token.token_type not in _TEXTS and token.token_type is not TokenType.IDENTIFIER
        meant = setting and property_named and assigned and plain
        yield token, secret, meant and word not in _PLACEHOLDERS | _CONSTANTS | {"(", ")", ",", ";"}
        if text == "(":
            parentheses.append(inside or cipher or named)
        elif text == ")" and parentheses:
            parentheses.pop()
        if text in _ASSIGNMENTS and (named or cipher) and not (assigned and text == ":"):  # = :1 is a placeholder
            assigned = True
        elif (secret and token.token_type in _TEXTS) or text == _JOINED:  # PASSWORD = 'a' || 'b'
            property_named = False
        else:
            name = text.strip("\"'")
            assigned, cipher = False, _CIPHERS.fullmatch(name) is not None
            named = not cipher and token.token_type is not TokenType.NUMBER and is_sensitive(name)
            property_named = token.token_type not in _TEXTS and _UNQUOTED.fullmatch(name) is not None
