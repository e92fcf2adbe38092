"""What a running sandbox leaves on disk for other commands to find it: one file, readable by its owner only."""

from __future__ import annotations

import dataclasses
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import platformdirs

from theia_sf.credentials.private_files import write_atomically
from theia_sf.sandbox.aws.accounts import AccessKey

DIRECTORY_VARIABLE: Final = "THEIA_SF_SANDBOX_DIR"
STATE_FILE: Final = "sandbox.json"
KEY_FILE: Final = "sandbox.p8"
LOG_FILE: Final = "sandbox.log"
LOCK_FILE: Final = "start.lock"
TEMPORARY_FOLDER: Final = "tmp"


def state_directory() -> Path:
    """The folder of the sandbox: $THEIA_SF_SANDBOX_DIR, or `sandbox` in the user's state folder of theia-sf."""
    chosen = os.environ.get(DIRECTORY_VARIABLE)
    return Path(chosen).absolute() if chosen else platformdirs.user_state_path("theia-sf") / "sandbox"


@dataclass(frozen=True)
class Ports:
    """Where the sandbox listens on 127.0.0.1."""

    aws: int
    snowflake: int
    provider_aws: int
    provider_snowflake: int
    provider_random: int


@dataclass(frozen=True)
class SandboxState:
    """A running sandbox.

    Attributes:
        pid: its process.
        created: when that process began, in seconds since the epoch as the system tells it. A later process with the
            same pid has another.
        started: when the sandbox was ready, RFC 3339 in UTC.
        ports: where it listens.
        region: the AWS region that `sandbox env` sets.
        account: the AWS account id of the user.
        keys: the AWS key of each account's user, by account id. The user's own is `keys[account]`; the others let tests
            see what Snowflake's account holds, and act as a stranger.
        snowflake_account: the account's name as connectors take it.
        snowflake_user: the user, with `snowflake_password` and `snowflake_role`.
        snowflake_private_key_path: the file with the same user's private key, PEM.
    """

    pid: int
    created: float
    started: str
    ports: Ports
    region: str
    account: str
    keys: dict[str, AccessKey]
    snowflake_account: str
    snowflake_user: str
    snowflake_password: str = field(repr=False)
    snowflake_role: str
    snowflake_private_key_path: str = ""

    def save(self, directory: Path) -> None:
        """Write the file, at once and complete: whoever sees it sees all of it."""
        write_atomically(directory / STATE_FILE, json.dumps(dataclasses.asdict(self), indent=2).encode())


def load(directory: Path) -> SandboxState | None:
    """The sandbox that the file describes, or None if there is no file or nothing of use in it."""
    try:
        content: dict[str, Any] = json.loads((directory / STATE_FILE).read_text(encoding="utf-8"))
        content["ports"] = Ports(**content["ports"])
        content["keys"] = {account: AccessKey(**key) for account, key in content["keys"].items()}
        return SandboxState(**content)
    except (OSError, ValueError, TypeError, KeyError):
        return None
