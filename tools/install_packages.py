"""Put a program on PATH that the tests need and no wheel brings: there already, else Debian's package.

Run by `make browser` and `make redis`, with the names of `NEEDS`. Safe to repeat: it does nothing
where the program is already there. The tests start servers of their own; none that a package would start is started.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import NamedTuple


class Need(NamedTuple):
    """A program under any of its names, and the packages that bring it."""

    programs: tuple[str, ...]
    packages: tuple[str, ...]


NEEDS = {
    # The fonts are for pages with text beyond Latin: without any, screenshots show boxes.
    "browser": Need(("chromium", "chromium-browser", "google-chrome"), ("chromium", "fonts-noto-color-emoji")),
    "redis": Need(("redis-server",), ("redis-server",)),
}


def say(text: str) -> None:
    """Print one line of progress."""
    sys.stderr.write(f"packages: {text}\n")
    sys.stderr.flush()


def main(names: list[str]) -> int:
    """Install what is missing; return 1 where that cannot be done here."""
    missing = [NEEDS[name] for name in names if not any(shutil.which(program) for program in NEEDS[name].programs)]
    packages = [package for need in missing for package in need.packages]
    if not packages:
        return 0
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        programs = ", ".join(need.programs[0] for need in missing)
        say(f"not on PATH: {programs}; install it (on Debian: apt-get install {' '.join(packages)})")
        return 1
    say(f"installing {' '.join(packages)} from Debian's packages (up to a minute)")
    # RUNLEVEL=1: invoke-rc.d then starts no service
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for words in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        done = subprocess.run([apt, "--quiet", *words], capture_output=True, text=True, env=environment, check=False)
        if done.returncode != 0:
            say(f"apt-get {words[0]} did not work: {(done.stderr.strip().splitlines() or ['no message'])[-1]}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
