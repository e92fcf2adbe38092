"""What API servers demand of policies, as far as these policies use their fields.

Facts from the reference of Kubernetes' NetworkPolicy (networking.k8s.io/v1), and from the CRDs and the validating
webhook of Antrea (crd.antrea.io/v1beta1). Unknown fields are errors here, where an API server would drop them silently.
"""

from __future__ import annotations

import json
from typing import Any

import jsonschema

_LABEL_VALUE = "^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$"
_NAME = "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"
_TIERS = ["emergency", "securityops", "networkops", "platform", "application", "baseline"]


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties, "additionalProperties": False}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "items": items}


_SELECTOR = _object(
    [],
    matchLabels={
        "type": "object",
        "propertyNames": {"pattern": "^([a-z0-9.-]+/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$"},
        "additionalProperties": {"type": "string", "pattern": _LABEL_VALUE, "maxLength": 63},
    },
)
_PEER = {
    "oneOf": [
        _object(["ipBlock"], ipBlock=_object(["cidr"], cidr={"type": "string"})),
        _object([], podSelector=_SELECTOR, namespaceSelector=_SELECTOR) | {"minProperties": 1},
    ]
}
_PORTS = _list(
    _object(
        ["port", "protocol"],
        port={"type": "integer", "minimum": 1, "maximum": 65535},
        protocol={"enum": ["TCP", "UDP", "SCTP"]},
    )
)


def _antrea_rule(side: str) -> dict[str, Any]:
    fields = {
        "action": {"enum": ["Allow", "Reject"]},
        side: _list(_PEER),
        "ports": _PORTS,
        "protocols": _list(_object(["icmp"], icmp=_object([]))),
    }
    if side == "to":
        fields["toServices"] = _list(
            _object(["name", "namespace"], name={"pattern": _NAME}, namespace={"pattern": _NAME})
        )
    return _object(["action"], **fields)


def _antrea(kind: str, applied_to: dict[str, Any], *, namespaced: bool) -> dict[str, Any]:
    metadata = {"name": {"pattern": _NAME}} | ({"namespace": {"pattern": _NAME}} if namespaced else {})
    return _object(
        ["apiVersion", "kind", "metadata", "spec"],
        apiVersion={"const": "crd.antrea.io/v1beta1"},
        kind={"const": kind},
        metadata=_object(list(metadata), **metadata),
        spec=_object(
            ["priority", "tier", "appliedTo"],
            tier={"enum": _TIERS},
            priority={"type": "number", "minimum": 1, "maximum": 10000},
            appliedTo=_list(applied_to),
            ingress=_list(_antrea_rule("from")),
            egress=_list(_antrea_rule("to")),
        ),
    )


_KUBERNETES = _object(
    ["apiVersion", "kind", "metadata", "spec"],
    apiVersion={"const": "networking.k8s.io/v1"},
    kind={"const": "NetworkPolicy"},
    metadata=_object(["name", "namespace"], name={"pattern": _NAME}, namespace={"pattern": _NAME}),
    spec=_object(
        ["podSelector", "policyTypes"],
        podSelector=_SELECTOR,
        policyTypes=_list({"enum": ["Ingress", "Egress"]}),
        ingress=_list(_object(["from", "ports"], **{"from": _list(_PEER)}, ports=_PORTS)),
        egress=_list(_object(["to", "ports"], to=_list(_PEER), ports=_PORTS)),
    ),
)
_SCHEMAS = {
    ("networking.k8s.io/v1", "NetworkPolicy"): _KUBERNETES,
    ("crd.antrea.io/v1beta1", "NetworkPolicy"): _antrea(
        "NetworkPolicy", _object(["podSelector"], podSelector=_SELECTOR), namespaced=True
    ),
    ("crd.antrea.io/v1beta1", "ClusterNetworkPolicy"): _antrea(
        "ClusterNetworkPolicy",
        _object([], podSelector=_SELECTOR, namespaceSelector=_SELECTOR) | {"minProperties": 1},
        namespaced=False,
    ),
}
_VALIDATORS = {key: jsonschema.Draft202012Validator(schema) for key, schema in _SCHEMAS.items()}


def check(document: dict[str, Any]) -> None:
    """Fail if an API server would refuse the object."""
    _VALIDATORS[document["apiVersion"], document["kind"]].validate(document)
    spec = document["spec"]
    if document["apiVersion"].startswith("networking"):
        assert spec["policyTypes"] == [side for side in ("Ingress", "Egress") if side.lower() in spec]
        return
    rules = [(side, rule) for side in ("ingress", "egress") for rule in spec.get(side, [])]
    # The mutating webhook names rules by a hash of their content, the validating one wants the names to be unique.
    assert len({json.dumps(rule, sort_keys=True) for rule in rules}) == len(rules)
    for _, rule in rules:
        assert not ("toServices" in rule and {"to", "ports", "protocols"} & rule.keys())
        assert "toServices" in rule or {"from", "to"} & rule.keys()
