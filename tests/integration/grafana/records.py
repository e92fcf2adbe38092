"""The flow records that the dashboards are tried on: as files, as the aggregator writes them, and as plain values.

Two generated clusters of different Antrea releases (one reports flows from outside as flowType 4, one as 0), and a
third one of a few records that the generator does not make: every policy type and action on either side, Services
without Pods, IPv6, numbers beyond a double's digits, names with every character that means something to somebody.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from theia_sf.flows.layouts import NUMBER_COLUMNS, TIME_COLUMNS, layout_of
from theia_sf.sandbox.flows import FlowOptions, generate

Record = dict[str, Any]
"""By column: numbers and Unix seconds as int, absent text as None."""

ODD_CLUSTER = "edge-cluster"  # Antrea 2.4 and later allow an ID of one's own
HOSTILE_NAMES = (
    "o'brien",
    "back\\slash\\",
    'say-"hi"',
    "fox-🦊",
    "</script><b>",
    "$__timeFilter(x)",
    "${cluster:raw}",
    "' OR '1'='1",
    "\\' OR 1=1 -- ",
    "100%_done",
    "שלום",
)
REJECTED_LINES = ("not a record", "1,2,3", "{\"json\": 'no'}")


@dataclass(frozen=True)
class Dataset:
    """What is loaded. `end` is the UTC midnight after the last generated record."""

    files: dict[str, bytes]
    records: list[Record]
    rejected: tuple[str, ...]
    start: datetime
    end: datetime


def dataset(rows: int, days: int) -> Dataset:
    """Make about `rows` records over as many UTC days, the last of which has just ended."""
    end = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    files, records = dict[str, bytes](), list[Record]()
    for seed, antrea, share in ((1, "2.7", rows * 3 // 5), (2, "2.4", rows - rows * 3 // 5)):
        for file in generate(FlowOptions(rows=share, days=days, seed=seed, antrea=antrea, end=end)):
            files[file.name] = file.content
            records += parse(gzip.decompress(file.content).decode(), antrea)
    odd = list(odd_records(end - timedelta(days=1)))
    lines = [layout_of((2, 7)).record(record) for record in odd]
    files["records-odd000000000.csv.gz"] = gzip.compress("".join(f"{line}\n" for line in lines).encode())
    files["records-bad000000000.csv.gz"] = gzip.compress("".join(f"{line}\n" for line in REJECTED_LINES).encode())
    empty = dict.fromkeys(layout_of((2, 7)).columns)
    numbers = dict.fromkeys(NUMBER_COLUMNS | TIME_COLUMNS, 0)
    records += [{**empty, **numbers, **{k: None if v == "" else v for k, v in record.items()}} for record in odd]
    return Dataset(files, records, REJECTED_LINES, end - timedelta(days=days), end)


def parse(text: str, antrea: str) -> Iterator[Record]:
    """Yield the records of a generated file, whose labels hold no quote."""
    major, minor = antrea.split(".")
    columns = layout_of((int(major), int(minor))).columns
    numbers = NUMBER_COLUMNS | TIME_COLUMNS
    for fields in csv.reader(text.splitlines(), quotechar="'"):
        # httpVals are JSON with commas, not enclosed: the fields after them count from the end
        if extra := len(fields) - len(columns):
            at = columns.index("httpVals")
            fields[at : at + extra + 1] = [",".join(fields[at : at + extra + 1])]
        pairs = zip(columns, fields, strict=True)
        yield {column: int(value) if column in numbers else value or None for column, value in pairs}


def odd_records(day: datetime) -> Iterator[Record]:
    """Yield the records of the third cluster, one a minute from ten o'clock on."""
    first = int(day.timestamp()) + 10 * 3600
    for number, values in enumerate(_odd_values()):
        ended = first + 60 * number
        base: Record = {
            "flowStartSeconds": ended - 30,
            "flowEndSeconds": ended,
            "timeInserted": ended + 5 + number,
            "flowEndReason": 3,
            "sourceIP": "10.99.0.1",
            "destinationIP": "10.99.0.2",
            "sourceTransportPort": 40_000 + number,
            "destinationTransportPort": 8443,
            "protocolIdentifier": 6,
            "packetDeltaCount": 3,
            "octetDeltaCount": 1_000 + number,
            "reversePacketDeltaCount": 2,
            "reverseOctetDeltaCount": 500 + number,
            "throughput": 133,
            "reverseThroughput": 66,
            "sourcePodName": "client-0",
            "sourcePodNamespace": "odd",
            "sourceNodeName": "odd-node-1",
            "destinationPodName": "server-0",
            "destinationPodNamespace": "odd",
            "destinationNodeName": "odd-node-2",
            "flowType": 2,
            "sourcePodLabels": '{"app":"client"}',
            "destinationPodLabels": '{"app":"server"}',
            "clusterUUID": ODD_CLUSTER,
        }
        yield base | values


