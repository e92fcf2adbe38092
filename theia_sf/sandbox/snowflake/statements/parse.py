"""A token stream over one statement, by sqlglot's Snowflake tokenizer.

Account-level DDL is regular (verb, kind, name, properties), and sqlglot's own parser keeps most of it as opaque text.
Comments are dropped by the tokenizer; `text_from` gives the source where a body is kept verbatim.
"""

from __future__ import annotations

import re

from sqlglot.dialects.snowflake import Snowflake
from sqlglot.errors import TokenError
from sqlglot.tokenizer_core import Token, TokenType

from theia_sf.sandbox.snowflake.errors import syntax_error
from theia_sf.token_walk import TokenWalk

STRINGS = {TokenType.STRING, TokenType.RAW_STRING, TokenType.HEREDOC_STRING}


class _Tokenizer(Snowflake.Tokenizer):
    COMMANDS = set()  # noqa: RUF012 - overrides sqlglot's class variable: SHOW, EXECUTE … are tokens like any other
    # nor is any pair of words one token, such as STORAGE INTEGRATION
    KEYWORDS = {k: v for k, v in Snowflake.Tokenizer.KEYWORDS.items() if " " not in k}  # noqa: RUF012 - as above


def _words(token: Token) -> list[Token]:
    """A keyword of several words (STORAGE INTEGRATION) as one token per word."""
    if token.token_type in STRINGS | {TokenType.IDENTIFIER} or not any(c.isspace() for c in token.text):
        return [token]
    return [
        Token(TokenType.VAR, word[0], token.line, token.col, token.start + word.start(), token.start + word.end() - 1)
        for word in re.finditer(r"\S+", token.text)
    ]


class Tokens(TokenWalk):
    """The tokens of a statement and a position in them.

    Raises:
        SnowflakeError: 001003 whenever the statement doesn't continue as asked.
    """

    def __init__(self, sql: str) -> None:
        self.sql = sql
        try:
            tokens = [part for token in _Tokenizer(dialect="snowflake").tokenize(sql) for part in _words(token)]
        except TokenError as error:
            detail = "parse error: unterminated string or comment."
            raise syntax_error(detail) from error
        while tokens and tokens[-1].token_type == TokenType.SEMICOLON:
            tokens.pop()
        super().__init__(tokens, STRINGS)

    @property
    def statement_count(self) -> int:
        """How many statements the text holds."""
        return 1 + sum(token.token_type == TokenType.SEMICOLON for token in self.tokens) if self.tokens else 0

    def identifier(self) -> str:
        """A resolved name: quoted ones as written, others in upper case."""
        token = self.current
        if token is None or token.token_type in STRINGS:
            raise self.unexpected()
        if token.token_type != TokenType.IDENTIFIER and not (token.text[:1].isalnum() or token.text[:1] in "_$"):
            raise self.unexpected()
        self.position += 1
        return token.text if token.token_type == TokenType.IDENTIFIER else token.text.upper()

    def name(self) -> tuple[str, ...]:
        """A name of one to three parts, also as IDENTIFIER('…')."""
        if self.looking_at("IDENTIFIER", "("):
            self.position += 2
            inner = Tokens(self.string()).name()
            self.expect(")")
            return inner
        parts = [self.identifier()]
        while self.accept("."):
            parts.append("PUBLIC" if self.looking_at(".") else self.identifier())
        return tuple(parts)

    def is_string(self) -> bool:
        """Whether a string literal comes next."""
        return self.current is not None and self.current.token_type in STRINGS

    def string(self) -> str:
        """A string literal's value."""
        token = self.current
        if token is None or token.token_type not in STRINGS:
            raise self.unexpected()
        self.position += 1
        return token.text

    def text(self) -> str:
        """A string literal, a bare word or a number, as text; a bare word keeps its case."""
        token = self.current
        if token is None:
            raise self.unexpected()
        if token.token_type in {TokenType.L_PAREN, TokenType.R_PAREN, TokenType.COMMA, TokenType.EQ}:
            raise self.unexpected()
        self.position += 1
        sign = ""
        if token.text == "-" and self.current is not None:
            sign, token = "-", self.current
            self.position += 1
        return sign + token.text

    def text_from(self, start: int | None = None) -> str:
        """The source from the next token (or the token at `start`) to the end of the statement, verbatim."""
        index = self.position if start is None else start
        if index >= len(self.tokens):
            return ""
        return self.sql[self.tokens[index].start : self.tokens[-1].end + 1]

    def slice(self, first: int, last: int) -> str:
        """The source from one token to another, both included."""
        return self.sql[self.tokens[first].start : self.tokens[last].end + 1]

    def skip_parentheses(self) -> None:
        """Reads a balanced parenthesis."""
        self.expect("(")
        depth = 1
        while depth:
            if self.at_end:
                raise self.unexpected()
            depth += {"(": 1, ")": -1}.get(self.word(), 0)
            self.position += 1

    def unexpected(self) -> Exception:
        """The syntax error at the present position."""
        token = self.current
        if token is None:
            return syntax_error(f"syntax error line 1 at position {len(self.sql)} unexpected '<EOF>'.")
        return syntax_error(f"syntax error line {token.line} at position {token.start} unexpected '{token.text}'.")
