"""A position in the tokens of a statement, for whoever reads one word by word."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection

from sqlglot.tokenizer_core import Token, TokenType


class TokenWalk(ABC):
    """Reads tokens of sqlglot's one after the other.

    Args:
        tokens: of the statement.
        texts: the types of those that are texts in quotes, in which no word is looked for.
    """

    def __init__(self, tokens: list[Token], texts: Collection[TokenType]) -> None:
        self.tokens: list[Token] = tokens
        self.position: int = 0
        self._quoted = frozenset({*texts, TokenType.IDENTIFIER})

    @abstractmethod
    def unexpected(self) -> Exception:
        """Return what is wrong at the present position, to be raised."""

    @property
    def at_end(self) -> bool:
        """Whether everything is read."""
        return self.position >= len(self.tokens)

    @property
    def current(self) -> Token | None:
        """The next token."""
        return None if self.at_end else self.tokens[self.position]

    def word(self, offset: int = 0) -> str:
        """Return a token's text in upper case if it is a bare word or symbol, else an empty string."""
        index = self.position + offset
        if index >= len(self.tokens) or self.tokens[index].token_type in self._quoted:
            return ""
        return self.tokens[index].text.upper()

    def looking_at(self, *words: str) -> bool:
        """Tell whether the next tokens are these words."""
        return all(self.word(i) == word for i, word in enumerate(words))

    def accept(self, *words: str) -> bool:
        """Read these words if they come next."""
        if not self.looking_at(*words):
            return False
        self.position += len(words)
        return True

    def accept_any(self, *words: str) -> str:
        """Read one of these words if it comes next; return it, or an empty string."""
        found = self.word()
        return found if found in words and self.accept(found) else ""

    def expect(self, *words: str) -> None:
        """Read these words, or raise `unexpected`."""
        if not self.accept(*words):
            raise self.unexpected()

    def expect_end(self) -> None:
        """Make sure that nothing follows, or raise `unexpected`."""
        if not self.at_end:
            raise self.unexpected()
