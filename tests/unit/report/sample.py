"""A whole page of made-up rows, the same each time: what the statements would have answered, of any size."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from theia_sf.flows.ranges import FlowRange
from theia_sf.flows.time_window import TimeWindow
from theia_sf.policies.options import PolicyOptions
from theia_sf.report.assemble import page
from theia_sf.report.read import read_report
from theia_sf.report.section import About, Report

NOW = datetime(2026, 7, 8, 12, 0, tzinfo=UTC)
START = datetime(2026, 7, 1, tzinfo=UTC)
CLUSTERS = ("11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222")
HOSTILE = (
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "'; DROP TABLE FLOWS; --",
    "\u202egnp.exe\u202c",
    "\u0645\u0631\u062d\u0628\u0627",
    "\U0001f4a5 boom \U0001f468\u200d\U0001f469\u200d\U0001f467",
    "<!--<script>",
    "]]>{{7*7}}${7*7}",
    "javascript:alert(3)",
    "a" * 3000,
    "line\nfeed\ttab\u2028separator\x1b[31m",
    "\ud83d half",
)
_NAMESPACES = ("shop", "payments", "analytics", "kube-system", "monitoring", "ingress", "team-a", "team-b", "search")
_PORTS = ((6, 80), (6, 443), (6, 8080), (6, 5432), (6, 6379), (6, 9090), (17, 53), (17, 8125), (132, 9999), (1, 0))
_WINDOW = int((NOW - START).total_seconds())
_FIRST = int(START.timestamp())


@dataclass(frozen=True)
class _Pod:
    namespace: str
    name: str
    labels: str


@dataclass
class SampleSource:
    """Answers the statements of the report with made-up rows: as many edges as asked for.

    Attributes:
        edges: the number of rows of who talks to whom.
        hostile: whether names and labels are such as would break a careless page.
        statements: those that were asked, in order.
    """

    edges: int
    hostile: bool = False
    workloads: int = 0
    flows: str = "SELECT * FROM FLOWS"
    rejected: str = "SELECT * FROM LINES"
    statements: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        self._dice = random.Random(20260708)
        self._pods = [self._pod(number) for number in range(self.workloads or max(4, round(self.edges * 0.3)))]
        self._drawn = list(self._draw())

    def rows(self, sql: str, params: Any) -> Iterator[tuple[Any, ...]]:
        self.statements.append(sql)
        for mark, answer in (
            ("is_rejected", self._database),
            ("bucket_start", self._traffic),
            ("talkers_of_kind", self._talkers),
            ("all_edges", self._graph),
            ("rule_action", self._denied),
            ("AS endpoint", self._drops),
            ("first_seen", self._policies),
            ("first_end", self._overview),
        ):
            if mark in sql:
                yield from answer(params)
                return
        raise AssertionError(sql)

    def _pod(self, number: int) -> _Pod:
        namespace = _NAMESPACES[number % len(_NAMESPACES)]
        name = f"app-{number}"
        if self.hostile:
            name = HOSTILE[number % len(HOSTILE)] + (f" {number}" if number >= len(HOSTILE) else "")
            namespace = HOSTILE[number % 5] if number % 3 == 0 else namespace
        labels = {"app": name, "pod-template-hash": f"{self._dice.getrandbits(32):x}"}
        if number % 7 == 0:
            labels["app.kubernetes.io/component"] = "web"
        text = json.dumps(labels, separators=(",", ":"))
        if number % 97 == 96:
            text = self._dice.choice(["null", "{}", "", "{broken"])
        return _Pod(namespace, f"{name}-{self._dice.getrandbits(20):x}", text)

    def _draw(self) -> Iterator[tuple[Any, ...]]:
        """Yield the edges: cluster, source, destination or None for an address, address, Service, traffic, numbers."""
        dice = self._dice
        hubs = self._pods[: max(2, len(self._pods) // 20)]
        for number in range(self.edges):
            kind = dice.random()
            source = dice.choice(self._pods)
            target = dice.choice(hubs if kind < 0.4 else self._pods)
            protocol, port = dice.choice(_PORTS)
            cluster = CLUSTERS[number % 5 == 0]
            octets = int(dice.paretovariate(0.9) * 10_000)
            flows = 1 + octets // 5_000_000 + dice.randrange(200)
            denied = flows if kind > 0.96 else 0
            if denied:
                octets = 60 * flows
            first = _FIRST + dice.randrange(_WINDOW - 3_600)
            last = dice.randrange(first, _FIRST + _WINDOW)
            numbers = (flows, octets, 0 if denied else octets * 3, denied, first, last)
            address = f"203.0.113.{dice.randrange(200)}"
            if 0.9 < kind < 0.93:
                yield cluster, None, target, address, None, protocol, port, *numbers
            elif 0.93 < kind <= 0.96:
                yield cluster, source, None, dice.choice([address, None]), None, protocol, port, *numbers
            else:
                service = f"{target.namespace}/svc-{len(target.name) % 9}:http" if kind < 0.3 else None
                yield cluster, source, target, None, service, protocol, port, *numbers

    def _overview(self, _: Any) -> Iterator[tuple[Any, ...]]:
        for cluster in CLUSTERS:
            mine = [edge for edge in self._drawn if edge[0] == cluster]
            if mine:
                sums = [sum(edge[column] for edge in mine) for column in (7, 8, 9, 10)]
                yield cluster, *sums, _FIRST, _FIRST + _WINDOW - 1

    def _database(self, params: Any) -> Iterator[tuple[Any, ...]]:
        for cluster, records, *_ in self._overview(params):
            yield False, cluster, records * 4, _FIRST - 21 * 86_400, _FIRST + _WINDOW, _FIRST + _WINDOW + 9
        yield True, None, 12, None, None, None

    def _traffic(self, params: Any) -> Iterator[tuple[Any, ...]]:
        length = params["bucket"]
        for start in range(_FIRST // length * length, _FIRST + _WINDOW, length):
            wave = 1 + (start // 3_600 % 24) // 4 + self._dice.random()
            yield float(start), int(wave * 900), int(wave * 4e9), int(wave * 9e9), int(wave * 20)

    def _talkers(self, params: Any) -> Iterator[tuple[Any, ...]]:
        names = {
            "pod": [f"{pod.namespace}/{pod.name}" for pod in self._pods],
            "namespace": sorted({pod.namespace for pod in self._pods}),
            "service": sorted({edge[4].partition(":")[0] for edge in self._drawn if edge[4]}),
            "address": sorted({edge[3] for edge in self._drawn if edge[3]}),
        }
        for kind, some in names.items():
            for number, name in enumerate(some[: params["top"]]):
                yield kind, CLUSTERS[0], name, 10**12 // (number + 1), 10**11, 1_000 - number, number % 3, len(some)

    def _graph(self, _: Any) -> Iterator[tuple[Any, ...]]:
        totals = len(self._drawn) + 7, sum(e[7] for e in self._drawn) + 70, sum(e[8] + e[9] for e in self._drawn) + 7000
        for edge in self._drawn:
            cluster, source, target, address, service, protocol, port, *numbers = edge
            yield (
                cluster,
                source and source.namespace,
                source and source.labels,
                None if source else address,
                target and target.namespace,
                target and target.labels,
                None if target else address,
                service,
                protocol,
                port,
                *numbers,
                *totals,
            )

    def _denied(self, _: Any) -> Iterator[tuple[Any, ...]]:
        stopped = [edge for edge in self._drawn if edge[10] and edge[1] and edge[2]]
        for number, edge in enumerate(stopped[:300]):
            cluster, source, target, _address, service, protocol, port, flows, *_rest, first, last = edge
            policy = (
                (None, None, None) if number % 4 == 0 else (target.namespace, HOSTILE[0] if self.hostile else "np", "r")
            )
            yield (
                cluster,
                source.namespace,
                source.labels,
                None,
                target.namespace,
                target.labels,
                None,
                service,
                protocol,
                port,
                "ingress" if number % 3 else "egress",
                2 + number % 2,
                *policy,
                flows,
                first,
                last,
                len(stopped),
                sum(edge[7] for edge in stopped) + 5,
            )

    def _drops(self, _: Any) -> Iterator[tuple[Any, ...]]:
        for number in range(8):
            day = date(2026, 7, 1) + timedelta(days=number)
            yield CLUSTERS[0], None, None, day, 90_000
            pod = self._pods[0]
            yield CLUSTERS[0], f"{pod.namespace}/{pod.name}", "ingress", day, 900 if number == 3 else 10 + number
            yield CLUSTERS[0], "203.0.113.9", "egress", day, 5

    def _policies(self, _: Any) -> Iterator[tuple[Any, ...]]:
        for edge in self._drawn:
            cluster, source, target, address, service, protocol, port, flows, octets, back, denied, first, last = edge
            if denied:
                yield "denied", *[None] * 9, flows, cluster, cluster, octets + back, first, last
                continue
            yield (
                None,
                source and source.namespace,
                source and source.labels,
                None if source else address,
                target and target.namespace,
                target and target.labels,
                None if target else address or "198.51.100.9",
                service,
                port,
                protocol,
                flows,
                cluster,
                cluster,
                octets + back,
                first,
                last,
            )


def about(database: str = "ANTREA_SAMPLE") -> About:
    """What the sample says of itself."""
    chosen = FlowRange(TimeWindow(START, None), None, NOW)
    return About(database, chosen, PolicyOptions.parse(), "1.2.3")


def sample_report(edges: int = 5000, hostile: bool = False, workloads: int = 0) -> Report:
    """A report of so many edges between so many workloads (0: a third of the edges)."""
    return read_report(SampleSource(edges, hostile, workloads), about())


def sample_page(edges: int = 5000, hostile: bool = False, workloads: int = 0) -> str:
    """The page of `sample_report`, as it is written to a file."""
    return page(sample_report(edges, hostile, workloads))
