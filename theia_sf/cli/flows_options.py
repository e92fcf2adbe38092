"""The options that the commands of `theia-sf flows` share."""

from __future__ import annotations

from typing import Annotated, Final

import typer

Start = Annotated[str, typer.Option("--start", help="Start of the time range: now-1h30m, now-7d, or an RFC 3339 time.")]
End = Annotated[
    str, typer.Option("--end", help="End of the time range: now, now-1h, or an RFC 3339 time (not included).")
]
Namespace = Annotated[
    str | None,
    typer.Option("--namespace", "-n", help="Only flows with a Pod of this Namespace at either end."),
]
WaitTimeout = Annotated[
    str, typer.Option("--wait-timeout", help="Give up after this time, and cancel the query: 5m, 1h30m, 100s.")
]
START: Final = "now-1h"
END: Final = "now"
WAIT_TIMEOUT: Final = "5m"
