"""Free ports for the sandbox, and who holds one that is not free."""

from __future__ import annotations

import socket
from typing import Final

import psutil

from theia_sf.errors import UsageError
from theia_sf.sandbox.daemon.state import Ports

HOST: Final = "127.0.0.1"
DEFAULT_BASE: Final = 5566
_COUNT: Final = 5
_GREATEST: Final = 65535


def choose(base: int) -> Ports:
    """Five consecutive ports from `base`; for 0 five zeros, by which the process itself takes free ones.

    Raises:
        UsageError: one of them is in use or does not exist; says which, and who holds it.
    """
    if base == 0:
        return Ports(*[0] * _COUNT)
    if not 0 < base <= _GREATEST - _COUNT + 1:
        message = f"The sandbox needs {_COUNT} ports from {base} on, but ports end at {_GREATEST}."
        raise UsageError(message, hint=f"Choose a --port up to {_GREATEST - _COUNT + 1}.")
    ports = range(base, base + _COUNT)
    for port in ports:
        if not is_free(port):
            holder = holder_of(port)
            message = (
                f"Port {port} of {HOST}, which the sandbox needs, is already in use{f' by {holder}' if holder else ''}."
            )
            raise UsageError(message, hint=f"Stop it, or use other ports: theia-sf sandbox start --port {base + 1000}")
    return Ports(*ports)


def is_free(port: int) -> bool:
    """Whether one can listen on the port now."""
    with socket.socket() as probe:
        # As the servers do: a port is not in use because old connections linger.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def answers(port: int) -> bool:
    """Whether something accepts connections on the port."""
    try:
        with socket.create_connection((HOST, port), timeout=1):
            return True
    except OSError:
        return False


def holder_of(port: int) -> str | None:
    """The program that listens on the port, as `name (pid N)`; None where the system does not tell."""
    try:
        connections = psutil.net_connections("tcp")
    except psutil.Error:
        return None
    for connection in connections:
        if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port:
            if connection.pid is None:
                return None
            try:
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
            except psutil.Error:
                return f"pid {connection.pid}"
    return None
