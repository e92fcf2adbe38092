"""The panels of the dashboards that show traffic from one kind of end to another.

Each of these has one file of SQL of its own, its hops: when, from whom to whom, how much. What is shown of them is the
same everywhere, and so is its SQL, in `queries/traffic/`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.models.dashboard import DashboardLink, Panel

from theia_sf_dashboards import panels, units
from theia_sf_dashboards.layout import Row
from theia_sf_dashboards.limits import LIMITS
from theia_sf_dashboards.sql import statement

_PAIR = "source || ' → ' || destination"
_RATE = "Octets of the records of an interval by its seconds."
_TOP = f"The {LIMITS['series_limit']} with the most bytes in the time range."


@dataclass(frozen=True)
class Traffic:
    """Traffic of one kind.

    Attributes:
        name: for example `Pod-to-Service`.
        source: what sends, for example `Pod`.
        destination: what it is sent to.
        ends: the file of its hops in `queries/`: ended, source, destination, octets, reverse_octets and denied of each.
    """

    name: str
    source: str
    destination: str
    ends: str

    def graph(self, *, title: str | None = None, height: int = 18) -> Panel:
        """Show the traffic as a graph, under a title of its own if it has one."""
        return panels.node_graph(
            title or f"{self.name} Graph",
            f"The {LIMITS['edge_limit']} pairs with the most bytes in both directions. Nodes and edges show these and "
            "the number of flow records; around a node is what it sent (blue) and received (green). A red edge has "
            "denied flows.",
            nodes=statement("traffic/nodes.sql", ends=self.ends),
            edges=statement("traffic/edges.sql", ends=self.ends),
            height=height,
        )

    def pairs(self, *, links: Mapping[str, Sequence[DashboardLink]] | None = None, height: int = 12) -> Panel:
        """Show the traffic as a table, with links by the name of the column."""
        return panels.table(
            f"{self.name} Traffic",
            f"Who talks to whom: bytes there and back, flow records and those of them that a policy denied; at most "
            f"{LIMITS['row_limit']} pairs, those with the most bytes.",
            statement("traffic/pairs.sql", ends=self.ends),
            column_units={
                "Bytes": units.BYTES,
                "Reverse bytes": units.BYTES,
                "Flow records": units.COUNT,
                "Denied records": units.COUNT,
            },
            column_links=links,
            height=height,
        )

    def sankeys(self) -> Row:
        """Show the traffic as streams. Closed at first: where the plugin is missing, nobody is told so unasked."""
        forth, back = (
            panels.sankey(
                f"Cumulative {word}Bytes of {self.name}",
                f"The {LIMITS['edge_limit']} pairs with the most bytes {way}.",
                statement("traffic/streams.sql", ends=self.ends, octets=octets),
                unit=units.BYTES,
            )
            for word, way, octets in (
                ("", "from source to destination", "octets"),
                ("Reverse ", "from destination back to source", "reverse_octets"),
            )
        )
        return Row(f"Sankey diagrams (optional plugin {panels.SANKEY_PLUGIN})", [forth, back], collapsed=True)

    def throughput_of_pairs(self) -> list[Panel]:
        """Show the throughput of each pair, and that of its answers."""
        return [
            self._throughput(f"Throughput of {self.name}", "From source to destination.", _PAIR, "octets"),
            self._throughput(
                f"Reverse Throughput of {self.name}", "From destination back to source.", _PAIR, "reverse_octets"
            ),
        ]

    def throughput_of_sources(self) -> Panel:
        """Show what each source sends."""
        return self._throughput(
            f"Throughput of {self.source} as Source", f"What each {self.source} sends.", "source", "octets"
        )

    def throughput_of_destinations(self) -> Panel:
        """Show what each destination is sent."""
        return self._throughput(
            f"Throughput of {self.destination} as Destination",
            f"What is sent to each {self.destination}.",
            "destination",
            "octets",
        )

    def shares(self, title: str, description: str, part: str) -> Panel:
        """Show the bytes of each value of a column."""
        return panels.pie(
            title,
            f"{description} At most {LIMITS['slice_limit']}, those with the most bytes.",
            statement("traffic/shares.sql", ends=self.ends, part=part),
            unit=units.BYTES,
        )

    def _throughput(self, title: str, description: str, series: str, octets: str) -> Panel:
        return panels.time_series(
            title,
            f"{description} {_RATE} {_TOP}",
            statement("traffic/throughput.sql", ends=self.ends, series=series, octets=octets),
            unit=units.BITS_PER_SECOND,
        )
