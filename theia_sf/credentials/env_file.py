"""The text of a `.env`: its values, and the same text with KMS_ENCRYPTED_* values put in, every other byte kept.

What is a line, a value, a quote or a comment is python-dotenv's judgement (`dotenv.parser`). `${NAME}` stands for
itself. Bytes that are no UTF-8 survive as surrogate escapes (PEP 383).
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Final

from dotenv.parser import Binding, parse_stream

from theia_sf.errors import UsageError

PREFIX: Final = "KMS_ENCRYPTED_"
KEY_VARIABLE: Final = "AWS_KMS_KEY_ID"
_BOM: Final = "\ufeff"
_BLANK: Final = r"[^\S\r\n]*"
# One assignment: what stands before the value, the value, and what follows it on the line. As dotenv.parser reads it.
_ASSIGNMENT: Final = re.compile(
    rf"(?P<before>\s*(?:export[^\S\r\n]+)?(?:'[^']+'|[^=#\s]+){_BLANK})"
    rf"(?P<equals>={_BLANK})?"
    rf"(?P<value>(?(equals)(?:(?<={_BLANK[:-1]})(?=\#)|"  # neither `KEY= # comment` nor `KEY#comment` has a value
    r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|(?!['"])(?:(?!\s+\#)[^\r\n])*)|))"""
    rf"(?P<comment>(?:{_BLANK}\#[^\r\n]*)?)"
    rf"(?P<end>{_BLANK}(?:\r\n|\n|\r|\Z))",
    re.DOTALL,
)


class EnvFile:
    """A `.env`, taken apart.

    Args:
        data: the bytes of the file.

    Attributes:
        data: the same bytes.
        values: name to value, the last line of a name counting; a name without `=` has no value and is left out.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        text = data.decode("utf-8", "surrogateescape")
        stripped = text.lstrip(_BOM)  # the parser drops the first, and would take a second for part of a name
        self._bom = text[: len(text) - len(stripped)]
        self._bindings = _parse(stripped)
        self.values: dict[str, str] = {
            binding.key: binding.value
            for binding in self._bindings
            if binding.key is not None and binding.value is not None
        }

    def names(self) -> frozenset[str]:
        """Every name that stands in the file, with a value or without."""
        return frozenset(binding.key for binding in self._bindings if binding.key is not None)

    def unreadable(self) -> dict[int, str]:
        """Line number to text of what is neither an assignment nor a comment, such as a quote that is not closed."""
        return {binding.original.line: binding.original.string for binding in self._bindings if binding.error}

    def with_values(self, values: Mapping[str, str]) -> bytes:
        """Return the file with these values; every byte that belongs to no line of these names is as before.

        A name that stands there keeps its place, its `export`, its comment and its line end, and every line of it gets
        the value. A name that does not is appended, unless its value is empty.

        Args:
            values: name to value. A value is printable ASCII without blanks, quotes, backslashes, `#` and `$`, so that
                every reader of such files reads the same.

        Raises:
            UsageError: the file would not read back as written, because of an unusual line in it.
        """
        written = [
            binding.original.string if (value := values.get(binding.key or "")) is None else _assigned(binding, value)
            for binding in self._bindings
        ]
        text = "".join(written)
        missing = [name for name, value in values.items() if name not in self.names() and value]
        if missing:
            line_end = _line_end(text)
            if text and not text.endswith(("\n", "\r")):
                text += line_end
            text += "".join(f"{name}={values[name]}{line_end}" for name in missing)
        self._check(text, values)
        return (self._bom + text).encode("utf-8", "surrogateescape")

    def _check(self, text: str, values: Mapping[str, str]) -> None:
        """Read back what is to be written, and compare: nothing else may have changed its meaning."""
        again = EnvFile(text.encode("utf-8", "surrogateescape"))
        wanted = {**self.values, **{name: value for name, value in values.items() if value or name in self.names()}}
        if again.values != wanted or again._meanings(values) != self._meanings(values):
            message = "The file cannot be changed without changing the meaning of another of its lines."
            raise UsageError(message, hint="Look for a quote that is not closed.")

    def _meanings(self, without: Mapping[str, str]) -> list[tuple[str | None, str | None, str]]:
        """What the lines say, in order. Blank lines count with the line that follows them, so they say nothing."""
        said = [
            (binding.key, binding.value, binding.original.string.strip())
            for binding in self._bindings
            if binding.key is None or binding.key not in without
        ]
        return [entry for entry in said if entry[2]]


def _parse(text: str) -> list[Binding]:
    return list(parse_stream(io.StringIO(text, newline="")))  # newline="": line ends stay as they are


def _assigned(binding: Binding, value: str) -> str:
    """The text of one assignment with another value."""
    match = _ASSIGNMENT.fullmatch(binding.original.string)
    if match is None:  # the parser and this module disagree about the line
        message = f"Line {binding.original.line} of the file cannot be changed safely."
        raise UsageError(message, hint=f"Write it as {binding.key}= and try again.")
    comment = match["comment"]
    if comment and not comment[0].isspace():  # it follows a quote, the name, or the blank after the equals sign
        comment = ((match["equals"] or "")[1:] or " ") + comment
    return f"{match['before']}={value}{comment}{match['end']}"


def _line_end(text: str) -> str:
    found = re.search(r"\r\n|\n|\r", text)
    return found[0] if found else "\n"
