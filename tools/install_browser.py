"""Put a Chromium on PATH for the tests that look at pages: there already, else Debian's package.

Run by `make browser`. Safe to repeat: it does nothing where a Chromium is already there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome")
PACKAGES = ("chromium", "fonts-noto-color-emoji")
"""The fonts are for pages with text beyond Latin: without any, screenshots show boxes."""


def say(text: str) -> None:
    """Print one line of progress."""
    sys.stderr.write(f"browser: {text}\n")
    sys.stderr.flush()


def main() -> int:
    """Install what is missing; return 1 where that cannot be done here."""
    if any(shutil.which(name) for name in NAMES):
        return 0
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        say(f"there is no Chromium on PATH; install it (on Debian: apt-get install {' '.join(PACKAGES)})")
        return 1
    say("installing Chromium from Debian's packages (about a minute)")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update"], ["install", "--yes", "--no-install-recommends", *PACKAGES]):
        done = subprocess.run([apt, "--quiet", *words], capture_output=True, text=True, env=environment, check=False)
        if done.returncode != 0:
            say(f"apt-get {words[0]} did not work: {(done.stderr.strip().splitlines() or ['no message'])[-1]}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
