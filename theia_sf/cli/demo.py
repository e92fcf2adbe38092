"""`theia-sf demo`: the whole main job, start to end, in a sandbox of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from theia_sf.cli import options
from theia_sf.cli.output import OutputFormat


def demo(
    policies: Annotated[
        Path, typer.Option("--policies", metavar="FILE", help="Where the recommended policies are kept.")
    ] = Path("policies.yml"),
    rows: Annotated[int, typer.Option("--rows", min=1000, max=1_000_000, help="Flow records to upload.")] = 50_000,
    days: Annotated[int, typer.Option("--days", min=1, max=30, help="Days that the flows are spread over.")] = 14,
    output: options.Output = OutputFormat.TABLE,
) -> None:
    """Show the whole main job in about a minute, without any account.

    Starts a local AWS and a local Snowflake of its own, provisions the pipeline with the real Pulumi engine, uploads
    flows, recommends policies, detects drops, and takes everything down. Prints the policies and the time of each step.
    """
    from dataclasses import asdict

    from theia_sf.cli import console
    from theia_sf.cli.output import render, write
    from theia_sf.errors import UsageError
    from theia_sf.sandbox.demo.story import play

    try:
        timings = play(policies, rows=rows, days=days, say=console.note)
    except OSError as error:
        message = f"The policies cannot be kept in {policies}: {error.strerror}."
        raise UsageError(message, hint="Name another file with --policies.") from error
    total = round(sum(timing.seconds for timing in timings), 1)
    if output is OutputFormat.TABLE:
        write(policies.read_text(encoding="utf-8"))
    steps = [*map(asdict, timings), {"step": "All", "seconds": total}]
    render(steps, output, columns={"step": "Step", "seconds": "Seconds"})
    console.note(
        f"The policies are in {policies}. Next: theia-sf sandbox start, or theia-sf doctor for your own accounts."
    )


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)
