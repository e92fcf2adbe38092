"""The program's entry: `theia-sf` and `python -m theia_sf`."""

from __future__ import annotations

import sys

INTERRUPTED = 130  # `theia_sf.errors.ExitCode.INTERRUPTED`, which is not imported yet when it is needed


def main() -> None:
    """Run the program; a Ctrl-C while it is still being imported ends it as quietly as a later one."""
    try:
        from theia_sf.cli.main import main as run  # noqa: PLC0415  the import is what takes the time

        run()
    except KeyboardInterrupt:
        sys.stderr.write("Error: Interrupted.\n")
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
