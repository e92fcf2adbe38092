"""Runs the demo's steps: each is the theia-sf command that a user would type, as a process of its own."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from theia_sf.errors import ExitCode, InterruptedByUserError, TheiaError

Say = Callable[[str], None]


@dataclass(frozen=True)
class Timing:
    """One finished step: its title and its wall time in seconds."""

    step: str
    seconds: float


@dataclass
class Runner:
    """Runs theia-sf commands in an environment that points at the demo's sandbox.

    Attributes:
        say: prints one line of explanation.
        environment: the variables that the commands see.
        steps: how many steps there are in all, for "3/9".
        timings: the steps done so far.
    """

    say: Say
    steps: int
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    timings: list[Timing] = field(default_factory=list[Timing])

    def use(self, variables: Mapping[str, str | None]) -> None:
        """Set variables for the commands that follow; None takes one away."""
        for name, value in variables.items():
            if value is None:
                self.environment.pop(name, None)
            else:
                self.environment[name] = value

    def step(self, title: str, explanation: str, action: Callable[[], object]) -> None:
        """Announce a step, do it, and note how long it took; what the action returns is not used."""
        self.say(f"\n[{len(self.timings) + 1}/{self.steps}] {title}\n      {explanation}")
        started = time.monotonic()
        action()
        self.timings.append(Timing(title, round(time.monotonic() - started, 1)))

    def run(self, *arguments: str, stdout: Path | None = None) -> str:
        """Run `theia-sf ARGUMENTS`; its stderr goes to ours.

        Args:
            stdout: a file that takes what the command prints.

        Returns:
            What the command printed; empty where it went to a file.

        Raises:
            TheiaError: the command failed; it has said why itself.
            InterruptedByUserError: it was interrupted.
        """
        self.say(f"      $ theia-sf {shlex.join(arguments)}" + (f" > {stdout.name}" if stdout else ""))
        # The interpreter and not the script, so that it works however theia-sf was installed.
        command = [sys.executable, "-m", "theia_sf", *arguments]
        with stdout.open("w", encoding="utf-8") if stdout else nullcontext() as target:
            done = subprocess.run(  # noqa: S603  our own program with our own arguments
                command, env=self.environment, stdout=target or subprocess.PIPE, text=True, check=False
            )
        if done.returncode == ExitCode.INTERRUPTED:
            message = "The demo was interrupted."
            raise InterruptedByUserError(message)
        if done.returncode != ExitCode.OK:
            message = f"The demo stopped: `theia-sf {arguments[0]}` ended with exit code {done.returncode}."
            raise TheiaError(message, hint="Its own message stands above.")
        return done.stdout or ""

    def run_json(self, *arguments: str) -> Any:
        """Run a command with `--output json` and return what it printed, parsed."""
        return json.loads(self.run(*arguments, "--output", "json"))
