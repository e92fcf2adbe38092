"""What a function can be asked, and how it says that it was asked wrongly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from theia_sf.detection.method import Method
from theia_sf.errors import UsageError
from theia_sf.policies.model import PolicyType
from theia_sf.policies.options import PolicyOptions
from theia_sf.scheduled.event import parse_event
from theia_sf.scheduled.jobs import Job

ENVIRON = {"THEIA_SF_DATABASE_NAME": "ANTREA_X", "THEIA_SF_WAREHOUSE_NAME": "WH"}
CLUSTER = "11111111-1111-4111-8111-111111111111"


def test_a_bare_job_has_the_commands_defaults():
    drops = parse_event({"job": "drop-detection"}, ENVIRON)
    assert (drops.job, drops.database, drops.warehouse) == (Job.DROP_DETECTION, "ANTREA_X", "WH")
    assert (drops.method, drops.min_drops, drops.wait_seconds) == (Method.MAD, 10, 300)
    policies = parse_event({"job": "policy-recommendation"}, ENVIRON)
    assert policies.wait_seconds == 600
    assert policies.policies == PolicyOptions(
        PolicyType.ANP_DENY_APPLIED,
        ("kube-system", "flow-aggregator", "flow-visibility"),
        ("pod-template-hash", "controller-revision-hash", "pod-template-generation"),
        None,
    )
    assert parse_event({"job": "current-user"}, {}).chosen is None


def test_every_option():
    drops = parse_event(
        {
            "job": "drop-detection",
            "start": "now-7d",
            "end": "now",
            "cluster_uuid": f"{{{CLUSTER.upper()}}}",
            "database_name": "ANTREA_Y",
            "warehouse_name": "OTHER",
            "wait_timeout": "1m30s",
            "method": "stdev",
            "min_drops": "20",
        },
        ENVIRON,
    )
    assert drops.chosen is not None
    assert drops.chosen.window.end == drops.chosen.now
    assert drops.chosen.window.start == drops.chosen.now - timedelta(days=7)
    assert drops.chosen.cluster == CLUSTER
    assert (drops.database, drops.warehouse, drops.wait_seconds) == ("ANTREA_Y", "OTHER", 90)
    assert (drops.method, drops.min_drops) == (Method.STDEV, 20)
    policies = parse_event(
        {
            "job": "policy-recommendation",
            "start": "now-1h",
            "start_ts": "2026-07-01T00:00:00Z",
            "end_ts": "2026-07-02T00:00:00Z",
            "policy_type": "k8s-np",
            "limit": 7,
            "ns_allow": ["kube-system", "monitoring"],
            "label_ignore": "",
        },
        ENVIRON,
    )
    assert policies.chosen is not None
    assert policies.chosen.window.start == datetime(2026, 7, 1, tzinfo=UTC)
    assert policies.policies == PolicyOptions(PolicyType.K8S_NP, ("kube-system", "monitoring"), (), 7)


def test_null_is_as_good_as_absent():
    request = parse_event({"job": "drop-detection", "min_drops": None, "start": None}, ENVIRON)
    assert (request.min_drops, request.chosen and request.chosen.window.start) == (10, None)


def test_an_event_of_an_event_bus_holds_the_request_as_its_detail():
    event = {"version": "0", "detail-type": "theia-sf", "source": "me", "detail": {"job": "current-user"}}
    assert parse_event(event, {}).job is Job.CURRENT_USER


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        (None, "The event is not a JSON object but null."),
        ([], "The event is not a JSON object but a list."),
        ("drop-detection", "The event is not a JSON object but a text."),
        (3, "The event is not a JSON object but a number."),
        ({}, "The event has no 'job'."),
        ({"detail-type": "Scheduled Event", "detail": {}}, "The event has no 'job'."),
        ({"job": "drops"}, "job: 'drops' is none of drop-detection, policy-recommendation, current-user."),
        ({"job": ["drop-detection"]}, r"job: \['drop-detection'\] is none of"),
        ({"job": "drop-detection", "strat": "now-7d"}, "The job drop-detection has no option 'strat'."),
        ({"job": "drop-detection", "limit": 3}, "The job drop-detection has no option 'limit'."),
        ({"job": "current-user", "start": "now-1d"}, "The job current-user has no option 'start'."),
        ({"job": "drop-detection", "user": "ME"}, "The job drop-detection has no option 'user'."),
        ({"job": "drop-detection", "start": 7}, "start: a number where a text is expected."),
        ({"job": "drop-detection", "start": "yesterday"}, "start: 'yesterday' is not a time."),
        ({"job": "drop-detection", "cluster_uuid": "no"}, "cluster_uuid: 'no' is not a UUID."),
        ({"job": "drop-detection", "method": "MAD"}, "method: 'MAD' is none of mad, stdev."),
        ({"job": "drop-detection", "min_drops": 0}, "min_drops: 0 is not a whole number of at least 1."),
        ({"job": "drop-detection", "min_drops": True}, "min_drops: True is not a whole number of at least 1."),
        ({"job": "drop-detection", "min_drops": 1.5}, "min_drops: 1.5 is not a whole number of at least 1."),
        ({"job": "drop-detection", "wait_timeout": "0s"}, "wait_timeout must be longer than zero, got '0s'."),
        ({"job": "policy-recommendation", "limit": -1}, "limit: -1 is not a whole number of at least 0."),
        ({"job": "policy-recommendation", "ns_allow": "A_B"}, "ns_allow: 'A_B' is not the name of a Namespace."),
        ({"job": "policy-recommendation", "ns_allow": [1]}, "ns_allow: a list where a text is expected."),
        (
            {"job": "drop-detection", "start": "now", "end": "now-1d"},
            "The start of the time range .* is not before its end",
        ),
    ],
)
def test_what_is_wrong_is_said_in_the_words_of_the_event(event, sentence):
    with pytest.raises(UsageError, match=sentence) as caught:
        parse_event(event, ENVIRON)
    assert "--" not in caught.value.message + (caught.value.hint or "")


def test_a_misspelt_option_is_told_of_the_right_one():
    with pytest.raises(UsageError) as caught:
        parse_event({"job": "drop-detection", "strat": "now-7d"}, ENVIRON)
    assert caught.value.hint == "Did you mean start?"


def test_without_a_database():
    with pytest.raises(UsageError, match=r"No database is named") as caught:
        parse_event({"job": "drop-detection"}, {})
    assert "THEIA_SF_DATABASE_NAME" in (caught.value.hint or "")
