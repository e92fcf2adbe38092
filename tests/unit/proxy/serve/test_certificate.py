"""Names in certificates, and addresses."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from theia_sf.proxy.serve.certificate import Certificate, peer_names, plain_address


@pytest.mark.parametrize(
    ("host", "covered"),
    [
        ("acc.snowflakecomputing.com", True),
        ("ACC.snowflakecomputing.COM.", True),
        ("org-x.eu.snowflakecomputing.com", True),
        ("a.b.eu.snowflakecomputing.com", False),
        ("eu.snowflakecomputing.com", False),
        ("snowflakecomputing.com", False),
        ("192.0.2.7", True),
        ("192.0.2.8", False),
        ("", False),
    ],
)
def test_hosts_that_a_certificate_is_for(host: str, covered: bool) -> None:
    names = ("acc.snowflakecomputing.com", "*.eu.snowflakecomputing.com", "192.0.2.7")
    assert Certificate(names, datetime.now(UTC)).covers(host) is covered


def test_names_of_a_client() -> None:
    certificate = {
        "subject": ((("organizationName", "Example"),), (("commonName", "ann"),)),
        "subjectAltName": (
            ("DNS", "ann.example.com"),
            ("email", "ann@example.com"),
            ("URI", "spiffe://cluster/ann"),
            ("IP Address", "192.0.2.1"),
            ("DirName", ((("commonName", "mallory"),),)),
            ("DNS", "ann"),
        ),
    }
    names = ("ann", "ann.example.com", "ann@example.com", "spiffe://cluster/ann", "192.0.2.1")
    assert peer_names(certificate) == names
    assert peer_names(None) == peer_names({}) == ()


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:DB8::0:1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("", ""),
    ],
)
def test_addresses_as_the_policy_knows_them(seen: str, told: str) -> None:
    assert plain_address(seen) == told
