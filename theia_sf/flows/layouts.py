"""The layouts in which the Flow Aggregator has written flow records to S3, by Antrea release.

From `writeRecord` in antrea-io/antrea, pkg/flowaggregator/s3uploader/s3uploader.go, releases 1.9 to 2.7. A file has no
header; fields are separated by commas and nothing is escaped; records end in a line feed. Only the two label fields
are enclosed, in single quotes, and in 1.9 not even these.

The pipe reads the same layouts by patterns of its own (`theia_sf_infra.record`): the Pulumi program stands alone, so it
cannot import these. A test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from theia_sf.errors import UsageError

HEAD = (
    "flowStartSeconds",
    "flowEndSeconds",
    "flowEndSecondsFromSourceNode",
    "flowEndSecondsFromDestinationNode",
    "flowEndReason",
    "sourceIP",
    "destinationIP",
    "sourceTransportPort",
    "destinationTransportPort",
    "protocolIdentifier",
    "packetTotalCount",
    "octetTotalCount",
    "packetDeltaCount",
    "octetDeltaCount",
    "reversePacketTotalCount",
    "reverseOctetTotalCount",
    "reversePacketDeltaCount",
    "reverseOctetDeltaCount",
    "sourcePodName",
    "sourcePodNamespace",
    "sourceNodeName",
    "destinationPodName",
    "destinationPodNamespace",
    "destinationNodeName",
    "destinationClusterIP",
)
MIDDLE = (
    "destinationServicePort",
    "destinationServicePortName",
    "ingressNetworkPolicyName",
    "ingressNetworkPolicyNamespace",
    "ingressNetworkPolicyRuleName",
    "ingressNetworkPolicyRuleAction",
    "ingressNetworkPolicyType",
    "egressNetworkPolicyName",
    "egressNetworkPolicyNamespace",
    "egressNetworkPolicyRuleName",
    "egressNetworkPolicyRuleAction",
    "egressNetworkPolicyType",
    "tcpState",
    "flowType",
)
LABELS = ("sourcePodLabels", "destinationPodLabels")
TAIL = (
    "throughput",
    "reverseThroughput",
    "throughputFromSourceNode",
    "throughputFromDestinationNode",
    "reverseThroughputFromSourceNode",
    "reverseThroughputFromDestinationNode",
    "clusterUUID",
    "timeInserted",
)

TIME_COLUMNS = frozenset(HEAD[:4]) | {"timeInserted"}
"""Unix seconds in a record, TIMESTAMP_TZ in the table."""

NUMBER_COLUMNS = frozenset(
    name
    for name in (*HEAD, *MIDDLE, *TAIL)
    if name.endswith(("Count", "Port", "Action", "Type", "Reason")) or "hroughput" in name
) | {"protocolIdentifier"}
"""NUMBER in the table; never empty in a record."""

TABLE_COLUMNS = (
    *HEAD,
    *MIDDLE,
    *LABELS,
    *TAIL,
    "egressName",
    "egressIP",
    "destinationServiceIP",
    "appProtocolName",
    "httpVals",
    "egressNodeName",
)
"""The flow columns of the table FLOWS; `rejectedRecord`, `sourceFile`, `sourceFileRow` and `loadedAt` follow."""

_OLD = (*HEAD, *MIDDLE, *LABELS, *TAIL)
_EGRESS = ("egressName", "egressIP")
_LAYER7 = ("appProtocolName", "httpVals")

Release = tuple[int, int]


@dataclass(frozen=True)
class Layout:
    """The fields of a record, in their order, as written from the Antrea release `since` on."""

    since: Release
    columns: tuple[str, ...]
    labels_enclosed: bool = True

    def record(self, values: Mapping[str, object]) -> str:
        """One record as the Flow Aggregator writes it, without its line feed.

        Args:
            values: by column; what is missing is written as 0 for times and numbers and as nothing for text.
        """
        return ",".join(self._field(column, values) for column in self.columns)

    def _field(self, column: str, values: Mapping[str, object]) -> str:
        text = str(values.get(column, 0 if column in TIME_COLUMNS | NUMBER_COLUMNS else ""))
        return f"'{text}'" if column in LABELS and self.labels_enclosed else text


LAYOUTS = (
    Layout((1, 9), _OLD, labels_enclosed=False),
    Layout((1, 10), _OLD),
    Layout((1, 13), (*_OLD, *_EGRESS)),
    Layout((1, 15), (*_OLD, *_EGRESS, *_LAYER7)),
    Layout((2, 0), (*_OLD, *_EGRESS, *_LAYER7, "egressNodeName")),
    Layout((2, 6), (*_OLD, *_EGRESS, "egressNodeName")),
    Layout((2, 7), (*HEAD, "destinationServiceIP", *MIDDLE, *LABELS, *TAIL, *_EGRESS, "egressNodeName")),
)
"""Every layout, oldest first."""


def parse_release(text: str) -> Release:
    """An Antrea release, such as `1.13` or `v2.0.1`, as (major, minor).

    Raises:
        UsageError: it isn't a release, or one before 1.9, the first that wrote records to S3.
    """
    parts = text.removeprefix("v").split(".")
    if len(parts) < 2 or not all(part.isdecimal() for part in parts):  # noqa: PLR2004 - major and minor
        message = f"'{text}' is not an Antrea release."
        raise UsageError(message, hint="Give major and minor, for example 2.7.")
    release = int(parts[0]), int(parts[1])
    if release < LAYOUTS[0].since:
        message = f"Antrea {text} does not write flow records to S3."
        raise UsageError(message, hint="The first release that does is 1.9.")
    return release


def layout_of(release: Release) -> Layout:
    """The layout that a release writes; releases after the last known one are taken to write its layout."""
    return next(layout for layout in reversed(LAYOUTS) if release >= layout.since)


def no_labels(release: Release) -> str:
    """What stands in a label field for a Pod that has no labels."""
    return "null" if release < (2, 1) else "{}"
