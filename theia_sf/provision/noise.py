"""Keeps the SDK's own chatter from users.

When an update is cancelled the engine hangs up on the program that runs in this process. The SDK then logs through
gRPC ("Exception calling application: no running event loop", with a traceback) and warns of a broken event stream;
what matters is in the engine's diagnostics.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Generator
from contextlib import contextmanager

_LOGGERS = ("grpc", "asyncio", "pulumi")


@contextmanager
def quiet_sdk() -> Generator[None]:
    """Silences the loggers and warnings of the SDK; warnings filters are process-wide, so for one operation only."""
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"pulumi\.")
        for logger in loggers:
            logger.setLevel(logging.CRITICAL + 1)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
