"""What the dashboard of drops must show: denials counted one by one, findings by drop-detection's own rule."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple

from tests.integration.grafana import model
from tests.integration.grafana.model import Flow
from tests.integration.grafana.reader import View
from tests.integration.grafana.records import Record
from tests.integration.grafana.tally import BARS, ROWS, Case, Cases, Rows, greatest, slot, top_series
from theia_sf.detection.counts import collect
from theia_sf.detection.drops import Finding, detect
from theia_sf.detection.method import Method
from theia_sf.flows.time_window import TimeWindow

_DAY = 86_400_000


class Denial(NamedTuple):
    """A flow that a policy denied in a direction, and whom that hit."""

    flow: Flow
    direction: str
    endpoint: str

    @property
    def action(self) -> int:
        return self.flow.actions[self.direction]

    @property
    def policy(self) -> str:
        return self.flow.policies[self.direction]


def expected() -> Cases:
    """Return the cases of this dashboard."""
    cases: dict[str, Case] = {
        "Denied Flow Records": _number(len),
        "Denied Endpoints": _number(lambda denials: len({denial.endpoint for denial in denials})),
        "Denying Policies": _number(lambda denials: len({denial.policy for denial in denials})),
        "Top 10 Denied Endpoints": _top,
        "Denied Flow Records by Direction and Action": _over_time,
        "Denied Flow Records by Day and Endpoint": _by_day,
        "Denials by Endpoint": _by_endpoint,
        "Findings": _findings,
    }
    return {("drops_dashboard", title, "A"): case for title, case in cases.items()}


def _denials(records: Sequence[Record], view: View) -> Iterator[Denial]:
    for flow in model.seen(records, view):
        for direction, endpoint in flow.denials(view):
            yield Denial(flow, direction, endpoint)


def _number(compute: Callable[[list[Denial]], int]) -> Case:
    return lambda records, view, _: [(compute(list(_denials(records, view))),)]


def _top(records: Sequence[Record], view: View, _: int) -> Rows:
    return greatest(Counter(denial.endpoint for denial in _denials(records, view)), BARS)


def _over_time(records: Sequence[Record], view: View, interval: int) -> Rows:
    points = Counter(
        (slot(denial.flow, interval), f"{denial.direction} {model.ACTIONS[denial.action]}")
        for denial in _denials(records, view)
    )
    return [(*key, count) for key, count in sorted(points.items())]


def _by_day(records: Sequence[Record], view: View, _: int) -> Rows:
    return top_series(Counter((slot(d.flow, _DAY), f"{d.endpoint} ({d.direction})") for d in _denials(records, view)))


def _by_endpoint(records: Sequence[Record], view: View, _: int) -> Rows:
    found: dict[tuple[str, str, str], list[Denial]] = defaultdict(list)
    for denial in _denials(records, view):
        found[denial.endpoint, denial.direction, denial.flow.cluster].append(denial)
    rows = [
        (
            *key,
            sum(denial.action == 2 for denial in denials),
            sum(denial.action == 3 for denial in denials),
            len({denial.policy for denial in denials}),
            min(denial.flow.ended for denial in denials),
            max(denial.flow.ended for denial in denials),
        )
        for key, denials in found.items()
    ]
    return sorted(rows, key=lambda row: (-row[3] - row[4], row[:3]))[:ROWS]


def _findings(records: Sequence[Record], view: View, interval: int) -> Rows:
    """Two panels have this title: their number, which has no interval, and a table."""
    found = _abnormal_days(records, view)
    if not interval:
        return [(len(found),)]
    rows = [
        (
            one.date,
            *one.series,
            one.drops,
            one.median,
            one.mad,
            *(round(number or 0.0, 3) for number in (one.score, one.mean, one.stdev)),
        )
        for one in sorted(found, key=lambda one: -(one.score or 0.0))
    ]
    return rows[:ROWS]


def _abnormal_days(records: Sequence[Record], view: View) -> list[Finding]:
    """What drop-detection finds in the view; only clusters, Namespaces, Pods and directions are selected there."""
    counts = Counter[tuple[str, str | None, str | None, date]]()
    for flow in map(Flow, records):
        started = datetime.fromtimestamp(flow["flowStartSeconds"], UTC)
        cluster = view.chosen["cluster"]
        if view.start <= started and flow.ended < view.end and (cluster.all_chosen or flow.cluster in cluster.values):
            side = next((side for side, action in flow.actions.items() if action in {2, 3}), None)
            pods = {"ingress": _raw_end(flow, "destination"), "egress": _raw_end(flow, "source")}
            counts[flow.cluster, pods.get(side or ""), side, started.date()] += 1
    collected = collect((*key, count) for key, count in counts.items())
    window = TimeWindow(view.start, view.end)
    return [
        finding
        for finding in detect(collected, Method.MAD, window=window, now=datetime.now(UTC))
        if all(
            view.chosen[name].all_chosen or value in view.chosen[name].values
            for name, value in (
                ("direction", finding.series.direction),
                ("namespace", finding.series.endpoint.split("/")[0]),
                ("pod", finding.series.endpoint),
            )
        )
    ]


def _raw_end(flow: Flow, end: str) -> str:
    namespace, name = flow[f"{end}PodNamespace"], flow[f"{end}PodName"]
    return f"{namespace}/{name}" if namespace and name else flow[f"{end}IP"]
