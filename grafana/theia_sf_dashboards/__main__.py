"""`python -m theia_sf_dashboards` writes the provisioned dashboards; with `--check` it only says which are stale."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from theia_sf_dashboards import provisioning

DIRECTORY = Path(__file__).parents[1] / "theia_sf_grafana" / "provisioning" / "dashboards"


def main(arguments: list[str] | None = None) -> int:
    """Return 0, or 1 when `--check` finds a stale file."""
    parser = argparse.ArgumentParser(prog="python -m theia_sf_dashboards", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file is stale")
    parser.add_argument("--output", type=Path, default=DIRECTORY, help="the directory (default: where they belong)")
    options = parser.parse_args(arguments)
    options.output.mkdir(parents=True, exist_ok=True)
    if not options.check:
        for name in provisioning.write(options.output):
            sys.stdout.write(f"{name} {'written' if (options.output / name).exists() else 'deleted'}\n")
        return 0
    names = provisioning.stale(options.output)
    for name in names:
        sys.stderr.write(f"{name} is stale: run `make dashboards`\n")
    return 1 if names else 0


if __name__ == "__main__":
    sys.exit(main())
