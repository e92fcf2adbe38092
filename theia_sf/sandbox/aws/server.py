"""moto as a server in a thread of this process."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# moto and werkzeug's development server are only partly typed.

from __future__ import annotations

import contextlib
import os
import threading
from types import TracebackType
from typing import Any

from moto.iam.models import iam_backends
from moto.moto_api._internal.models import moto_api_backend
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from theia_sf.sandbox.aws import identities, outbound_tokens
from theia_sf.sandbox.aws.accounts import USER_NAMES, AccessKey
from theia_sf.sandbox.aws.credentials import KnownKeysOnly
from theia_sf.sandbox.aws.endpoint import AwsEndpoint
from theia_sf.sandbox.aws.functions.runtime import running as functions_running
from theia_sf.sandbox.aws.patches import moto_patched
from theia_sf.sandbox.aws.published_keys import PublishedKeys

HOST = "127.0.0.1"


class QuietHandler(MotoRequestHandler):
    """Without a line in the log for each request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing."""
        del code, size


class AwsServer:
    """The sandbox's AWS, from `start` (or `with`) to `stop`.

    moto's registries belong to the process: one server at a time, and a start begins with empty accounts.

    Args:
        port: the port on loopback; 0 takes a free one.
    """

    def __init__(self, port: int = 0) -> None:
        self._port = port
        self._exit = contextlib.ExitStack()

    def start(self) -> AwsEndpoint:
        """Open the accounts and listen.

        Raises:
            OSError: the port is in use.
        """
        # moto reads this at each request: a bucket of another account is forbidden, as in AWS.
        os.environ["MOTO_S3_ALLOW_CROSSACCOUNT_ACCESS"] = "false"
        moto_api_backend.reset()
        keys = {account: _open_account(account) for account in USER_NAMES}
        outbound_tokens.reset()
        guarded = KnownKeysOnly(DomainDispatcherApplication(create_backend_app), identities.find)
        application: Any = PublishedKeys(guarded)
        server = make_server(HOST, self._port, application, threaded=True, request_handler=QuietHandler)
        self._exit.enter_context(moto_patched())
        self._exit.callback(server.server_close)
        thread = threading.Thread(target=server.serve_forever, name="sandbox-aws", daemon=True)
        thread.start()
        self._exit.callback(thread.join)
        self._exit.callback(server.shutdown)
        self._exit.callback(moto_api_backend.reset)
        endpoint_url = f"http://{HOST}:{server.server_port}"
        self._exit.enter_context(functions_running(endpoint_url))
        return AwsEndpoint(endpoint_url, keys)

    def stop(self) -> None:
        """Stop listening and forget every account; does nothing when not started."""
        self._exit.close()

    def __enter__(self) -> AwsEndpoint:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _open_account(account_id: str) -> AccessKey:
    """Create the account's IAM user with a fresh access key in moto's registry of this process."""
    backend = iam_backends[account_id]["aws"]
    user_name = USER_NAMES[account_id]
    backend.create_user(region_name="us-east-1", user_name=user_name)
    key = backend.create_access_key(user_name)
    return AccessKey(account_id, user_name, key.access_key_id, key.secret_access_key)
