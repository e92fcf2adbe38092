"""`theia-sf flows`: a look at the flows in the terminal."""

from __future__ import annotations

import typer

from theia_sf.cli.flows_show import show
from theia_sf.cli.flows_tail import tail
from theia_sf.cli.flows_top import top

group = typer.Typer(
    help="Look at the flows: who talks most, what arrives now, what happens between two ends.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
group.command("top")(top)
group.command("tail")(tail)
group.command("show")(show)


def register(app: typer.Typer) -> None:
    """Add the command group."""
    app.add_typer(group, name="flows")
