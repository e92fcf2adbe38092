"""Flow records one by one, as people look at them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from theia_sf.errors import UsageError
from theia_sf.flows.choices import Action, RuleAction
from theia_sf.flows.filters import check_namespace
from theia_sf.flows.kubernetes_names import is_pod_pattern
from theia_sf.flows.queries import query
from theia_sf.flows.source import FlowSource, Parameters

# Of IANA's registries "Protocol Numbers" and, for IPFIX, "flowEndReason".
PROTOCOLS: Final = {1: "ICMP", 2: "IGMP", 6: "TCP", 17: "UDP", 58: "ICMPv6", 132: "SCTP"}
END_REASONS: Final = {
    1: "idle timeout",
    2: "active timeout",
    3: "end of flow",
    4: "forced end",
    5: "lack of resources",
}
_POLICY_KINDS: Final = {1: "K8sNetworkPolicy", 2: "AntreaNetworkPolicy", 3: "AntreaClusterNetworkPolicy"}


@dataclass(frozen=True)
class RecordFilter:
    """Which records to look at; None where a filter was not asked for.

    Attributes:
        namespace: of the Pod at either end.
        pod: name of the Pod at either end; `*` stands for anything. With a Namespace, both are of the same end.
    """

    cluster: str | None = None
    namespace: str | None = None
    pod: str | None = None
    action: Action | None = None

    def parameters(self) -> dict[str, str | int | None]:
        """Return what the statement has bound, with no limits of time."""
        return {
            "loaded": None,
            "start": None,
            "end": None,
            "cluster": self.cluster,
            "namespace": self.namespace,
            "pod": like(self.pod) if self.pod else None,
            "action": self.action.value if self.action else None,
        }


def record_filter(
    *, cluster: str | None = None, namespace: str | None = None, pod: str | None = None, action: Action | None = None
) -> RecordFilter:
    """Read the options that choose records; a Pod may be given as `namespace/name`.

    Raises:
        UsageError: a name is none that a Namespace or a Pod can have, or two Namespaces are given.
    """
    inside, slash, name = (pod or "").rpartition("/")
    if slash and namespace is not None and inside != namespace:
        message = f"--pod {pod} is not in the Namespace {namespace} of --namespace."
        raise UsageError(message, hint="Leave out one of the two.")
    wanted = inside if slash else namespace
    if wanted is not None:
        check_namespace(wanted)
    if pod is not None and not is_pod_pattern(name):
        message = f"--pod: {pod!r} is not the name of a Pod."
        raise UsageError(message, hint="Give name or namespace/name; * stands for anything, as in 'shop/web-*'.")
    return RecordFilter(cluster, wanted, name or None, action)


def like(pattern: str) -> str:
    """Return a Pod's name, in which `*` stands for anything, as a pattern of LIKE."""
    return pattern.replace("*", "%")


