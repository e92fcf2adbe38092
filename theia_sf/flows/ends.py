"""An end of a connection as users write it: a Pod, a Namespace, an address, a network, or a Service."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final

from theia_sf.errors import UsageError
from theia_sf.flows.choices import Kind
from theia_sf.flows.kubernetes_names import is_dns_label, is_pod_pattern
from theia_sf.flows.records import like

FORMS: Final = (
    "Write namespace/pod (* stands for anything), namespace/ for all Pods of it, an address, an IPv4 network such as "
    "10.0.0.0/8, or service:namespace/name."
)
_SERVICE: Final = re.compile(r"service:(?P<namespace>[^/:]+)/(?P<name>[^/:]+)(:(?P<port>[^/:]*))?")
_PORT_NAME: Final = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?")
_BITS: Final = 8  # of an octet


@dataclass(frozen=True)
class End:
    """One end of a connection.

    Attributes:
        text: as the user wrote it.
        kind: what it is, as `flows top` has it: Pods, Namespaces, external addresses (of Pods too, here) or Services.
        values: what the conditions have bound, by the name in them.
        as_source: SQL that tells whether it is the source of a record; `{end}` stands for the name of this end.
        as_destination: the same for the destination.
    """

    text: str
    kind: Kind
    values: dict[str, str | int]
    as_source: str
    as_destination: str

    def bound(self, name: str) -> tuple[str, str, dict[str, str | int | None]]:
        """Return both conditions and their values for a statement that has several ends.

        Args:
            name: of this end among them, a word of the program.
        """
        values: dict[str, str | int | None] = {f"{name}_{key}": value for key, value in self.values.items()}
        return self.as_source.replace("{end}", name), self.as_destination.replace("{end}", name), values


def parse_end(text: str) -> End:
    """Read an end of a connection.

    Raises:
        UsageError: it is nothing that an end can be.
    """
    cleaned = text.strip()
    for read in (_service, _network, _pods):
        end = read(cleaned)
        if end is not None:
            return end
    message = f"{text!r} is not an end of a connection."
    raise UsageError(message, hint=FORMS)


def parse_ends(first: str, second: str) -> tuple[End, End]:
    """Read both ends of a connection.

    Raises:
        UsageError: one is nothing that an end can be, or both are Services.
    """
    ends = parse_end(first), parse_end(second)
    if ends[0].kind is ends[1].kind is Kind.SERVICES:
        message = "Both ends are Services, but a connection comes from a Pod or an address."
        raise UsageError(message, hint=FORMS)
    return ends


def _service(text: str) -> End | None:
    match = _SERVICE.fullmatch(text)
    if match is None:
        return None
    namespace, name, port = match["namespace"], match["name"], match["port"]
    if not is_dns_label(namespace) or not is_dns_label(name) or (port and not _PORT_NAME.fullmatch(port)):
        return None
    # `namespace/name:port`; without a name of the port `namespace/name:` before Antrea 2.5, `namespace/name` since.
    whole = f"{namespace}/{name}"
    condition = "SPLIT_PART(destinationServicePortName, ':', 1) = %({end}_service)s"
    if port is None:
        return End(text, Kind.SERVICES, {"service": whole}, "FALSE", condition)
    condition += " AND SPLIT_PART(destinationServicePortName, ':', 2) = %({end}_port)s"
    return End(text, Kind.SERVICES, {"service": whole, "port": port}, "FALSE", condition)


def _network(text: str) -> End | None:
    try:
        if "/" not in text:
            return _sides(text, Kind.EXTERNAL, "{side}IP = %({end}_ip)s", ip=str(ip_address(text)))
        network = ip_network(text, strict=False)
    except ValueError:
        return None
    if text.partition("/")[0].isdecimal():  # 10/8 is the Pod 8 of the Namespace 10 for everybody but this module
        return None
    if network.prefixlen == network.max_prefixlen:
        return _sides(text, Kind.EXTERNAL, "{side}IP = %({end}_ip)s", ip=str(network.network_address))
    if isinstance(network, IPv6Network):
        message = f"{text}: only IPv4 networks can be looked for."
        raise UsageError(message, hint="Give an IPv6 address without a prefix length.")
    return _ipv4(text, network)


def _ipv4(text: str, network: IPv4Network) -> End:
    """A network's addresses begin with the same whole octets, and have the next one in a range."""
    octets = str(network.network_address).split(".")
    whole = network.prefixlen // _BITS
    start = "".join(f"{octet}." for octet in octets[:whole])
    first = int(octets[whole])
    last = int(str(network.broadcast_address).split(".")[whole])
    condition = (
        "POSITION('.', {side}IP) > 0 AND STARTSWITH({side}IP, %({end}_start)s)"
        f" AND TRY_TO_NUMBER(SPLIT_PART({{side}}IP, '.', {whole + 1})) BETWEEN %({{end}}_first)s AND %({{end}}_last)s"
    )
    return _sides(text, Kind.EXTERNAL, condition, start=start, first=first, last=last)


def _pods(text: str) -> End | None:
    namespace, slash, pod = text.partition("/")
    if not slash or not is_dns_label(namespace):
        return None
    if not pod:
        return _sides(text, Kind.NAMESPACES, "{side}PodNamespace = %({end}_namespace)s", namespace=namespace)
    if not is_pod_pattern(pod):
        return None
    condition = "{side}PodNamespace = %({end}_namespace)s AND {side}PodName LIKE %({end}_pod)s"
    return _sides(text, Kind.PODS, condition, namespace=namespace, pod=like(pod))


def _sides(text: str, kind: Kind, condition: str, **values: str | int) -> End:
    source, destination = (condition.replace("{side}", side) for side in ("source", "destination"))
    return End(text, kind, values, source, destination)
