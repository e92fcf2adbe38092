from __future__ import annotations

from datetime import UTC, date, datetime

from theia_sf.detection.counts import Series, read_counts
from theia_sf.flows.time_window import TimeWindow

A, B = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
FIRST, SECOND = date(2026, 7, 1), date(2026, 7, 2)


def record(start="2026-07-01T10:00:00+00:00", ingress=0, egress=0, **values):
    return {
        "flowStartSeconds": start,
        "flowEndSeconds": start,
        "sourcePodNamespace": "shop",
        "sourcePodName": "web-1",
        "sourceIP": "10.0.0.1",
        "destinationPodNamespace": "shop",
        "destinationPodName": "db-1",
        "destinationIP": "10.0.0.2",
        "ingressNetworkPolicyRuleAction": ingress,
        "egressNetworkPolicyRuleAction": egress,
        "clusterUUID": A,
    } | values


def test_drops_are_counted_at_the_end_whose_policy_dropped_them(load):
    outside = {"sourcePodNamespace": None, "sourcePodName": None}
    counts = read_counts(
        load(
            [
                record(ingress=2),
                record(ingress=3, egress=2),
                record(egress=3),
                record(egress=2, **outside),
                record(ingress=1, egress=1),
                {"rejectedRecord": "x"},
            ]
        ),
        TimeWindow(),
    )
    assert counts.drops == {
        Series(A, "shop/db-1", "ingress"): {FIRST: 2},
        Series(A, "shop/web-1", "egress"): {FIRST: 1},
        Series(A, "10.0.0.1", "egress"): {FIRST: 1},
    }
    assert counts.records == 5


def test_days_are_utc_days_and_clusters_apart(load):
    counts = read_counts(
        load(
            [
                record("2026-07-01T23:30:00+00:00", ingress=2),
                record("2026-07-01T23:30:00-05:00", ingress=2),
                record("2026-07-02T00:30:00+05:00", ingress=2, clusterUUID=B),
                record("2026-07-02T12:00:00+00:00", clusterUUID=B),
            ]
        ),
        TimeWindow(),
    )
    assert counts.drops == {
        Series(A, "shop/db-1", "ingress"): {FIRST: 1, SECOND: 1},
        Series(B, "shop/db-1", "ingress"): {FIRST: 1},
    }
    assert counts.seen == {A: (FIRST, SECOND), B: (FIRST, SECOND)}


def test_the_filters_concern_every_kind_of_drop(load):
    late = "2026-07-02T10:00:00+00:00"
    every = [record(late, **{side: action}) for side in ("ingress", "egress") for action in (2, 3)]
    source = load([*every, record(ingress=2), record(egress=3, clusterUUID=B)])
    window = TimeWindow(datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 7, 2, tzinfo=UTC))
    assert read_counts(source, window, cluster=A).drops == {Series(A, "shop/db-1", "ingress"): {FIRST: 1}}
    assert read_counts(source, window, cluster=B).drops == {Series(B, "shop/web-1", "egress"): {FIRST: 1}}
