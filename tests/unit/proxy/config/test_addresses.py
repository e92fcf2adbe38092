"""What counts as one address."""

from __future__ import annotations

import pytest

from theia_sf.proxy.config.addresses import network

HERE = "192.0.2.7"


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        (HERE, HERE),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::ffff:192.0.2.7", HERE),
        ("unix:", "unix:"),
        ("", ""),
    ],
)
def test_what_counts_as_one_address(address: str, counted: str) -> None:
    assert network(address) == counted
