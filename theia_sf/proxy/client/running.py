"""Run a program that reaches Snowflake through the proxy."""

from __future__ import annotations

import signal
import subprocess
import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Final

from theia_sf.credentials.private_files import write_atomically
from theia_sf.errors import UsageError
from theia_sf.proxy.client.environment import changes, connections_toml, trust_bundle
from theia_sf.proxy.client.target import Target
from theia_sf.signals import handled

_BY_SIGNAL: Final = 128
"""What shells add to a signal's number, for the exit code of a program that it ended."""


def run(command: Sequence[str], target: Target, environ: Mapping[str, str]) -> int:
    """Run a program, and return its exit code.

    Its files, a connections.toml and the access token, are in a folder of mode 0700 that is gone when it ends.

    Args:
        command: the program and its arguments.
        target: the proxy, with an access token.
        environ: the present environment.

    Raises:
        UsageError: the program cannot be run, or the files not be written.
    """
    bundle = trust_bundle(target, environ)
    try:
        # what the program has started may go on writing there: that is no fault of the program's
        with tempfile.TemporaryDirectory(prefix="theia-sf-proxy-", ignore_cleanup_errors=True) as folder:
            home = Path(folder)
            told = _write(home, target)
            wanted = {**environ, **changes(told, environ, bundle), "SNOWFLAKE_HOME": folder}
            return _run(command, {name: value for name, value in wanted.items() if value is not None})
    except OSError as error:
        message = f"The files for {command[0]} cannot be written: {error.strerror} ({error.filename})."
        raise UsageError(message, hint="TMPDIR names another folder for them.") from error


def _write(home: Path, target: Target) -> Target:
    token_file = home / "token"
    if target.token is not None:
        write_atomically(token_file, target.token.reveal().encode())  # without a line feed, which drivers would send
    write_atomically(home / "connections.toml", connections_toml(target).encode())
    return replace(target, token_file=token_file)


def _run(command: Sequence[str], environment: Mapping[str, str]) -> int:
    try:
        program = subprocess.Popen(command, env=environment)  # noqa: S603 (the user's own command)
    except OSError as error:
        message = f"{command[0]} cannot be run: {error.strerror}."
        raise UsageError(message, hint="Check its name, and whether it is on PATH.") from error
    with _signals_for(program):
        code = program.wait()
    return _BY_SIGNAL - code if code < 0 else code


@contextmanager
def _signals_for(program: subprocess.Popen[bytes]) -> Generator[None]:
    """Leave signals to the program: Ctrl-C reaches it by the terminal, the others are handed on."""

    def hand_on(number: int, _frame: FrameType | None) -> None:
        program.send_signal(number)

    def leave(_number: int, _frame: FrameType | None) -> None:
        """The terminal sends it to the program, too."""

    handlers = {signal.SIGINT: leave, signal.SIGTERM: hand_on}
    if hasattr(signal, "SIGHUP"):
        handlers[signal.SIGHUP] = hand_on
    with handled(handlers):
        yield
