"""The findings of the drops dashboard are those of drop-detection, whose statement and Python rule run beside it."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyarrow and fakesnow are untyped

from __future__ import annotations

import gzip
import random
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from snowflake.connector import SnowflakeConnection

from tests.integration.grafana.panels import dashboards
from tests.integration.grafana.reader import Reader, View, everything
from tests.integration.grafana.records import parse
from tests.integration.sandbox.snowflake.conftest import Connect, Served, connect, database, served
from theia_sf.detection.counts import read_counts
from theia_sf.detection.drops import detect
from theia_sf.detection.method import Method
from theia_sf.flows.snowflake_source import SnowflakeFlowSource
from theia_sf.flows.time_window import TimeWindow
from theia_sf.sandbox.flows import FlowOptions, generate
from theia_sf_dashboards.interpolation import Selection
from theia_sf_infra import migrations

__all__ = ["connect", "database", "served"]  # fixtures

FIRST = datetime(2026, 3, 1, tzinfo=UTC)
DROPS = next(dashboard for dashboard in dashboards() if dashboard.name == "drops_dashboard")
Found = dict[tuple[str | None, str, str, date], tuple[int, ...]]


@pytest.fixture
def flows(connect: Connect, database: str) -> Iterator[SnowflakeConnection]:
    """A session in a stack's schema without any flows."""
    with closing(connect(database=database, warehouse="W")) as connection:
        cursor = connection.cursor()
        cursor.execute("CREATE SCHEMA THEIA")
        for migration in migrations.load():
            cursor.execute(migration.sql(database, "THEIA"))
        yield connection


