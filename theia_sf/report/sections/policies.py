"""The recommended policies, and the traffic that was seen for each of their rules."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from theia_sf.policies.model import (
    Address,
    AllowWorkload,
    Direction,
    Labels,
    Peer,
    Recommendation,
    Rule,
    RuleKey,
    Seen,
    Service,
    Traffic,
)
from theia_sf.policies.options import DEFAULT_LABEL_IGNORE, DEFAULT_NS_ALLOW
from theia_sf.policies.render.documents import documents, overview, to_yaml
from theia_sf.policies.report import recommend_for
from theia_sf.policies.summary import warnings
from theia_sf.report.payloads import Column, Table
from theia_sf.report.section import Reading, Report, Section
from theia_sf.report.shown import counted
from theia_sf.report.workloads import NO_LABELS

_MOST_POLICIES: Final = 100
_MOST_RULES: Final = 50  # of one policy
_MOST_PORTS: Final = 20  # of one rule
_LARGEST_YAML: Final = 65_536  # characters of one policy; part of a policy would be worse than none


@dataclass(frozen=True)
class Policies:
    """The recommendation, and what to know before applying it."""

    recommendation: Recommendation
    warnings: tuple[str, ...]


class _Shown(NamedTuple):
    """An allow policy as the template shows it; `yaml` is None if it is too long for the page."""

    name: str
    applies_to: str
    flows: int
    octets: int
    first: int | None
    last: int | None
    rules: Table
    hidden_rules: int
    yaml: str | None


def read(reading: Reading) -> Policies:
    """Ask for the edges, and recommend policies for them."""
    about = reading.about
    found = recommend_for(reading.source, about.chosen, about.options, explain=True)
    return Policies(found, tuple(warnings(found, cluster=about.chosen.cluster)))


def _view(data: Policies, report: Report) -> Mapping[str, Any]:
    found = data.recommendation
    objects = documents(found, report.about.chosen.cluster)
    allow: list[tuple[AllowWorkload, dict[str, Any]]] = []
    others: list[dict[str, Any]] = []
    for policy, obj in zip(found.policies, objects, strict=True):
        if isinstance(policy, AllowWorkload):
            allow.append((policy, obj))
        else:
            others.append(obj)
    allow.sort(key=lambda item: -_flows(item[0], found))  # the sort is stable: else as recommended
    first = others[:_MOST_POLICIES]
    return {
        "allow": [_show(policy, obj, found) for policy, obj in allow[:_MOST_POLICIES]],
        "total": len(allow),
        "others": _others(first),
        "others_total": len(others),
        "others_yaml": _yaml(first) if len(first) == len(others) else None,
        "warnings": data.warnings,
        "policy_type": found.policy_type.value,
        "command": _command(report),
    }


def _rules(policy: AllowWorkload) -> Iterator[tuple[Direction, Rule]]:
    for rule in policy.ingress:
        yield "ingress", rule
    for rule in policy.egress:
        yield "egress", rule


def _seen(policy: AllowWorkload, direction: Direction, rule: Rule, found: Recommendation) -> Seen:
    return (found.seen or {})[RuleKey(policy.workload, direction, rule.peer)]


def _flows(policy: AllowWorkload, found: Recommendation) -> int:
    return sum(_seen(policy, direction, rule, found).flows for direction, rule in _rules(policy))


def _show(policy: AllowWorkload, obj: dict[str, Any], found: Recommendation) -> _Shown:
    rules = [(direction, rule, _seen(policy, direction, rule, found)) for direction, rule in _rules(policy)]
    columns = (
        Column("Direction"),
        Column("Peer"),
        Column("Traffic"),
        Column("Flow records", "number"),
        Column("Bytes", "bytes"),
        Column("First start", "time"),
        Column("Last end", "time"),
    )
    rows = [
        (direction, _peer(rule.peer), _ports(rule.traffic), seen.flows, seen.octets, seen.first, seen.last)
        for direction, rule, seen in sorted(rules, key=lambda one: -one[2].flows)[:_MOST_RULES]
    ]
    name = obj["metadata"]["name"]
    return _Shown(
        name=name,
        applies_to=f"{policy.workload.namespace}: {_labels(policy.workload.labels)}",
        flows=sum(seen.flows for _, _, seen in rules),
        octets=sum(seen.octets for _, _, seen in rules),
        first=min((seen.first for _, _, seen in rules), default=None),
        last=max((seen.last for _, _, seen in rules), default=None),
        rules=Table(f"Rules of {name}", columns, rows),
        hidden_rules=len(rules) - len(rows),
        yaml=_yaml([obj]),
    )


def _labels(labels: Labels) -> str:
    return ", ".join(f"{key}={value}" for key, value in labels) if labels else NO_LABELS


def _peer(peer: Peer) -> str:
    match peer:
        case Address(cidr=cidr):
            return cidr
        case Service(namespace=namespace, name=name):
            return f"Service {namespace}/{name}"
        case _:
            return f"{peer.namespace}: {_labels(peer.labels)}"


def _ports(traffic: tuple[Traffic, ...]) -> str:
    if not traffic:
        return "all ports of the Service"
    texts = [one.protocol if one.port is None else f"{one.protocol}/{one.port}" for one in traffic]
    more = len(texts) - _MOST_PORTS
    return ", ".join(texts[:_MOST_PORTS]) + (f" and {more:,} more" if more > 0 else "")


def _others(objects: list[dict[str, Any]]) -> Table:
    rows = [
        (one["name"], one["kind"], one["tier"] or "", one["applied_to"]) for one in (overview(obj) for obj in objects)
    ]
    columns = (Column("Name"), Column("Kind"), Column("Tier"), Column("Applied to"))
    return Table("Policies without rules of their own traffic", columns, rows, filtered=True)


def _yaml(objects: list[dict[str, Any]]) -> str | None:
    text = "".join(to_yaml(objects))
    return text if len(text) <= _LARGEST_YAML * len(objects) and len(text) <= 4 * _LARGEST_YAML else None


def _command(report: Report) -> str:
    """Return the command that writes the same policies to a file."""
    about = report.about
    window, cluster = about.chosen.window, about.chosen.cluster
    words = ["theia-sf", "policy-recommendation", "--database-name", about.database]
    words += ["--policy-type", about.options.policy_type.value]
    words += ["--start", window.start.isoformat()] if window.start else []
    words += ["--end", window.end.isoformat()] if window.end else []
    words += ["--cluster-uuid", cluster] if cluster else []
    for flag, given, default in (
        ("--ns-allow", about.options.allowed_namespaces, DEFAULT_NS_ALLOW),
        ("--label-ignore", about.options.ignored_labels, DEFAULT_LABEL_IGNORE),
    ):
        words += [flag, ",".join(given)] if ",".join(given) != default else []
    return f"{shlex.join(words)} > policies.yml"


def _caveats(data: Policies) -> Iterable[str]:
    allow = sum(isinstance(policy, AllowWorkload) for policy in data.recommendation.policies)
    if allow > _MOST_POLICIES:
        more = counted(allow - _MOST_POLICIES, "allow policy is", "allow policies are")
        yield f"The {_MOST_POLICIES} allow policies with the most flows are shown; {more} not."


POLICIES = Section("policies", "Recommended policies", "traffic for policies", read, _view, _caveats)
