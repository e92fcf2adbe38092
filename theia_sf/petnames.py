"""Random names that people can read out: `antrea-electronic-inscrutable-carp-camouflage`."""

from __future__ import annotations

from typing import Final

_LINKING_WORDS: Final = frozenset({"of", "from"})


def pet_name(words: int, separator: str) -> str:
    """Return `words` (2 to 4) lower-case ASCII words joined by `separator`; for 4 there are some 8e10 of them."""
    import coolname  # noqa: PLC0415 (its word lists take 20 ms to load, which only two operations need)

    return separator.join(word for word in coolname.generate(words) if word not in _LINKING_WORDS)
