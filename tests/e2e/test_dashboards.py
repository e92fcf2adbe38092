"""Every panel over a million records, on a pipeline that `onboard` made and Snowpipe loaded, for its reader role.

The views are all of a dashboard's: everything, one and two values of each variable, one of every variable, an empty
time range. What a panel must show then is compared with the records where these can be counted in passing; in detail
that is done in tests/integration/grafana.
"""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
import snowflake.connector

from tests.e2e.conftest import Stack
from tests.integration.grafana.checks import check_panel, check_rows, check_variable
from tests.integration.grafana.model import ISOLATION, Flow
from tests.integration.grafana.panels import Dashboard, dashboards
from tests.integration.grafana.reader import Reader, View, everything
from tests.integration.grafana.records import Record, parse
from theia_sf.sandbox.flows import FlowOptions, generate

ROWS, DAYS = 1_000_000, 7
CLUSTERS = ((1, "2.7", 600_000), (2, "2.4", 400_000))
DASHBOARDS = {dashboard.name: dashboard for dashboard in dashboards()}
PASSWORD = "Grafana-reads-1"

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1800)]


@dataclass
class Counts:
    """What is counted of the records while they are generated."""

    records: int = 0
    octets: int = 0
    denied: int = 0
    pods: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    nodes: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    services: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    policies: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    sent: Counter[str] = field(default_factory=Counter[str])

    def add(self, records: Iterable[Record]) -> None:
        for flow in map(Flow, records):
            self.records += 1
            self.octets += flow.octets + flow.reverse_octets
            self.denied += sum(action in {2, 3} for action in flow.actions.values())
            self.pods |= {(flow.cluster, pod) for pod in (flow.source_pod, flow.destination_pod) if pod}
            self.nodes |= {(flow.cluster, node) for node in flow.nodes if node}
            self.policies |= {(flow.cluster, policy) for policy in flow.policies.values() if policy != ISOLATION}
            if flow.service:
                self.services.add((flow.cluster, flow.service.split(":")[0]))
            if flow.source_pod:
                self.sent[flow.source_pod] += flow.octets


@pytest.fixture(scope="module")
def midnight() -> datetime:
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


@pytest.fixture(scope="module")
def counts(stack: Stack, midnight: datetime) -> Counts:
    """Upload the files, and wait until all is loaded."""
    counted = Counts()
    for seed, antrea, rows in CLUSTERS:
        for file in generate(FlowOptions(rows=rows, days=DAYS, seed=seed, antrea=antrea, end=midnight)):
            stack.upload(file.name, file.content)
            counted.add(parse(gzip.decompress(file.content).decode(), antrea))
    stack.wait("SELECT COUNT(*) FROM FLOWS", ROWS, seconds=300)
    return counted


@pytest.fixture(scope="module")
def reader(stack: Stack, counts: Counts) -> Iterator[Reader]:
    """Sessions of the role that the pipeline made for readers, and of one that may also read the account's usage."""
    role, usage = stack.status()["reader_role_name"], "ANTREA_ACCOUNTANT"
    for sql in (
        f"CREATE ROLE {usage}",
        f"GRANT ROLE {role} TO ROLE {usage}",
        f"GRANT DATABASE ROLE SNOWFLAKE.USAGE_VIEWER TO ROLE {usage}",
        f"GRANT DATABASE ROLE SNOWFLAKE.GOVERNANCE_VIEWER TO ROLE {usage}",
        f"CREATE USER GRAFANA PASSWORD = '{PASSWORD}' DEFAULT_SECONDARY_ROLES = ()",
        f"GRANT ROLE {role} TO USER GRAFANA",
        f"GRANT ROLE {usage} TO USER GRAFANA",
    ):
        stack.query(sql)
    settings = stack.sandbox.snowflake | {
        "user": "GRAFANA",
        "password": PASSWORD,
        "warehouse": stack.warehouse,
        "database": stack.outputs["database_name"],
        "schema": stack.outputs["schema_name"],
        "session_parameters": {"TIMEZONE": "America/Los_Angeles"},
    }
    with (
        closing(snowflake.connector.connect(**settings | {"role": role})) as connection,
        closing(snowflake.connector.connect(**settings | {"role": usage})) as accountant,
    ):
        yield Reader(connection, accountant)
    for sql in ("DROP USER GRAFANA", f"DROP ROLE {usage}"):
        stack.query(sql)


def views(dashboard: Dashboard, reader: Reader, midnight: datetime) -> Iterator[View]:
    """Everything; one and two values of each variable; one of each; nothing."""
    start = midnight - timedelta(days=DAYS, seconds=1)  # a range leaves out its bounds
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=30)
    every = everything(dashboard)
    yield View(start, end, every)
    for variable in dashboard.variables:
        for number in (1, 2):
            yield View(start, end, reader.choose(dashboard, start, end, {variable.name: number}))
    if dashboard.variables:
        yield View(start, end, reader.choose(dashboard, start, end, {v.name: 1 for v in dashboard.variables}))
    yield View(start - timedelta(days=90), start - timedelta(days=80), every)


@pytest.mark.parametrize("dashboard", DASHBOARDS.values(), ids=lambda dashboard: dashboard.name)
def test_every_panel_in_every_view(dashboard: Dashboard, reader: Reader, midnight: datetime) -> None:
    for view in views(dashboard, reader, midnight):
        for panel in dashboard.panels:
            check_panel(panel, reader.panel(panel, view))
        for variable in dashboard.variables:
            check_variable(variable, reader.variable(variable, view))


def test_the_panels_count_what_was_generated(reader: Reader, counts: Counts, midnight: datetime) -> None:
    view_of = {name: next(views(dashboard, reader, midnight)) for name, dashboard in DASHBOARDS.items()}
    greatest = sorted(counts.sent.items(), key=lambda item: (-item[1], item[0]))[:10]
    for dashboard, title, kind, rows in (
        ("flow_records_dashboard", "Flow Records Count", "stat", [(counts.records,)]),
        ("homepage", "Data Transmitted", "stat", [(counts.octets,)]),
        ("homepage", "Pods", "stat", [(len(counts.pods),)]),
        ("homepage", "Nodes", "stat", [(len(counts.nodes),)]),
        ("homepage", "Services", "stat", [(len(counts.services),)]),
        ("homepage", "NetworkPolicies", "stat", [(len(counts.policies),)]),
        ("homepage", "Top 10 Active Source Pods", "bargauge", greatest),
        ("drops_dashboard", "Denied Flow Records", "stat", [(counts.denied,)]),
        ("ingestion_dashboard", "Rows Loaded", "stat", [(counts.records,)]),
    ):
        (panel,) = [p for p in DASHBOARDS[dashboard].panels if (p.title, p.kind) == (title, kind)]
        (frame,) = reader.panel(panel, view_of[dashboard]).values()
        check_rows(frame.rows, rows)
