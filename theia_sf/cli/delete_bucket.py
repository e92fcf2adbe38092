"""`theia-sf delete-bucket`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from theia_sf.cli.options import Region, Yes

if TYPE_CHECKING:
    from theia_sf.aws.buckets import Contents


def delete_bucket(
    name: Annotated[str, typer.Option("--name", help="Name of the bucket.")],
    region: Region = None,
    force: Annotated[
        bool, typer.Option("--force", help="Delete all that the bucket holds first, old versions too.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Delete an S3 bucket.

    One that is not empty is deleted with --force only, which asks first on a terminal.

    \b
    theia-sf delete-bucket --name my-bucket
    """
    from theia_sf.aws import buckets
    from theia_sf.aws.session import resolve_region
    from theia_sf.cli.console import confirm, is_interactive, note

    resolve_region(region)
    if force and not yes and is_interactive():
        confirm(_question(name, buckets.contents(name)), yes=yes)
    deleted = buckets.delete_bucket(name, force=force)
    what = f" and {_versions(deleted)} in it" if deleted else ""
    note(f"Deleted the bucket {name}{what}.")


def _question(name: str, held: Contents) -> str:
    count = f"more than {_versions(held.versions)}" if held.more else _versions(held.versions)
    stacks = f", among them the state of {', '.join(held.stacks)}" if held.stacks else ""
    return f"Delete the bucket {name} and the {count} in it{stacks}?"


def _versions(count: int) -> str:
    return f"{count} object version{'' if count == 1 else 's'}"


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("delete-bucket")(delete_bucket)
