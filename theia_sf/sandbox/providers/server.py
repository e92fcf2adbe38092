"""The gRPC servers that Pulumi engines attach to."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# grpc carries no types.

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from theia_sf.sandbox.providers.resource import Provider
from theia_sf.sandbox.providers.servicer import Servicer

HOST = "127.0.0.1"
_MAX_MESSAGE = 400 * 1024 * 1024  # the engine's own limit
_OPTIONS = [
    # Two servers on one port would share its connections: the second must fail instead.
    ("grpc.so_reuseport", 0),
    ("grpc.max_receive_message_length", _MAX_MESSAGE),
    ("grpc.max_send_message_length", _MAX_MESSAGE),
]
_WORKERS = 16


class ProviderServer:
    """One provider on a port of loopback.

    Args:
        provider: what it serves; closed with the server.
        port: 0 takes a free one.
    """

    def __init__(self, provider: Provider[Any], port: int = 0) -> None:
        self._provider = provider
        self._wanted = port
        self._server: Any = None
        self.port = 0

    def start(self) -> int:
        """Listen, and return the port.

        Raises:
            RuntimeError: the port is in use.
        """
        self._server = grpc.server(ThreadPoolExecutor(_WORKERS, f"provider-{self._provider.name}"), options=_OPTIONS)
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(self._provider), self._server)
        self.port = self._server.add_insecure_port(f"{HOST}:{self._wanted}")
        self._server.start()
        return self.port

    def stop(self) -> None:
        """Stop listening; calls under way are cut off."""
        if self._server is not None:
            self._server.stop(grace=None).wait()
            self._provider.close()
