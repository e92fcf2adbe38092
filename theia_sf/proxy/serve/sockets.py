"""Sockets to listen on, and how many the process may have."""

from __future__ import annotations

import logging
import resource
import socket
from contextlib import suppress
from typing import Final

from theia_sf.errors import UsageError

BACKLOG: Final = 4096
RESERVED_FILES: Final = 300
"""Files that the process needs for other things than clients: accounts, the store, the audit."""
_log = logging.getLogger(__name__)


def listen(host: str, port: int, setting: str) -> list[socket.socket]:
    """Return sockets that listen on all addresses of a host.

    Args:
        host: name or IP address.
        port: TCP port; 0 takes a free one, the same for all addresses.
        setting: the setting that says so, for the sentence.

    Raises:
        UsageError: the host has no address here, or the port is taken or forbidden.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:  # the latter: labels that are empty or too long
        message = f"There is no address of the host {host} to listen on."
        raise UsageError(message, hint=f"Check `{setting}.host`.") from error
    sockets: list[socket.socket] = []
    try:
        for family, address in dict.fromkeys((entry[0], entry[4]) for entry in found):
            at = (address[0], port, *address[2:])
            sockets.append(_bound(family, at))
            port = port or sockets[0].getsockname()[1]
    except OSError as error:
        for made in sockets:
            made.close()
        message = f"The proxy cannot listen on {host}:{port}: {error.strerror}."
        raise UsageError(message, hint=f"Check `{setting}`, and whether another program listens there.") from error
    return sockets


def port_of(sockets: list[socket.socket]) -> int:
    """Return the TCP port that sockets listen on."""
    return int(sockets[0].getsockname()[1])


def most_connections(wanted: int) -> int:
    """Return how many connections the process can have; raises its limit of open files as far as it may.

    Args:
        wanted: connections that the configuration allows.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + RESERVED_FILES
    if soft == resource.RLIM_INFINITY:
        return wanted
    if soft < needed:
        more = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        with suppress(OSError, ValueError):  # macOS has a limit besides, which it does not tell
            resource.setrlimit(resource.RLIMIT_NOFILE, (more, hard))
            soft = more
    if soft >= needed:
        return wanted
    possible = max(soft - RESERVED_FILES, soft // 2)
    _log.warning(
        "The proxy takes %d connections, not %d: the system allows this process %d open files.", possible, wanted, soft
    )
    return possible


def _bound(family: int, address: tuple[object, ...]) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)  # `::` is every address, IPv4 too
        made.bind(address)  # pyright: ignore[reportArgumentType] - as getaddrinfo gave it
        made.listen(BACKLOG)
        made.setblocking(False)
    except OSError:
        made.close()
        raise
    return made