def _odd_values() -> Iterator[Record]:
    no_source: Record = {"sourcePodName": "", "sourcePodNamespace": "", "sourceNodeName": "", "sourcePodLabels": ""}
    no_destination: Record = {
        "destinationPodName": "",
        "destinationPodNamespace": "",
        "destinationNodeName": "",
        "destinationPodLabels": "",
    }
    for side in ("ingress", "egress"):
        for kind, name, namespace in (
            (1, "k8s-policy", "odd"),
            (2, "antrea-policy", "odd"),
            (3, "cluster-policy", ""),
            (1, "", ""),
        ):
            for action in (1, 2, 3):
                yield {
                    f"{side}NetworkPolicyName": name,
                    f"{side}NetworkPolicyNamespace": namespace,
                    f"{side}NetworkPolicyRuleName": f"{name}-rule" if name else "",
                    f"{side}NetworkPolicyRuleAction": action,
                    f"{side}NetworkPolicyType": kind,
                }
    both: Record = {}
    for side, action in (("ingress", 2), ("egress", 1)):
        both |= {f"{side}NetworkPolicyName": "both", f"{side}NetworkPolicyNamespace": "odd"}
        both |= {f"{side}NetworkPolicyRuleAction": action, f"{side}NetworkPolicyType": 2}
    yield both
    service: Record = {
        "destinationServicePort": 443,
        "destinationServicePortName": "default/kubernetes:https",
        "destinationClusterIP": "10.96.0.1",
    }
    yield service | no_destination | {"flowType": 2}
    yield service
    yield no_source | {"sourceIP": "2001:db8::9", "flowType": 4}
    yield no_source | {"sourceIP": "192.0.2.1", "flowType": 0}
    yield no_source | no_destination | {"sourceIP": "192.0.2.1", "destinationIP": "198.51.100.7", "flowType": 0}
    yield no_destination | {"destinationIP": "2001:db8:77::10", "flowType": 3, "egressName": "egress-odd"}
    yield {"protocolIdentifier": 1, "destinationTransportPort": 0, "sourceTransportPort": 0}
    yield {"protocolIdentifier": 132}
    yield {"protocolIdentifier": 89, "destinationTransportPort": 0}
    yield {"flowType": 1, "destinationNodeName": "odd-node-1"}
    yield {"octetDeltaCount": 2**53 + 1, "reverseOctetDeltaCount": 2**53 + 1}
    yield {"octetDeltaCount": 0, "reverseOctetDeltaCount": 0, "packetDeltaCount": 0, "reversePacketDeltaCount": 0}
    for name in HOSTILE_NAMES:
        yield {"sourcePodName": name}
        yield {
            "destinationPodNamespace": name,
            "destinationServicePortName": f"{name}/svc:http",
            "destinationServicePort": 80,
            "destinationClusterIP": "10.96.9.9",
            "ingressNetworkPolicyName": name,
            "ingressNetworkPolicyNamespace": "odd",
            "ingressNetworkPolicyRuleAction": 2,
            "ingressNetworkPolicyType": 2,
        }
