"""Keeps the SDK's own chatter from users.

When an update is cancelled the engine hangs up on the program that runs in this process. The SDK then logs through
gRPC ("Exception calling application: …", with tracebacks) and warns of a broken event stream; what matters is in the
engine's diagnostics.
"""

from __future__ import annotations

import logging
import warnings


def silence_sdk() -> None:
    """Silences the loggers and warnings of the SDK, for good.

    Not for the length of an operation: the program's threads live on for a moment after it.
    """
    for name in ("grpc", "asyncio", "pulumi"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    warnings.filterwarnings("ignore", module=r"pulumi\.")
