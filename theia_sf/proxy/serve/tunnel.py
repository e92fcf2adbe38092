"""HTTP CONNECT, for clients that know nothing but `https_proxy`.

The tunnel ends in this process: whoever asks for a host name of one of the accounts gets the proxy itself under that
name, with a certificate for it. Nobody gets anywhere else.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Iterable
from typing import Final

_MOST_BYTES: Final = 8 * 1024
_END: Final = b"\r\n\r\n"
_REQUEST: Final = re.compile(rb"CONNECT ([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):(\d{1,5}) HTTP/1\.[01]\r\n")
_ESTABLISHED: Final = b"HTTP/1.1 200 Connection established\r\n\r\n"
_NO_CONNECT: Final = ("405 Method Not Allowed", "This port takes HTTP CONNECT only: name it in https_proxy.")
_TOO_LONG: Final = ("431 Request Header Fields Too Large", "The request is too long.")
_NOT_YET: Final = ("400 Bad Request", "The tunnel is not there before this answer: send nothing through it earlier.")
_ELSEWHERE: Final = (
    "403 Forbidden",
    "This proxy leads to the Snowflake accounts of its configuration only: name all other hosts in no_proxy.",
)


class Tunnel:
    """Lets clients in who ask for one of some hosts.

    Args:
        hosts: their names.
    """

    def __init__(self, hosts: Iterable[str]) -> None:
        self._hosts = frozenset(host.lower().rstrip(".") for host in hosts)

    async def open(self, connection: socket.socket) -> bool:
        """Read what a client asks for, and answer it; tell whether TLS follows.

        Args:
            connection: does not block.

        Raises:
            OSError: it broke off.
        """
        loop = asyncio.get_running_loop()
        head = b""
        while _END not in head:
            chunk = await loop.sock_recv(connection, _MOST_BYTES)
            if not chunk:
                return False
            head += chunk
            if len(head) > _MOST_BYTES:
                break
        refusal = self._refusal(head)
        await loop.sock_sendall(connection, _ESTABLISHED if refusal is None else _answer(*refusal))
        return refusal is None

    def _refusal(self, head: bytes) -> tuple[str, str] | None:
        if _END not in head:
            return _TOO_LONG
        asked = _REQUEST.match(head)
        if asked is None:
            return _NO_CONNECT
        if asked[1].decode().lower().strip("[]").rstrip(".") not in self._hosts:
            return _ELSEWHERE
        return None if head.endswith(_END) and head.count(_END) == 1 else _NOT_YET


def _answer(status: str, sentence: str) -> bytes:
    body = f"{sentence}\n".encode()
    head = f"HTTP/1.1 {status}\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: {len(body)}\r\n"
    return head.encode() + b"connection: close\r\n\r\n" + body
