"""A whole recommendation as objects, and as YAML text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, cast

from theia_sf.policies.model import AllowWorkload, PolicyType, Recommendation
from theia_sf.policies.render.antrea import antrea_policy
from theia_sf.policies.render.kubernetes import kubernetes_policy

# What needs no quotes in any version of YAML: begins with a letter, and is no word that YAML 1.1 takes for a value.
_PLAIN = re.compile(r"(?!(?:true|false|yes|no|on|off|null|y|n)$)[a-z][-a-z0-9_./]*", re.IGNORECASE)
# What may not stand in a YAML stream as it is, or would be taken for a line break. JSON has escaped the C0 controls.
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


def documents(recommendation: Recommendation, cluster: str | None = None) -> Iterator[dict[str, Any]]:
    """Yield the policies as the objects that `kubectl apply` takes, in the recommendation's order."""
    policy_type = recommendation.policy_type
    for policy in recommendation.policies:
        if policy_type is PolicyType.K8S_NP and isinstance(policy, AllowWorkload):
            yield kubernetes_policy(policy, policy_type, cluster)
        else:
            yield antrea_policy(policy, policy_type, cluster)


def overview(document: dict[str, Any]) -> dict[str, Any]:
    """Return one policy as a row: kind, namespace, name, tier, applied_to (labels), and counts of rules."""
    metadata, spec = document["metadata"], document["spec"]
    selectors = spec["appliedTo"][0] if "appliedTo" in spec else {"podSelector": spec["podSelector"]}
    labels = {key: value for one in selectors.values() for key, value in one.get("matchLabels", {}).items()}
    return {
        "kind": document["kind"],
        "namespace": metadata.get("namespace"),
        "name": metadata["name"],
        "tier": spec.get("tier"),
        "applied_to": ", ".join(f"{key}={value}" for key, value in labels.items()) or "all Pods",
        "ingress_rules": len(spec.get("ingress", [])),
        "egress_rules": len(spec.get("egress", [])),
    }


def to_yaml(objects: Iterable[dict[str, Any]]) -> Iterator[str]:
    r"""Yield one YAML document per object, each but the first introduced by a line `---`, each ending in a line feed.

    Written here, not by PyYAML, which takes half a minute for the rules of 200,000 edges where this takes a second.
    Strings are plain where no parser can mistake them, else double-quoted, in which form JSON's escapes are YAML's.
    """
    for index, obj in enumerate(objects):
        lines: list[str] = ["---"] if index else []
        _block(obj, "", "", lines)
        lines.append("")
        yield "\n".join(lines)


def _block(value: dict[str, Any] | list[Any], first: str, indent: str, lines: list[str]) -> None:
    """Write a collection that is not empty; `first` introduces its first line, `indent` the others."""
    lead = first
    deeper = f"{indent}  "
    if isinstance(value, dict):
        for key, item in value.items():
            head = f"{lead}{_scalar(key)}:"
            lead = indent
            if item and isinstance(item, (dict, list)):
                lines.append(head)
                # A list may stand at its key's own column, as kubectl writes it; a mapping may not.
                inner = indent if isinstance(item, list) else deeper
                _block(cast("dict[str, Any] | list[Any]", item), inner, inner, lines)
            else:
                lines.append(f"{head} {_scalar(item)}")
        return
    for item in value:
        if item and isinstance(item, (dict, list)):
            _block(cast("dict[str, Any] | list[Any]", item), f"{lead}- ", deeper, lines)
        else:
            lines.append(f"{lead}- {_scalar(item)}")
        lead = indent


def _scalar(value: Any) -> str:
    return _text(value) if isinstance(value, str) else json.dumps(value)


@lru_cache(maxsize=100_000)
def _text(value: str) -> str:
    if _PLAIN.fullmatch(value):
        return value
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))
