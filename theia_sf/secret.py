"""Values that must never be shown: passwords, private keys, tokens."""

from __future__ import annotations

import threading
from typing import Final

MASK: Final = "***"
_SHORTEST_MASKED: Final = 4  # replacing shorter values everywhere would garble ordinary text
_known: set[str] = set()
_longest_first: tuple[str, ...] = ()  # of them, replaced as a whole: `redact` is called for every line of a log
_lock = threading.Lock()


class Secret:
    """Text that prints as `***` wherever it is formatted; `reveal()` is the one way to its value.

    Each value is also remembered for `redact`, so that a library's message that quotes it is masked too.

    Args:
        value: the secret text; an empty one is falsy, like an empty string.
        mask: have `redact` mask it elsewhere; False for what only travels with secrets, as a user's name, which
            messages must be able to tell.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str, *, mask: bool = True) -> None:
        self._value = value
        if mask:
            remember(value)

    def reveal(self) -> str:
        """Return the secret itself, to be handed to a library and nowhere else."""
        return self._value

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __format__(self, format_spec: str) -> str:
        return MASK

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other.reveal() == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> str | tuple[object, ...]:
        message = "a Secret cannot be pickled"
        raise TypeError(message)


def remember(value: str) -> None:
    """Have `redact` mask `value` from now on."""
    global _longest_first  # noqa: PLW0603 (as `_known`, of the process)
    with _lock:
        _known.update(part for part in (value, value.strip()) if len(part) >= _SHORTEST_MASKED)
        _longest_first = tuple(sorted(_known, key=len, reverse=True))


def redact(text: str) -> str:
    """Return `text` with every secret value that this process has seen replaced by `***`."""
    for value in _longest_first:
        if value in text:
            text = text.replace(value, MASK)
    return text
