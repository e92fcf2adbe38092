"""What goes to stderr: progress, warnings, questions. Results go to stdout by `theia_sf.cli.output`."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from theia_sf.cli.output import sanitize
from theia_sf.errors import InterruptedByUserError, TheiaError, UsageError
from theia_sf.secret import Secret, redact

if TYPE_CHECKING:
    from rich.console import Console

    stderr: Console


def __getattr__(name: str) -> Any:
    """Make `stderr`, a rich Console, on first use: importing rich takes as long as the rest of `--help`."""
    if name == "stderr":
        from rich.console import Console

        globals()["stderr"] = Console(stderr=True, soft_wrap=True, highlight=False)
        return globals()["stderr"]
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)


def is_interactive() -> bool:
    """Tell whether a person can be asked: stdin and stderr are both terminals."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def note(message: str) -> None:
    """Print one line of progress or explanation."""
    print(redact(sanitize(message)), file=sys.stderr, flush=True)  # noqa: T201 (stderr is this function's purpose)


def warn(message: str) -> None:
    """Print one line that the user should not overlook."""
    note(f"Warning: {message}")


@contextmanager
def working(message: str) -> Generator[None]:
    """Show that something takes a while: a spinner on a terminal, one line elsewhere."""
    if not sys.stderr.isatty():
        note(message)
        yield
        return
    with sys.modules[__name__].stderr.status(sanitize(message)):
        yield


def ask_hidden(question: str, *, mask: bool = True) -> Secret:
    """Ask for a line that nobody sees being typed.

    Args:
        question: with the ": " at its end.
        mask: as of `Secret`.

    Raises:
        InterruptedByUserError: the input ended (Ctrl-D).
    """
    import getpass

    try:
        return Secret(getpass.getpass(question, stream=sys.stderr), mask=mask)
    except KeyboardInterrupt:
        note("")  # the terminal shows no ^C here, and no line end
        raise
    except EOFError as error:
        note("")
        message = "Nothing was changed, as the input ended."
        raise InterruptedByUserError(message) from error


def confirm(question: str, *, yes: bool, needs_yes: bool = False) -> None:
    """Ask before something is lost; return when it may go on.

    Args:
        question: one sentence that names what will be lost, without the "[y/N]".
        yes: the command's `--yes`: do not ask.
        needs_yes: without a terminal, `--yes` must have been given (the target was not named by the user's own flags).

    Raises:
        TheiaError: the answer was no.
        UsageError: there is no terminal to ask on, and `needs_yes`.
    """
    if yes:
        return
    if not is_interactive():
        if needs_yes:
            message = "There is no terminal to ask for confirmation on."
            raise UsageError(message, hint=f"Add --yes to go on. The question would have been: {question}")
        return
    print(f"{sanitize(question)} [y/N] ", end="", file=sys.stderr, flush=True)  # noqa: T201 (as above)
    answer = ""
    try:
        answer = sys.stdin.readline()
    finally:
        if not answer.endswith("\n"):  # Ctrl-C or Ctrl-D: what is said next begins a line
            note("")
    if answer.strip().lower() not in {"y", "yes"}:
        message = "Nothing was changed, as the answer was not yes."
        raise TheiaError(message)
