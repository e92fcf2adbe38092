"""policy-recommendation and drop-detection as commands, over a FLOWS table in memory."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from tests.unit.policies.flow_records import CLUSTER, record
from theia_sf.cli import analysis, main
from theia_sf.errors import ExitCode
from theia_sf.snowflake.sign_in import SignIn


@pytest.fixture
def flows(monkeypatch, memory):
    """Return a function that sets the flows to read, and the list of arguments that the commands opened them with."""
    opened: list[dict[str, object]] = []

    @contextmanager
    def open_flows(**arguments):
        opened.append(arguments)
        yield memory

    monkeypatch.setattr(analysis, "open_flows", open_flows)
    for variable in ("THEIA_SF_OUTPUT", "THEIA_SF_DATABASE_NAME", "THEIA_SF_WAREHOUSE_NAME", "THEIA_SF_CONNECTION"):
        monkeypatch.delenv(variable, raising=False)
    return lambda records: (memory.load(records), opened)[1]


def run(capsys, *arguments):
    code = main.run(list(arguments))
    told = capsys.readouterr()
    return code, told.out, told.err


def test_policies_go_to_stdout_and_the_summary_to_stderr(flows, capsys):
    opened = flows([record(), record(ingressNetworkPolicyRuleAction=2)])
    code, out, err = run(
        capsys,
        "policy-recommendation",
        "--cluster-uuid",
        f"{{{CLUSTER.upper()}}}",
        "--database-name",
        "ANTREA_X",
        "--warehouse-name",
        "WH",
        "--wait-timeout",
        "1m30s",
    )
    assert code == ExitCode.OK
    every = list(yaml.safe_load_all(out))
    assert [one["kind"] for one in every].count("NetworkPolicy") == 2
    assert len(every) == 7
    assert "Read 2 flows: 1 edge, 7 policies." in err
    assert "Left out 1 flow: dropped or rejected." in err
    assert opened == [
        {
            "sign_in": SignIn(),
            "database": "ANTREA_X",
            "warehouse": "WH",
            "timeout_seconds": 90.0,
            "query_tag": "theia-sf policy-recommendation",
        }
    ]


def test_the_forms_of_output(flows, capsys):
    flows([record()])
    arguments = ("policy-recommendation", "--policy-type", "k8s-np", "--output")
    as_json = json.loads(run(capsys, *arguments, "json")[1])
    assert as_json == list(yaml.safe_load_all(run(capsys, *arguments, "yaml")[1]))
    table = run(capsys, *arguments, "table")[1]
    assert [one["metadata"]["name"] in table for one in as_json] == [True, True]


@pytest.mark.parametrize("output", ["yaml", "json", "table"])
def test_nothing_to_recommend(flows, capsys, output):
    flows([])
    code, out, err = run(capsys, "policy-recommendation", "--output", output)
    assert (code, out.strip()) == (ExitCode.OK, "[]" if output == "json" else "")
    assert "Nothing to recommend" in err


def test_flags_of_the_original(flows, capsys):
    flows([record(), record(destinationTransportPort=80)])
    code, _, err = run(
        capsys,
        *("policy-recommendation", "--type", "initial", "--limit", "1", "--policy-type", "anp-deny-all"),
        *(
            "--start",
            "now-7d",
            "--end",
            "now",
            "--start-ts",
            "2026-07-01T00:00:00Z",
            "--end-ts",
            "2026-07-02T00:00:00Z",
        ),
        *(
            "--ns-allow",
            " kube-system , monitoring",
            "--label-ignore",
            "pod-template-hash, x",
            "--udf-version",
            "v0.1.1",
        ),
    )
    assert code == ExitCode.OK
    assert "--udf-version has no effect" in err
    assert "--limit was reached" in err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--cluster-uuid", "nope"], "--cluster-uuid: 'nope' is not a UUID."),
        (["--ns-allow", "a,,b"], "--ns-allow: '' is not the name of a Namespace."),
        (["--label-ignore", "a b"], "--label-ignore: 'a b' is not a label key."),
        (["--start", "yesterday"], "--start: 'yesterday' is not a time."),
        (["--end-ts", "2026-07-01"], "--end-ts: '2026-07-01' is not a time."),
        (["--start", "now-1h", "--end", "now-2h"], "is not before its end"),
        (["--wait-timeout", "soon"], "'soon' is not a duration."),
        (["--wait-timeout", "0s"], "--wait-timeout must be longer than zero"),
        (["--policy-type", "none"], "'none' is not one of"),
        (["--type", "subsequent"], "'subsequent'"),
        (["--limit", "-1"], "'--limit': Input should be greater"),
    ],
)
def test_bad_input_is_one_sentence(flows, capsys, arguments, sentence):
    opened = flows([])
    code, out, err = run(capsys, "policy-recommendation", *arguments)
    assert (code, out, opened) == (ExitCode.USAGE, "", [])
    assert sentence in err.splitlines()[0]
    assert len(err.splitlines()) <= 2


def _drops(count: int, days_ago: int):
    start = (datetime.now(UTC) - timedelta(days=days_ago)).replace(hour=12).isoformat()
    drop = {"flowStartSeconds": start, "flowEndSeconds": start, "ingressNetworkPolicyRuleAction": 3}
    return [{**record(**drop), "destinationPodName": "db-1"}] * count


def test_abnormal_drops(flows, capsys):
    flows([*_drops(5, 5), *_drops(5, 4), *_drops(5, 3), *_drops(80, 2)])
    code, out, err = run(capsys, "drop-detection", "--output", "json")
    assert code == ExitCode.OK
    (only,) = json.loads(out)
    assert list(only) == [
        *("cluster_uuid", "endpoint", "direction", "date", "drops"),
        *("mean", "stdev", "median", "mad", "score"),
    ]
    assert (only["endpoint"], only["direction"], only["drops"]) == ("shop/db-1", "ingress", 80)
    assert "Read 95 flows, 95 of them dropped or rejected." in err
    table = run(capsys, "drop-detection")[1]
    assert "shop/db-1" in table


@pytest.mark.parametrize(("output", "expected"), [("json", "[]"), ("yaml", "[]"), ("table", "")])
def test_no_abnormal_drops(flows, capsys, output, expected):
    flows([record()])
    code, out, err = run(capsys, "drop-detection", "--method", "stdev", "--output", output)
    assert (code, out.strip()) == (ExitCode.OK, expected)
    assert "No abnormal drops were found." in err


@pytest.mark.parametrize(
    "arguments", [["--method", "magic"], ["--min-drops", "0"], ["--start", "x"], ["--type", "periodical"]]
)
def test_bad_input_of_drop_detection(flows, capsys, arguments):
    flows([])
    code, out, err = run(capsys, "drop-detection", *arguments)
    assert (code, out) == (ExitCode.USAGE, "")
    assert len(err.splitlines()) <= 2
