"""Put a Redis server on PATH for the tests of shared sessions: there already, else Debian's package.

Run by `make redis`. Safe to repeat: it does nothing where a Redis server is already there. The tests start servers of
their own; the one that the package would start is not started.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

PACKAGE = "redis-server"


def say(text: str) -> None:
    """Print one line of progress."""
    sys.stderr.write(f"redis: {text}\n")
    sys.stderr.flush()


def main() -> int:
    """Install what is missing; return 1 where that cannot be done here."""
    if shutil.which("redis-server"):
        return 0
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        say(f"there is no redis-server on PATH; install it (on Debian: apt-get install {PACKAGE})")
        return 1
    say("installing Redis from Debian's packages (a few seconds)")
    # RUNLEVEL=1: invoke-rc.d then starts no service
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for words in (["update"], ["install", "--yes", "--no-install-recommends", PACKAGE]):
        done = subprocess.run([apt, "--quiet", *words], capture_output=True, text=True, env=environment, check=False)
        if done.returncode != 0:
            say(f"apt-get {words[0]} did not work: {(done.stderr.strip().splitlines() or ['no message'])[-1]}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
