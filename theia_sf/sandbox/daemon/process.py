"""The life of the sandbox's process: start everything, say that it is ready, wait for SIGTERM, stop everything."""

from __future__ import annotations

import logging
import os
import signal
import threading
from datetime import UTC, datetime
from pathlib import Path

import psutil

from theia_sf.credentials.private_files import write_atomically
from theia_sf.sandbox.aws.accounts import ACCOUNT_ID
from theia_sf.sandbox.aws.endpoint import DEFAULT_REGION
from theia_sf.sandbox.daemon import services
from theia_sf.sandbox.daemon.state import KEY_FILE, Ports, SandboxState

logger = logging.getLogger(__name__)


def serve(directory: Path, ports: Ports) -> None:
    """Run the sandbox until SIGTERM or SIGINT; what went wrong is in the log, that is on stderr."""
    os.umask(0o077)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # It tells of each clause that DuckDB has no use for (COPY GRANTS): true of every onboard, and of use to nobody.
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    ended = threading.Event()

    def end(_number: int, _frame: object) -> None:
        ended.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    with services.running(ports) as sandbox:
        key_path = directory / KEY_FILE
        write_atomically(key_path, sandbox.private_key.encode())
        _describe(sandbox, key_path).save(directory)
        ended.wait()


def _describe(sandbox: services.Services, key_path: Path) -> SandboxState:
    return SandboxState(
        pid=os.getpid(),
        created=psutil.Process().create_time(),
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        ports=sandbox.ports,
        region=DEFAULT_REGION,
        account=ACCOUNT_ID,
        keys=sandbox.aws.keys,
        snowflake_account=sandbox.login.account,
        snowflake_user=sandbox.login.user,
        snowflake_password=sandbox.login.password,
        snowflake_role=sandbox.login.role,
        snowflake_private_key_path=str(key_path),
    )
