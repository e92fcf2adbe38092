"""5,000 flow records of a small cluster, with every kind of edge and every oddity that real records have."""

from __future__ import annotations

import json
import random
from typing import Any

Record = dict[str, Any]
CLUSTER = "11111111-1111-4111-8111-111111111111"
OTHER_CLUSTER = "22222222-2222-4222-8222-222222222222"
IGNORED = ("pod-template-hash", "controller-revision-hash", "pod-template-generation")
ALLOWED = ("kube-system", "flow-aggregator", "flow-visibility")


def record(**values: Any) -> Record:
    """One flow from Pod web to Pod db within the cluster; the arguments change it."""
    base: Record = {
        "flowStartSeconds": "2026-07-01T10:00:00+00:00",
        "flowEndSeconds": "2026-07-01T10:01:00+00:00",
        "sourceIP": "10.10.0.1",
        "destinationIP": "10.10.0.2",
        "destinationTransportPort": 5432,
        "protocolIdentifier": 6,
        "octetDeltaCount": 100,
        "reverseOctetDeltaCount": 200,
        "sourcePodName": "web-1",
        "sourcePodNamespace": "shop",
        "destinationPodName": "db-0",
        "destinationPodNamespace": "shop",
        "destinationServicePortName": None,
        "ingressNetworkPolicyName": None,
        "ingressNetworkPolicyNamespace": None,
        "ingressNetworkPolicyRuleName": None,
        "ingressNetworkPolicyRuleAction": 0,
        "egressNetworkPolicyName": None,
        "egressNetworkPolicyNamespace": None,
        "egressNetworkPolicyRuleName": None,
        "egressNetworkPolicyRuleAction": 0,
        "flowType": 1,
        "sourcePodLabels": '{"app":"web"}',
        "destinationPodLabels": '{"app":"db"}',
        "clusterUUID": CLUSTER,
        "timeInserted": "2026-07-01T10:01:05+00:00",
    }
    unknown = values.keys() - base.keys()
    assert not unknown, unknown
    return base | values


def fixture(count: int = 5000, seed: int = 20260701) -> list[Record]:
    """A mix of flows, the same for the same arguments."""
    dice = random.Random(seed)
    pods = [_pod(dice, number) for number in range(60)]
    return [_flow(dice, pods) for _ in range(count)]


def _pod(dice: random.Random, number: int) -> tuple[str, str | None]:
    namespace = dice.choice(["shop", "shop", "billing", "team-a", "team-b", "kube-system"])
    labels = {"app": f"app-{number % 17}", "pod-template-hash": f"{dice.getrandbits(32):x}"}
    if number % 5 == 0:
        labels["app.kubernetes.io/part-of"] = f"suite_{number % 3}"
    odd: dict[int, str | None] = {7: "null", 8: "{}", 9: None, 10: ""}
    return namespace, odd.get(number, json.dumps(labels, separators=(",", ":")))


def _flow(dice: random.Random, pods: list[tuple[str, str | None]]) -> Record:
    source, destination = dice.choice(pods), dice.choice(pods)
    protocol, port = dice.choice([(6, 80), (6, 443), (6, 5432), (17, 53), (17, 8125), (132, 9999), (1, 0)])
    made = record(
        sourcePodNamespace=source[0],
        sourcePodLabels=source[1],
        destinationPodNamespace=destination[0],
        destinationPodLabels=destination[1],
        sourceIP=f"10.10.{dice.randrange(4)}.{dice.randrange(1, 250)}",
        destinationIP=f"10.10.{dice.randrange(4)}.{dice.randrange(1, 250)}",
        protocolIdentifier=protocol,
        destinationTransportPort=port,
        flowType=dice.choice([1, 2]),
        clusterUUID=dice.choice([CLUSTER, CLUSTER, CLUSTER, OTHER_CLUSTER]),
    )
    return made | _KINDS[dice.choices(range(len(_KINDS)), _WEIGHTS)[0]](dice, destination[0])


def _to_service(dice: random.Random, namespace: str) -> Record:
    return {"destinationServicePortName": f"{namespace}/svc-{dice.randrange(9)}{dice.choice([':http', ':', ''])}"}


def _to_external(dice: random.Random, _: str) -> Record:
    address = dice.choice(["203.0.113.7", "198.51.100.23", "2001:db8::7", "2001:DB8:0::8", "224.0.0.251"])
    nowhere = {"destinationPodNamespace": None, "destinationPodLabels": None}
    return {"flowType": 3, "destinationIP": address, **nowhere}


def _from_external(dice: random.Random, _: str) -> Record:
    address = dice.choice(["192.0.2.1", "192.0.2.2", "2001:db8::99"])
    return {"flowType": dice.choice([0, 4]), "sourceIP": address, "sourcePodNamespace": None, "sourcePodLabels": None}


def _service_without_pods(dice: random.Random, _: str) -> Record:
    nowhere = {"destinationPodNamespace": None, "destinationPodLabels": None, "destinationIP": "172.18.0.2"}
    return {"flowType": 2, "destinationServicePortName": "default/kubernetes:https", **nowhere}


def _covered(dice: random.Random, _: str) -> Record:
    name = {"egressNetworkPolicyName": "egress-np", "egressNetworkPolicyRuleAction": 1}
    other = {"ingressNetworkPolicyName": "ingress-np", "ingressNetworkPolicyRuleAction": 1}
    return dice.choice([name, other, name | other])


def _denied(dice: random.Random, _: str) -> Record:
    side = dice.choice(["ingress", "egress"])
    return {f"{side}NetworkPolicyRuleAction": dice.choice([2, 3])}


def _broken(dice: random.Random, _: str) -> Record:
    odd: list[Record] = [
        {"protocolIdentifier": 47},
        {"protocolIdentifier": 2},
        {"destinationTransportPort": 0, "protocolIdentifier": 6},
        {"sourcePodLabels": '{"app":"we#b"}'},
        {"sourcePodLabels": '{"app":"it\'s"}'},
        {"destinationPodLabels": '{"app":"\\ud83d\\ude00"}'},
        {"destinationPodLabels": "{broken"},
        {"destinationServicePortName": "no-slash:80"},
        {"flowType": 3, "sourcePodNamespace": None},
        {"flowType": 3, "destinationIP": "not-an-ip"},
    ]
    return dice.choice(odd)


_KINDS = (
    lambda *_: {},
    _to_service,
    _to_external,
    _from_external,
    _service_without_pods,
    _covered,
    _denied,
    _broken,
)
_WEIGHTS = (30, 25, 15, 10, 4, 6, 5, 5)
