"""`theia-sf offboard`: delete the pipeline and its data."""

from __future__ import annotations

from typing import Annotated

import typer

from theia_sf.cli import options
from theia_sf.cli.provisioning import StackFlags, with_stack_and_key
from theia_sf.cli.sign_in import SignIn, with_sign_in


@with_sign_in
@with_stack_and_key
def offboard(
    *,
    stack: StackFlags,
    sign_in: SignIn,
    workdir: Annotated[str | None, options.hidden_flag("--workdir")] = None,
    yes: options.Yes = False,
) -> None:
    """Delete everything that onboard made, the flows in the bucket and in the database included.

    The state's bucket and the KMS key stay: delete-bucket and delete-kms-key take these away. On a terminal it asks
    first; without one it needs --yes where the stack is the current context's, not one that the flags name.
    """
    from theia_sf.cli import console
    from theia_sf.cli.progress import ProgressDisplay
    from theia_sf.cli.provisioning import find_target
    from theia_sf.provision import context, operations
    from theia_sf.snowflake.settings import resolve

    if workdir is not None:
        console.note("--workdir has no effect: nothing is unpacked any more.")
    settings = resolve(sign_in)
    target = find_target(stack, settings)
    console.confirm(operations.what_offboard_loses(target.request), yes=yes, needs_yes=target.from_context)
    with ProgressDisplay() as progress:
        operations.offboard(target.request, progress)
    remembered = context.load()
    request = target.request
    if remembered is not None and (
        (remembered.bucket_name, remembered.bucket_prefix, remembered.stack_name, remembered.identity)
        == (request.bucket_name, request.bucket_prefix, request.stack_name, target.identity)
    ):
        context.clear()
    console.note("SUCCESS!")


def register(app: typer.Typer) -> None:
    """Adds the command to the program."""
    app.command("offboard")(offboard)
