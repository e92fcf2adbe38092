"""`python -m theia_sf.sandbox.daemon`: the sandbox's process, as `theia_sf.sandbox.daemon.control` starts it."""

from __future__ import annotations

import argparse
from pathlib import Path

from theia_sf.sandbox.daemon.process import serve
from theia_sf.sandbox.daemon.state import Ports


def main() -> None:
    """Parse the two arguments and serve."""
    parser = argparse.ArgumentParser(prog="python -m theia_sf.sandbox.daemon", description=__doc__)
    parser.add_argument("--directory", type=Path, required=True, help="the state directory; must exist")
    parser.add_argument("--ports", required=True, help="five ports, separated by commas")
    arguments = parser.parse_args()
    serve(arguments.directory, Ports(*(int(port) for port in arguments.ports.split(","))))


if __name__ == "__main__":
    main()