def insert(served: Served, rows: list[dict[str, Any]]) -> None:
    """Puts records into FLOWS by the column, those that are left out being NULL."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    data: Any = pa.table({name: [row.get(name) for row in rows] for name in names})
    with served.account.fake.duck_conn.cursor() as duck:
        duck.register("given_rows", data)
        duck.execute("INSERT INTO D.THEIA.FLOWS BY NAME SELECT * FROM given_rows")


def random_rows(seed: int, days: int) -> Iterator[dict[str, Any]]:
    """Records of clusters (one has no name) that are seen on different days; most endpoints have a burst somewhere."""
    chance = random.Random(seed)
    for cluster in ("c1", "c2", None):
        seen = range(chance.randrange(3), days - chance.randrange(3))
        for day in seen[:: max(1, chance.randrange(3))]:
            yield record(cluster, day, chance, {})
        for number in range(8):
            usual, burst = chance.choice((0, 0, 1, 5, 12, 30)), chance.choice(seen)
            ends: dict[str, Any] = {"IP": f"10.0.0.{number}"} if number % 4 == 0 else {"PodName": f"p-{number}"}
            side, other = chance.choice((("ingress", "destination"), ("egress", "source")))
            for day in seen:
                count = chance.choice((9, 10, 11, 40, 120)) if day == burst else chance.randint(0, usual)
                for _ in range(count):
                    denied = {f"{other}{key}": value for key, value in ends.items()}
                    denied |= {f"{other}PodNamespace": "ns", f"{side}NetworkPolicyRuleAction": chance.choice((2, 3))}
                    yield record(cluster, day, chance, denied)


def record(cluster: str | None, day: int, chance: random.Random, more: dict[str, Any]) -> dict[str, Any]:
    started = FIRST + timedelta(days=day, seconds=chance.choice((0, 86_399, chance.randrange(86_400))))
    ended = started + timedelta(seconds=chance.choice((0, 1, 60, 7_200)))
    common = {"sourceIP": "192.0.2.1", "destinationIP": "192.0.2.2", "clusterUUID": cluster}
    return {"flowStartSeconds": started, "flowEndSeconds": ended, **common, **more}


def by_command(connection: SnowflakeConnection, start: datetime, end: datetime, cluster: str | None = None) -> Found:
    """What drop-detection finds in a time range."""
    window = TimeWindow(start, end)
    source = SnowflakeFlowSource(connection, "D", timeout_seconds=60)
    counts = read_counts(source, window, cluster=cluster)
    found = detect(counts, Method.MAD, window=window, now=datetime.now(UTC))
    rows: Found = {}
    for one in found:
        assert one.median is not None
        assert one.mad is not None
        assert one.score is not None
        figures = (one.drops, one.median, one.mad, one.score, one.mean, one.stdev)
        rows[one.series.cluster_uuid, one.series.endpoint, one.series.direction, one.date] = tuple(
            round(figure * 1000) for figure in figures
        )
    return rows


def by_panel(connection: SnowflakeConnection, start: datetime, end: datetime, **chosen: Selection) -> Found:
    """What the table of findings shows."""
    panel = next(one for one in DROPS.panels if (one.title, one.kind) == ("Findings", "table"))
    view = View(start, end, {**everything(DROPS), **chosen})
    rows = Reader(connection).panel(panel, view)["A"].dicts()
    figures = ("Drops", "Median", "Median deviation", "Score", "Mean", "Deviation")
    return {
        (row["Cluster"], row["Endpoint"], row["Direction"], row["Day"]): tuple(round(row[f] * 1000) for f in figures)
        for row in rows
    }


def alike(first: Found, second: Found) -> bool:
    """The same series and days, and figures that differ by no more than the last digit that is shown."""
    return first.keys() == second.keys() and all(
        abs(a - b) <= 1 for key, figures in first.items() for a, b in zip(figures, second[key], strict=True)
    )


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(1, 10))])
def test_random_series(seed: int, flows: SnowflakeConnection, served: Served) -> None:
    days = 12
    insert(served, list(random_rows(seed, days)))
    chance = random.Random(seed)
    least = 0
    for _ in range(6):
        first, last = sorted(chance.sample(range(-1, days + 2), 2))
        hours = chance.choice(((0, 0), (0, 13), (7, 0), (3, 3)))
        start, end = FIRST + timedelta(days=first, hours=hours[0]), FIRST + timedelta(days=last, hours=hours[1])
        wanted = by_command(flows, start, end)
        assert alike(by_panel(flows, start, end), wanted), (start, end)
        least += len(wanted)
    assert least, "the series have bursts to find"
    whole = FIRST - timedelta(days=1), FIRST + timedelta(days=days + 1)
    one = {"cluster": Selection(("c2",))}
    assert alike(by_panel(flows, *whole, **one), by_command(flows, *whole, cluster="c2"))


def test_selections_leave_the_rule_as_it_is(flows: SnowflakeConnection, served: Served) -> None:
    insert(served, list(random_rows(7, 12)))
    whole = FIRST - timedelta(days=1), FIRST + timedelta(days=13)
    every = by_panel(flows, *whole)
    pods = {endpoint for _, endpoint, _, _ in every if endpoint.startswith("ns/")}
    assert pods
    assert {endpoint for _, endpoint, _, _ in every} - pods, "an endpoint that is no Pod"
    one = min(pods)
    narrowed = {
        "pod": (one, {key for key in every if key[1] == one}),
        "namespace": ("ns", {key for key in every if key[1] in pods}),
        "direction": ("egress", {key for key in every if key[2] == "egress"}),
        "policy": ("ns/some", set(every)),
    }
    for name, (value, kept) in narrowed.items():
        wanted = {key: every[key] for key in kept}
        assert by_panel(flows, *whole, **{name: Selection((value,))}) == wanted, name


def test_today_is_not_over(flows: SnowflakeConnection, served: Served) -> None:
    now = datetime.now(UTC)
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    denied = {"clusterUUID": "c", "destinationIP": "10.0.0.1", "ingressNetworkPolicyRuleAction": 2}
    rows: list[dict[str, Any]] = []
    for ago in range(6):
        at = today - timedelta(days=ago)
        rows += [{"flowStartSeconds": at, "flowEndSeconds": at, **denied}] * (50 if ago in {0, 2} else 1)
    insert(served, rows)
    start, end = now - timedelta(days=30), now + timedelta(days=1)
    wanted = by_command(flows, start, end)
    assert {key[3] for key in wanted} == {(today - timedelta(days=2)).date()}
    assert alike(by_panel(flows, start, end), wanted)


def test_generated_flows_have_a_burst(flows: SnowflakeConnection, served: Served) -> None:
    end = datetime(2026, 5, 11, tzinfo=UTC)
    rows: list[dict[str, Any]] = []
    for file in generate(FlowOptions(rows=6_000, days=10, seed=5, antrea="2.7", end=end)):
        for line in parse(gzip.decompress(file.content).decode(), "2.7"):
            moments = {k: datetime.fromtimestamp(line[k], UTC) for k in ("flowStartSeconds", "flowEndSeconds")}
            kept = ("sourceIP", "destinationIP", "clusterUUID", "sourcePodName", "sourcePodNamespace")
            kept += ("destinationPodName", "destinationPodNamespace")
            kept += ("ingressNetworkPolicyRuleAction", "egressNetworkPolicyRuleAction")
            rows.append({**{name: line[name] for name in kept}, **moments})
    insert(served, rows)
    start = end - timedelta(days=10)
    wanted = by_command(flows, start, end)
    assert wanted, "the generator makes a burst of drops"
    assert alike(by_panel(flows, start, end), wanted)