class Record(NamedTuple):
    """A flow record; the fields are the columns of records.sql, in their order."""

    loaded_at: datetime | None
    source_file: str | None
    source_file_row: int | None
    cluster_uuid: str | None
    started: datetime | None
    ended: datetime | None
    source_namespace: str | None
    source_pod: str | None
    source_ip: str | None
    source_port: int | None
    source_node: str | None
    destination_namespace: str | None
    destination_pod: str | None
    destination_ip: str | None
    destination_port: int | None
    destination_node: str | None
    service: str | None
    protocol: int | None
    bytes: int | None
    reverse_bytes: int | None
    packets: int | None
    reverse_packets: int | None
    ingress_type: int | None
    ingress_namespace: str | None
    ingress_name: str | None
    ingress_rule: str | None
    ingress_action: int | None
    egress_type: int | None
    egress_namespace: str | None
    egress_name: str | None
    egress_rule: str | None
    egress_action: int | None
    tcp_state: str | None
    end_reason: int | None

    def action(self) -> Action:
        """Return what the policies did: the strictest of ingress and egress."""
        done = {self.ingress_action, self.egress_action}
        strictest_first = (RuleAction.REJECT, RuleAction.DROP, RuleAction.ALLOW)
        return Action[next((action for action in strictest_first if action in done), RuleAction.NONE).name]

    def as_dict(self) -> dict[str, Any]:
        """Return the record as it is printed."""
        return {
            "time": self.ended,
            "started": self.started,
            "loaded_at": self.loaded_at,
            "cluster_uuid": self.cluster_uuid,
            "source": end_name(self.source_namespace, self.source_pod, self.source_ip),
            "source_ip": self.source_ip,
            "source_port": self.source_port,
            "source_node": self.source_node or None,
            "destination": end_name(self.destination_namespace, self.destination_pod, self.destination_ip),
            "destination_ip": self.destination_ip,
            "destination_port": self.destination_port,
            "destination_node": self.destination_node or None,
            "service": self.service or None,
            "protocol": protocol_name(self.protocol),
            "bytes": self.bytes,
            "reverse_bytes": self.reverse_bytes,
            "packets": self.packets,
            "reverse_packets": self.reverse_packets,
            "action": self.action().value,
            "ingress_policy": policy_name(
                self.ingress_type, self.ingress_namespace, self.ingress_name, self.ingress_action
            ),
            "ingress_rule": self.ingress_rule or None,
            "ingress_action": action_name(self.ingress_action),
            "egress_policy": policy_name(self.egress_type, self.egress_namespace, self.egress_name, self.egress_action),
            "egress_rule": self.egress_rule or None,
            "egress_action": action_name(self.egress_action),
            "tcp_state": self.tcp_state or None,
            "end_reason": end_reason_name(self.end_reason),
        }


def _fields() -> tuple[str, ...]:
    nothing: list[Any] = [None] * len(Record._fields)
    return tuple(Record(*nothing).as_dict())


def end_name(namespace: str | None, pod: str | None, address: str | None) -> str:
    """Return an end of a flow as `namespace/pod`, or as the address of what is no Pod."""
    return f"{namespace or ''}/{pod}" if pod else (address or "")


def protocol_name(number: int | None) -> str | None:
    """Return a protocol's usual name, or its number as text where it has none here."""
    return None if number is None else PROTOCOLS.get(int(number), str(number))


def end_reason_name(number: int | None) -> str | None:
    """Return why the flow's record was written, or the number as text."""
    return None if number is None else END_REASONS.get(int(number), str(number))


def action_name(number: int | None) -> str:
    """Return the name of a rule's action; no policy is `none`, what Antrea may add later its number."""
    known = {action.value: action.name.lower() for action in RuleAction}
    return known.get(int(number or 0), str(number))


def policy_name(kind: int | None, namespace: str | None, name: str | None, action: int | None) -> str | None:
    """Return a policy as Antrea writes references to it, such as `AntreaNetworkPolicy:shop/web`; None for no policy.

    Kubernetes NetworkPolicies drop what none of them allows, which is then no single one's doing: `(isolation)`.
    """
    if not name:
        return f"{_POLICY_KINDS[1]}:(isolation)" if action in {RuleAction.DROP, RuleAction.REJECT} else None
    prefix = f"{_POLICY_KINDS[int(kind)]}:" if kind in _POLICY_KINDS else ""
    return f"{prefix}{namespace}/{name}" if namespace else f"{prefix}{name}"


def records_query(source: FlowSource, *, between: str = "TRUE") -> str:
    """Return the SELECT of records, to be used as a subquery; `between` is a condition on both ends."""
    return query("records", flows=source.flows, between=between)


def newest(source: FlowSource, records: str, parameters: Parameters, lines: int) -> Iterator[Record]:
    """Yield the newest of the records that a SELECT gives, oldest first.

    Raises:
        TheiaError: when the statement fails or takes too long.
    """
    sql = query("newest", records=records)
    return (Record(*row) for row in source.rows(sql, {**parameters, "lines": lines}))


FIELDS: Final = _fields()
"""The keys of every record that is printed."""
