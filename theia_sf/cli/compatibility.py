"""Command lines as people wrote them for the original program, whose parser was more liberal than ours."""

from __future__ import annotations

import re
from typing import Final

_WITH_VALUE: Final = ("-v", "--verbosity")
_JOINED: Final = re.compile(r"-v=?\d+|--verbosity=.*")
_FLAGS: Final = frozenset({"--debug"})
_SWITCH: Final = re.compile(r"(--[a-z][a-z-]*)=(true|false)")


def original_spellings(arguments: list[str]) -> list[str]:
    """Return the command line as our parser takes it.

    - Options of the program itself may stand after the command (`onboard -v 2`): they are moved to the front.
    - A switch may be written with a value: `--force=true` is `--force`, `--force=false` is left out.
    - `help COMMAND` is `COMMAND --help`.

    What follows `--` is left alone.
    """
    end = arguments.index("--") if "--" in arguments else len(arguments)
    mine, rest = arguments[:end], arguments[end:]
    if mine[:1] == ["help"]:
        mine = [*mine[1:], "--help"]
    front: list[str] = []
    others: list[str] = []
    words = iter(mine)
    for word in words:
        switch = _SWITCH.fullmatch(word)
        if word in _WITH_VALUE:
            front += [word, *(value for value in (next(words, None),) if value is not None)]
        elif _JOINED.fullmatch(word):
            front += ["--verbosity", re.sub(r"^(-v=?|--verbosity=)", "", word)]
        elif word in _FLAGS:
            front.append(word)
        elif switch is None:
            others.append(word)
        elif switch[2] == "true":
            others.append(switch[1])
    return [*front, *others, *rest]
