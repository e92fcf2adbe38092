"""Networks that a rule of the policy names, and what counts as one address."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

Network = IPv4Network | IPv6Network
_OF_HOST: Final = 64


def within(address: str, networks: Iterable[Network]) -> bool:
    """Tell whether an address is in one of the networks; an IPv4 address may be written as IPv6 (`::ffff:10.0.0.1`)."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return any((mapped or found) in network for network in networks)


def network(address: str) -> str:
    """Return what counts as one address: of IPv6 the /64, which is what a single host is given (RFC 6177)."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or ip_network((int(found), _OF_HOST), strict=False))
    return address
