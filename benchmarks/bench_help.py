"""Wall time of `theia-sf --help` against `python -c 'import typer'`, in turn in one run; the bound is 2.5."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

ROUNDS = 15


def seconds(command: list[str]) -> float:
    """Return the wall time of one run of a command."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    """Print the median of each command and of the ratios pair by pair."""
    ours = [sys.executable, "-m", "theia_sf", "--help"]
    peer = [sys.executable, "-c", "import typer"]
    pairs = [(seconds(ours), seconds(peer)) for _ in range(ROUNDS + 1)][1:]
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"theia-sf --help      {statistics.median(a for a, _ in pairs):.3f} s")
    print(f"import typer         {statistics.median(b for _, b in pairs):.3f} s")
    print(f"ratio                {ratio:.2f} (at most 2.5)")


if __name__ == "__main__":
    main()
