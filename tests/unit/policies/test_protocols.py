from __future__ import annotations

import pytest

from theia_sf.policies.model import PolicyType, Reason, Traffic
from theia_sf.policies.protocols import traffic_of

ANP, K8S = PolicyType.ANP_DENY_ALL, PolicyType.K8S_NP


@pytest.mark.parametrize(("number", "name"), [(6, "TCP"), (17, "UDP"), (132, "SCTP")])
@pytest.mark.parametrize("policy_type", [ANP, K8S])
def test_protocols_with_ports(number, name, policy_type):
    assert traffic_of(number, 443, policy_type) == Traffic(name, 443)


@pytest.mark.parametrize("number", [1, 58])
def test_icmp_has_no_port_and_no_place_in_kubernetes(number):
    assert traffic_of(number, 0, ANP) == Traffic("ICMP", None)
    assert traffic_of(number, 0, K8S) is Reason.ICMP_IN_KUBERNETES


@pytest.mark.parametrize("number", [2, 47, 0, 255, None])
def test_protocols_that_no_rule_can_name(number):
    assert traffic_of(number, 80, ANP) is Reason.PROTOCOL


@pytest.mark.parametrize("port", [0, None, -1, 65536])
def test_ports_that_are_none(port):
    assert traffic_of(6, port, ANP) is Reason.PORT
