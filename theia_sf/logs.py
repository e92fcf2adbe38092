"""Where log records go: stderr, masked, one line each; libraries stay quiet.

Modules below `theia_sf.cli` report progress with `logging.getLogger(__name__).info(...)`: shown at every verbosity.
"""

from __future__ import annotations

import logging
import sys
from typing import Final, TextIO

from theia_sf.secret import redact

STREAM_ENGINE: Final = 2  # from this verbosity on, the Pulumi engine's own output is streamed
SHOW_DEBUG: Final = 4
SHOW_LIBRARIES: Final = 6

# Their INFO and DEBUG records hold SQL text, URLs and request headers; snowflake.connector logs a refused login with a
# traceback, as an error.
_LIBRARIES: Final = ("snowflake", "botocore", "boto3", "urllib3", "s3transfer", "pulumi", "asyncio")

_verbosity = 0


class _Formatter(logging.Formatter):
    """Plain text for progress, the level's name before anything worse; always masked."""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        if record.levelno >= logging.WARNING:
            text = f"{record.levelname.capitalize()}: {text}"
        elif record.levelno < logging.INFO:
            text = f"{record.name}: {text}"
        return redact(text)


class _StderrHandler(logging.StreamHandler[TextIO]):
    """Write to whatever `sys.stderr` is at the time, which tests and terminals replace."""

    def __init__(self) -> None:
        super().__init__(sys.stderr)

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


def configure(verbosity: int) -> None:
    """Set up logging for the program; a later call replaces an earlier one.

    Args:
        verbosity: 0 to 127, the `-v` of the command line. 0 shows progress and warnings, 2 also streams the engine's
            output, 4 debug records, 6 also what the libraries say at INFO.
    """
    global _verbosity  # noqa: PLW0603 (one program, one verbosity; modules read it by verbosity())
    _verbosity = verbosity
    handler = _StderrHandler()
    handler.setFormatter(_Formatter("%(message)s"))
    root = logging.getLogger()
    for old in [h for h in root.handlers if isinstance(h, _StderrHandler)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("theia_sf").setLevel(logging.DEBUG if verbosity >= SHOW_DEBUG else logging.INFO)
    quieten_libraries(logging.INFO if verbosity >= SHOW_LIBRARIES else logging.CRITICAL)


def quieten_libraries(level: int) -> None:
    """Let the libraries say nothing below `level`; some log SQL, URLs and headers."""
    for name in _LIBRARIES:
        logging.getLogger(name).setLevel(level)


def verbosity() -> int:
    """Return the verbosity that `configure` was last given; 0 before."""
    return _verbosity
