"""How much a client may ask of the proxy."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from theia_sf.proxy.config.base import Seconds, Section

Count = Annotated[int, Field(gt=0)]


class Limits(Section):
    """What is more than this is refused.

    Attributes:
        body_bytes: of a request, as sent and as decompressed.
        connections: at one time; `connections_per_address` from one address.
        requests_per_second: of one user; `logins_per_minute` from one address.
        header_timeout: seconds for the head of a request; `body_timeout` for the rest of it.
        idle_timeout: seconds that a connection may stay open between requests.
        drain_timeout: seconds that running statements get when the proxy ends.
    """

    body_bytes: Count = 64 * 1024 * 1024
    connections: Count = 10_000
    connections_per_address: Count = 1_000
    requests_per_second: Count = 200
    logins_per_minute: Count = 120
    header_timeout: Seconds = 10
    body_timeout: Seconds = 60
    idle_timeout: Seconds = 75
    drain_timeout: Seconds = 60
