from __future__ import annotations

from ipaddress import IPv4Address, ip_address, ip_network

import pytest

from theia_sf.errors import UsageError
from theia_sf.flows.choices import Kind
from theia_sf.flows.ends import parse_end, parse_ends


@pytest.mark.parametrize(
    ("text", "kind", "values"),
    [
        ("shop/web-1", Kind.PODS, {"namespace": "shop", "pod": "web-1"}),
        ("shop/web-*", Kind.PODS, {"namespace": "shop", "pod": "web-%"}),
        ("10/8", Kind.PODS, {"namespace": "10", "pod": "8"}),
        ("shop/", Kind.NAMESPACES, {"namespace": "shop"}),
        (" 10.0.0.1 ", Kind.EXTERNAL, {"ip": "10.0.0.1"}),
        ("10.0.0.1/32", Kind.EXTERNAL, {"ip": "10.0.0.1"}),
        ("2001:DB8::0:1", Kind.EXTERNAL, {"ip": "2001:db8::1"}),
        ("10.1.2.3/8", Kind.EXTERNAL, {"start": "10.", "first": 0, "last": 255}),
        ("10.1.16.0/20", Kind.EXTERNAL, {"start": "10.1.", "first": 16, "last": 31}),
        ("0.0.0.0/0", Kind.EXTERNAL, {"start": "", "first": 0, "last": 255}),
        ("service:shop/db", Kind.SERVICES, {"service": "shop/db"}),
        ("service:shop/db:sql", Kind.SERVICES, {"service": "shop/db", "port": "sql"}),
    ],
)
def test_forms(text, kind, values):
    end = parse_end(text)
    assert (end.kind, end.values) == (kind, values)


NO_ENDS = [
    *("web", "Shop/web", "shop/web_1", "shop/%", "shop/a/b", "/web", "10.0.0.0/33", "10.0.0.256", "shop/web'"),
    *("shop/\x1b[31m", "service:shop", "service:/db", "service:shop/DB", "service:shop/d%b", "service:shop/db:a_b"),
]


@pytest.mark.parametrize("text", ["", "shop / web", *NO_ENDS])
def test_what_is_no_end(text):
    with pytest.raises(UsageError) as caught:
        parse_end(text)
    assert "is not an end of a connection" in caught.value.message
    assert "namespace/pod" in (caught.value.hint or "")


def test_networks_of_ipv6_and_two_services_are_refused():
    with pytest.raises(UsageError, match="only IPv4 networks"):
        parse_end("fd00::/8")
    with pytest.raises(UsageError, match="Both ends are Services"):
        parse_ends("service:a/b", "service:a/c")


def test_two_ends_have_values_of_their_own():
    first = parse_end("shop/web").bound("first")
    second = parse_end("bank/").bound("second")
    assert first[2] | second[2] == {"first_namespace": "shop", "first_pod": "web", "second_namespace": "bank"}
    assert "%(first_pod)s" in first[0]
    assert second[1] == "destinationPodNamespace = %(second_namespace)s"


ADDRESSES = ["10.0.0.1", "10.1.2.3", "10.1.31.255", "10.1.32.0", "11.0.0.0", "100.1.2.3", "2001:db8::1", "", None]


@pytest.mark.parametrize(
    "network", ["10.0.0.0/8", "10.1.16.0/20", "0.0.0.0/0", "10.1.2.2/31", "10.0.0.1/32", "8.0.0.0/6"]
)
def test_a_network_holds_what_ipaddress_says(load, network):
    source = load([{"sourceIP": address, "flowType": number} for number, address in enumerate(ADDRESSES)])
    condition, _, values = parse_end(network).bound("end")
    rows = source.rows(f"SELECT sourceIP FROM ({source.flows}) AS record WHERE {condition}", values)
    known = [ip_address(address) for address in ADDRESSES if address]
    inside = [str(one) for one in known if isinstance(one, IPv4Address) and one in ip_network(network, strict=False)]
    assert sorted(address for (address,) in rows) == sorted(inside)
