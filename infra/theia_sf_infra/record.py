"""What a flow record looks like: its fields in every layout since Antrea 1.9, as POSIX extended regular expressions.

The layouts (written by `writeRecord` in Antrea's pkg/flowaggregator/s3uploader/s3uploader.go)::

    head      25 fields                                                  all releases
    +         destinationServiceIP                                       2.7
    middle    14 fields, destinationServicePort … flowType               all releases
    labels    2 fields, JSON in single quotes; 1.9: not quoted           all releases
    tail      8 fields, throughput … timeInserted                        all releases
    +         egressName, egressIP                                       1.13, 1.14
    +         egressName, egressIP, appProtocolName, httpVals            1.15
    +         egressName, egressIP, appProtocolName, httpVals, egressNodeName    2.0 to 2.5
    +         egressName, egressIP, egressNodeName                       2.6, 2.7

Commas separate the fields and nothing is escaped, yet labels and httpVals hold commas. Both are JSON, which ends
itself, and the two braces around httpVals are the only ones in the tail: so each part has one reading only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True)
class Kind:
    """What a field holds: `pattern` is the text it must have, `type` the Snowflake type of its column."""

    pattern: str
    type: str


TIME = Kind("[0-9]{1,10}", "TIMESTAMP_TZ")  # Unix seconds; ten digits reach the year 2286
COUNTER = Kind("[0-9]{1,20}", "NUMBER(20, 0)")  # 2^64-1 has twenty digits
PORT = Kind("[0-9]{1,5}", "NUMBER(5, 0)")
CODE = Kind("[0-9]{1,3}", "NUMBER(3, 0)")
ADDRESS = Kind("[0-9A-Fa-f.:]+", "VARCHAR")
TEXT = Kind("[^,]*", "VARCHAR")
TAIL_TEXT = Kind("[^,{}]*", "VARCHAR")

Fields = Sequence[tuple[str, Kind]]

HEAD: Fields = (
    ("flowStartSeconds", TIME),
    ("flowEndSeconds", TIME),
    ("flowEndSecondsFromSourceNode", TIME),
    ("flowEndSecondsFromDestinationNode", TIME),
    ("flowEndReason", CODE),
    ("sourceIP", ADDRESS),
    ("destinationIP", ADDRESS),
    ("sourceTransportPort", PORT),
    ("destinationTransportPort", PORT),
    ("protocolIdentifier", CODE),
    ("packetTotalCount", COUNTER),
    ("octetTotalCount", COUNTER),
    ("packetDeltaCount", COUNTER),
    ("octetDeltaCount", COUNTER),
    ("reversePacketTotalCount", COUNTER),
    ("reverseOctetTotalCount", COUNTER),
    ("reversePacketDeltaCount", COUNTER),
    ("reverseOctetDeltaCount", COUNTER),
    ("sourcePodName", TEXT),
    ("sourcePodNamespace", TEXT),
    ("sourceNodeName", TEXT),
    ("destinationPodName", TEXT),
    ("destinationPodNamespace", TEXT),
    ("destinationNodeName", TEXT),
    ("destinationClusterIP", TEXT),
)
MIDDLE: Fields = (
    ("destinationServicePort", PORT),
    ("destinationServicePortName", TEXT),
    ("ingressNetworkPolicyName", TEXT),
    ("ingressNetworkPolicyNamespace", TEXT),
    ("ingressNetworkPolicyRuleName", TEXT),
    ("ingressNetworkPolicyRuleAction", CODE),
    ("ingressNetworkPolicyType", CODE),
    ("egressNetworkPolicyName", TEXT),
    ("egressNetworkPolicyNamespace", TEXT),
    ("egressNetworkPolicyRuleName", TEXT),
    ("egressNetworkPolicyRuleAction", CODE),
    ("egressNetworkPolicyType", CODE),
    ("tcpState", TEXT),
    ("flowType", CODE),
)
TAIL: Fields = (
    ("throughput", COUNTER),
    ("reverseThroughput", COUNTER),
    ("throughputFromSourceNode", COUNTER),
    ("throughputFromDestinationNode", COUNTER),
    ("reverseThroughputFromSourceNode", COUNTER),
    ("reverseThroughputFromDestinationNode", COUNTER),
    ("clusterUUID", TAIL_TEXT),
    ("timeInserted", TIME),
)
EGRESS: Fields = (("egressName", TAIL_TEXT), ("egressIP", TAIL_TEXT))

SERVICE_IP_POSITION = len(HEAD) + 1
EGRESS_NODE_POSITION = len(TAIL) + len(EGRESS) + 1
LAYER7_POSITION = EGRESS_NODE_POSITION

# What `json.Marshal` makes of a map of strings: a quote inside of a string is escaped, so the object ends itself.
JSON_OBJECT = r"""[{]([^"'{}]|"([^"\\]|\\.)*")*[}]"""
LABELS = f"('({JSON_OBJECT}|[^'{{][^']*)?'|{JSON_OBJECT}|null|)"
QUOTES = "^'|'$"
SERVICE_IP = "([0-9]{1,3}([.][0-9]{1,3}){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*)?"
HTTP_VALUES = "[{].*[}]"


def _sequence(fields: Fields) -> str:
    """The pattern of these fields, each with the comma after it; runs of one kind as `(…){n}`."""
    runs = [(kind, len(list(run))) for kind, run in groupby(kind for _, kind in fields)]
    return "".join(f"({kind.pattern},){{{count}}}" if count > 1 else f"{kind.pattern}," for kind, count in runs)


def shape() -> str:
    """The pattern of a whole record, in any of the layouts.

    The two halves differ in more than destinationServiceIP, so that a mixture of layouts is not taken for a record.
    """
    body = f"{_sequence(MIDDLE)}{LABELS},{LABELS},{_sequence(TAIL)[:-1]}"
    text = TAIL_TEXT.pattern
    layer7 = f"{text},({HTTP_VALUES})?(,{text})?"  # 1.15, and 2.0 with egressNodeName
    until_2_6 = f"{body}(,{text},{text}(,({text}|{layer7}))?)?"
    since_2_7 = f"{SERVICE_IP},{body}(,{text}){{3}}"
    return f"^{_sequence(HEAD)}({until_2_6}|{since_2_7})$"
