"""`theia-sf unlock`: show who holds the state's lock, and release it."""

from __future__ import annotations

import typer

from theia_sf.cli import options
from theia_sf.cli.output import OutputFormat
from theia_sf.cli.provisioning import StackFlags, with_stack


@with_stack
def unlock(
    *,
    stack: StackFlags,
    yes: options.Yes = False,
    output: options.Output = OutputFormat.TABLE,
) -> None:
    """Show who holds the lock of the state since when, and release a lock that was left behind.

    A lock whose process still works on this host is never released. One of another host, where nobody here can tell
    whether its process lives, is released after a question, or with --yes.
    """
    from theia_sf.cli import console
    from theia_sf.cli.output import render
    from theia_sf.cli.provisioning import find_target
    from theia_sf.provision.backend import open_backend
    from theia_sf.provision.locks import read_locks, release

    backend = open_backend(find_target(stack, None).request)
    locks = read_locks(backend)
    rows = [
        {"user": lock.user, "host": lock.host, "pid": lock.pid, "since": lock.since, "alive": lock.alive}
        for lock in locks
    ]
    if not locks:
        console.note(f"The state of stack {backend.stack} is not locked.")
    columns = {"user": "User", "host": "Host", "pid": "Process", "since": "Since", "alive": "At work here"}
    if locks or output is not OutputFormat.TABLE:
        render(rows, output, columns=columns)
    for lock in locks:
        if not lock.local:
            question = f"Release the lock of {lock}? If that process is still at work, the state may be damaged."
            console.confirm(question, yes=yes, needs_yes=True)
        release(backend, lock)
        console.note(f"Released the lock of {lock}.")


def register(app: typer.Typer) -> None:
    """Adds the command to the program."""
    app.command("unlock")(unlock)
