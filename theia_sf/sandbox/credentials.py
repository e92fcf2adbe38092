"""Asks the running sandbox for credentials of its Snowflake users."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from typing import Any, Final

from theia_sf.errors import ConnectionFailedError, UsageError
from theia_sf.sandbox.daemon.ports import HOST
from theia_sf.sandbox.daemon.state import SandboxState

_PATH: Final = "/sandbox/sign-in"
_SECONDS: Final = 30.0


def request(state: SandboxState, method: str, user: str | None = None, *, expired: bool = False) -> dict[str, str]:
    """Make what a client needs to sign in by a method.

    Args:
        state: the sandbox.
        method: one of those of `theia_sf.sandbox.snowflake.sign_in.material`.
        user: for whom; one that is not there is made. None takes a suitable one.
        expired: ask for a credential that has expired.

    Returns:
        The client's environment variables, secrets among them.

    Raises:
        UsageError: the method is not for this user.
        ConnectionFailedError: the sandbox does not answer.
    """
    login = base64.b64encode(f"{state.snowflake_user}:{state.snowflake_password}".encode()).decode()
    asked = urllib.request.Request(
        f"http://{HOST}:{state.ports.snowflake}{_PATH}",
        data=json.dumps({"method": method, "user": user, "expired": expired}).encode(),
        headers={"Authorization": f"Basic {login}", "Content-Type": "application/json"},
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(asked, timeout=_SECONDS) as answer:
            made: dict[str, Any] = json.load(answer)
    except urllib.error.HTTPError as error:
        message = str(json.load(error).get("error", "The sandbox refuses."))
        raise UsageError(message, hint="`theia-sf sandbox sign-in --help` lists the methods.") from error
    except OSError as error:
        message = "The sandbox's Snowflake does not answer."
        raise ConnectionFailedError(message, hint="`theia-sf sandbox status` tells what runs.") from error
    return made["variables"]
