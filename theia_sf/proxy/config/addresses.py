"""Networks that a rule of the policy names."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address

Network = IPv4Network | IPv6Network


def within(address: str, networks: Iterable[Network]) -> bool:
    """Tell whether an address is in one of the networks; an IPv4 address may be written as IPv6 (`::ffff:10.0.0.1`)."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return any((mapped or found) in network for network in networks)
