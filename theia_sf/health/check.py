"""One finding of `doctor`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from theia_sf.errors import ExitCode, TheiaError


class Verdict(StrEnum):
    """How a check came out; a warning is something that some commands need, a skipped check depends on a failed one."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Check:
    """One line of `doctor`.

    Attributes:
        name: what was looked at, in two or three words.
        verdict: how it came out.
        detail: what was found.
        advice: what to do about it; None if nothing is to be done.
        exit_code: what a failure of this check makes of the program's exit code.
    """

    name: str
    verdict: Verdict
    detail: str
    advice: str | None = None
    exit_code: ExitCode = ExitCode.FAILED


def guarded(name: str, look: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    """Yield what `look` finds; an error it raises becomes a failed check of this name, with the error's own exit
    code."""
    try:
        yield from look()
    except TheiaError as error:
        code = error.exit_code if error.exit_code == ExitCode.CONNECTION else ExitCode.FAILED
        yield Check(name, Verdict.FAILED, error.message, error.hint, code)
