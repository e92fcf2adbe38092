"""The Pulumi CLI as the Automation API runs it, under our rules for signals, orphans and output."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

from pulumi.automation import CommandResult, OnOutput, PulumiCommand
from pulumi.automation.errors import create_command_error
from semver import VersionInfo

from theia_sf.provision.interrupts import Interrupts
from theia_sf.provision.watchdog import Watchdog

_FOLLOW_SECONDS = 0.2
_CHUNK = 65_536


class Engine(PulumiCommand):
    """Runs Pulumi commands in a process group of their own, bound to the life of this process.

    The engine writes into files, not pipes: when theia-sf is killed the engine must still be able to write, or it
    would die of the broken pipe before it has saved its state.
    """

    def __init__(self, binary: Path, version: VersionInfo, interrupts: Interrupts, watchdog: Watchdog) -> None:
        # The base class would run `pulumi version` once more: whoever found the binary knows its version.
        self.command = str(binary)
        self.version = version
        self._interrupts = interrupts
        self._watchdog = watchdog

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: OnOutput | None = None,
        on_error: OnOutput | None = None,
    ) -> CommandResult:
        """Runs one command to its end, as `PulumiCommand.run` documents.

        Raises:
            pulumi.automation.CommandError: the command failed, or was stopped by a signal.
        """
        environment = {**os.environ, **additional_env, "PULUMI_AUTOMATION_API": "true"}
        # Plugins that a Pulumi release carries lie beside its binary and must win over others on the PATH.
        environment["PATH"] = os.pathsep.join([str(Path(self.command).parent), environment.get("PATH", os.defpath)])
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:

            def start() -> subprocess.Popen[bytes]:
                process = subprocess.Popen(  # noqa: S603  the CLI we found, with arguments of the SDK
                    [self.command, "--non-interactive", *args],
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    cwd=cwd,
                    env=environment,
                    process_group=0,
                )
                self._watchdog.watch(process.pid)
                return process

            with self._interrupts.engine(start) as process:
                code = process.wait() if on_output is None else _follow(process, out.fileno(), on_output)
            self._watchdog.watch(0)
            result = CommandResult(stdout=_text(out), stderr=_text(err), code=code)
        if on_error is not None:
            for line in result.stderr.splitlines():
                on_error(line)
        if code != 0:
            raise create_command_error(result)
        return result


def _text(stream: IO[bytes]) -> str:
    stream.seek(0)
    return "\n".join(line.rstrip() for line in stream.read().decode(errors="replace").splitlines())


def _follow(process: subprocess.Popen[bytes], descriptor: int, callback: OnOutput) -> int:
    """Waits for a process while handing on, line by line, what it writes into a file; returns its exit code."""
    offset, rest, code = 0, b"", None
    while code is None:
        with suppress(subprocess.TimeoutExpired):
            code = process.wait(_FOLLOW_SECONDS)
        while chunk := os.pread(descriptor, _CHUNK, offset):  # leaves the position alone, which the engine writes at
            offset += len(chunk)
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                callback(line.decode(errors="replace").rstrip())
    if rest:
        callback(rest.decode(errors="replace").rstrip())
    return code
