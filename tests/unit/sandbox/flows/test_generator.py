"""The generated files: the same each time, as the Flow Aggregator writes them, with something to find in them."""

from __future__ import annotations

import gzip
import re
import time
from collections import Counter
from datetime import UTC, datetime

import pytest

from theia_sf.errors import UsageError
from theia_sf.flows.layouts import layout_of, parse_release
from theia_sf.sandbox.flows import FlowOptions, generate

END = datetime(2026, 5, 20, tzinfo=UTC)
RELEASES = ["1.10", "1.13", "1.15", "2.0", "2.6", "2.7"]


def options(**changes: object) -> FlowOptions:
    return FlowOptions(**({"rows": 2000, "days": 5, "end": END} | changes))


def lines(chosen: FlowOptions) -> list[str]:
    return [line for file in generate(chosen) for line in gzip.decompress(file.content).decode().splitlines()]


def test_the_same_options_give_the_same_bytes():
    assert list(generate(options())) == list(generate(options()))
    assert list(generate(options())) != list(generate(options(seed=2)))


def test_names_and_numbers_of_files():
    files = list(generate(options(rows=2003)))
    assert all(re.fullmatch(r"records-[a-z0-9]{12}\.csv\.gz", file.name) for file in files)
    assert [file.records for file in files] == [401, 401, 401, 400, 400]


@pytest.mark.parametrize("release", RELEASES)
def test_the_pipe_reads_every_record(release, copied):
    rows = copied(lines(options(antrea=release)))
    assert len(rows) == 2000
    assert not any(row["rejectedRecord"] for row in rows)
    assert {row["clusterUUID"] for row in rows} == {rows[0]["clusterUUID"]}
    assert all(row["flowStartSeconds"] <= row["flowEndSeconds"] <= END for row in rows)
    present = {column for column in layout_of(parse_release(release)).columns if any(row[column] for row in rows)}
    assert set(layout_of(parse_release(release)).columns) - present <= {
        "egressNetworkPolicyName",
        "egressNetworkPolicyNamespace",
        "egressNetworkPolicyRuleName",
        "egressNetworkPolicyRuleAction",
        "egressNetworkPolicyType",
    }


def test_there_is_all_kinds_of_traffic(copied):
    rows = copied(lines(options()))
    assert {row["flowType"] for row in rows} == {1, 2, 3, 4}
    assert {row["protocolIdentifier"] for row in rows} == {1, 6, 17}
    assert any(":" in row["sourceIP"] for row in rows)
    assert {row["sourcePodNamespace"] for row in rows} >= {"shop", "payments", "analytics"}
    assert any("statefulset.kubernetes.io/pod-name" in (row["destinationPodLabels"] or "") for row in rows)
    assert any(row["sourcePodLabels"] == "{}" for row in rows)
    isolated = [row for row in rows if row["ingressNetworkPolicyType"] == 1]
    assert {(row["ingressNetworkPolicyRuleAction"], row["ingressNetworkPolicyName"]) for row in isolated} == {(2, None)}


def test_one_day_has_far_more_drops(copied):
    rows = copied(lines(options()))
    drops = Counter(
        row["flowEndSeconds"].date()
        for row in rows
        if row["ingressNetworkPolicyRuleAction"] in {2, 3} and row["destinationPodName"] == "db-0"
    )
    [(_, most), (_, next_most), *_] = drops.most_common()
    assert most > 10 + 3 * next_most


@pytest.mark.parametrize(
    "changes",
    [{"rows": 0}, {"days": 0}, {"namespaces": ("Not_One",)}, {"namespaces": ()}, {"antrea": "1.8"}, {"antrea": "new"}],
)
def test_options_that_make_no_sense(changes):
    with pytest.raises(UsageError):
        options(**changes)


def test_a_single_record():
    assert len(lines(options(rows=1, days=7))) == 1


def test_speed():
    started = time.process_time()
    count = sum(file.records for file in generate(options(rows=50_000)))
    assert count / (time.process_time() - started) > 50_000
