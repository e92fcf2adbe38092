"""The commands of `theia-sf flows` over flows in memory: what they print, and what they refuse before they sign in."""

from __future__ import annotations

import csv
import io
import json
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from theia_sf.cli import analysis, flow_lines, main, waiting
from theia_sf.errors import ExitCode
from theia_sf.flows.records import FIELDS

A, B = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
HOUR = ("--start", "2026-07-01T10:00:00Z", "--end", "2026-07-01T11:00:00Z")
ENDED = datetime(2026, 7, 1, 10, 30, tzinfo=UTC)


def record(**values):
    return {
        "flowStartSeconds": ENDED.isoformat(),
        "flowEndSeconds": ENDED.isoformat(),
        "sourcePodNamespace": "shop",
        "sourcePodName": "web-1",
        "sourceIP": "10.0.0.1",
        "destinationPodNamespace": "shop",
        "destinationPodName": "db-1",
        "destinationIP": "10.0.0.2",
        "destinationTransportPort": 5432,
        "protocolIdentifier": 6,
        "octetDeltaCount": 1_000_000,
        "reverseOctetDeltaCount": 500_000,
        "packetDeltaCount": 1000,
        "reversePacketDeltaCount": 234,
        "ingressNetworkPolicyRuleAction": 0,
        "egressNetworkPolicyRuleAction": 0,
        "clusterUUID": A,
        "sourceFile": "f",
        "loadedAt": datetime.now(UTC).isoformat(),
    } | values


@pytest.fixture
def flows(load, monkeypatch):
    """Return a function that makes records the flows that the commands see."""

    def put(records):
        numbered = [{"sourceFileRow": number} | one for number, one in enumerate(records)]
        source = load(numbered)

        @contextmanager
        def open_flows(**_):
            yield source

        monkeypatch.setattr(analysis, "open_flows", open_flows)
        return numbered

    return put


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    code = main.run(["flows", *arguments])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_top_as_a_table(flows, capsys):
    flows([record(), record(ingressNetworkPolicyRuleAction=2, sourcePodName="web-2")])
    code, out, err = run(capsys, "top", *HOUR)
    assert code == ExitCode.OK
    assert "Pods by bytes, 2026-07-01T10:00:00Z to 2026-07-01T11:00:00Z" in out
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in out.splitlines() if line.startswith("│")]
    trend = "▁" * 12 + "█" + "▁" * 11
    assert rows == [
        ["Pod", "Bytes", "Packets", "Flows", "Denied", "Share", "Trend"],
        ["shop/db-1", "3.0 MB", "2,468", "2", "1", "100.0%", trend],
        ["shop/web-1", "1.5 MB", "1,234", "1", "0", "50.0%", trend],
        ["shop/web-2", "1.5 MB", "1,234", "1", "1", "50.0%", trend],
    ]
    assert err == "Read 2 flows, 1 of them denied: 3.0 MB in 2,468 packets.\n"


def test_top_names_the_clusters_where_there_are_several(flows, capsys):
    flows([record(), record(clusterUUID=B)])
    _, out, _ = run(capsys, "top", "namespaces", *HOUR)
    assert A in out
    assert B in out
    _, out, _ = run(capsys, "top", "namespaces", *HOUR, "--cluster-uuid", A)
    assert A not in out
    assert "Cluster" not in out


@pytest.mark.parametrize("width", [70, 100])
def test_top_fits_into_a_narrow_terminal(flows, capsys, monkeypatch, width):
    monkeypatch.setattr(flow_lines, "terminal_width", lambda: width)
    flows([record(), record(clusterUUID=B)])
    _, out, _ = run(capsys, "top", *HOUR, "--by", "packets")
    assert "1,234" in out  # what was asked for
    assert all(len(line) <= width for line in out.splitlines() if line.startswith("│"))


def test_top_for_programs(flows, capsys):
    flows([record()])
    expected = {
        "name": "shop/db-1",
        "cluster_uuid": A,
        "bytes": 1_500_000,
        "packets": 1234,
        "flows": 1,
        "denials": 0,
        "share": 1,
        "trend": [0] * 12 + [1_500_000] + [0] * 11,
    }
    _, out, _ = run(capsys, "top", *HOUR, "--limit", "1", "--output", "json")
    assert json.loads(out) == [expected]
    _, out, _ = run(capsys, "top", *HOUR, "--limit", "1", "--output", "yaml")
    assert yaml.safe_load(out) == [expected]
    _, out, _ = run(capsys, "top", *HOUR, "--limit", "1", "--output", "csv")
    (row,) = csv.DictReader(io.StringIO(out, newline=""))
    assert list(row) == list(expected)
    assert json.loads(row["trend"]) == expected["trend"]
    assert (row["name"], row["bytes"]) == ("shop/db-1", "1500000")


def test_top_of_nothing(flows, capsys):
    flows([record()])
    code, out, err = run(capsys, "top", "services", *HOUR)
    assert (code, out) == (ExitCode.OK, "")
    assert "There are no services to show." in err
    assert run(capsys, "top", "services", *HOUR, "-o", "json")[1] == "[]\n"
    assert run(capsys, "top", "services", *HOUR, "-o", "csv")[1].startswith("name,cluster_uuid,bytes")


def test_tail_once(flows, capsys):
    flows([record(), record(clusterUUID=B, flowEndSeconds=(ENDED + timedelta(seconds=1)).isoformat())])
    code, out, _ = run(capsys, "tail", "--no-follow")
    first, second = out.splitlines()
    assert code == ExitCode.OK
    assert first == "2026-07-01T10:30:00Z  shop/web-1 → shop/db-1:5432/TCP  1.0 MB ↔ 500.0 kB  none"
    assert second.startswith("2026-07-01T10:30:01Z  22222222  shop/web-1")
    assert run(capsys, "tail", "--no-follow", "--lines", "1")[1].count("\n") == 1
    assert run(capsys, "tail", "--no-follow", "--cluster-uuid", A)[1].count("\n") == 1


def test_tail_follows_what_arrives_until_its_time_is_over(flows, load, capsys, monkeypatch):
    before = flows([record()])
    pauses = []

    def wait(seconds):
        pauses.append(seconds)
        if len(pauses) == 1:
            load([*before, record(sourcePodName="web-9", sourceFileRow=7)])
        clock[0] += seconds

    clock = [0.0]
    monkeypatch.setattr(waiting, "sleep_while_read", wait)
    monkeypatch.setattr("theia_sf.cli.flows_tail.time.monotonic", lambda: clock[0])
    code, out, err = run(capsys, "tail", "--interval", "20s", "--duration", "50s", "--output", "json")
    assert code == ExitCode.OK
    assert pauses == [20, 20, 10]
    rows = [json.loads(line) for line in out.splitlines()]
    assert [row["source"] for row in rows] == ["shop/web-1", "shop/web-9"]
    assert all(tuple(row) == FIELDS for row in rows)
    assert "Looking every 20 s" in err


def test_tail_as_csv_and_yaml(flows, capsys):
    flows([record(destinationServicePortName="=cmd|' /C calc'!A0")])
    _, out, _ = run(capsys, "tail", "--no-follow", "--output", "csv")
    (row,) = csv.DictReader(io.StringIO(out, newline=""))
    assert tuple(row) == FIELDS
    assert (row["source"], row["bytes"], row["service"]) == ("shop/web-1", "1000000", "'=cmd|' /C calc'!A0")
    _, out, _ = run(capsys, "tail", "--no-follow", "--output", "yaml")
    assert [document["source"] for document in yaml.safe_load_all(out)] == ["shop/web-1"]


def test_show_as_tables(flows, capsys):
    flows([record(ingressNetworkPolicyRuleAction=2, ingressNetworkPolicyType=1)])
    code, out, err = run(capsys, "show", "shop/web-1", "shop/db-1", *HOUR)
    assert (code, err) == (ExitCode.OK, "")
    for shown in ("Connections", "Ports", "Network policies", "K8sNetworkPolicy:(isolation)", "States", "Nodes"):
        assert shown in out
    last = "2026-07-01T10:30:00Z  shop/web-1 → shop/db-1:5432/TCP  1.0 MB ↔ 500.0 kB"
    assert out.splitlines()[-1] == f"{last}  drop by ingress K8sNetworkPolicy:(isolation)"


@pytest.mark.parametrize("width", [110, 150])
def test_show_fits_into_a_narrow_terminal(flows, capsys, monkeypatch, width):
    monkeypatch.setattr(flow_lines, "terminal_width", lambda: width)
    flows([record(), record(clusterUUID=B)])
    _, out, _ = run(capsys, "show", "shop/web-1", "shop/db-1", *HOUR)
    assert all(len(line) <= width for line in out.splitlines() if line.startswith("│"))


def test_show_for_programs(flows, capsys):
    flows([record()])
    _, out, _ = run(capsys, "show", "shop/web-1", "shop/", *HOUR, "--output", "json")
    found = json.loads(out)
    assert (found["source"], found["destination"]) == ("shop/web-1", "shop/")
    assert found["start"] == "2026-07-01T10:00:00+00:00"
    assert [part["flows"] for part in found["connections"]] == [1]
    assert [row["source"] for row in found["records"]] == ["shop/web-1"]
    _, out, _ = run(capsys, "show", "shop/web-1", "shop/", *HOUR, "--output", "csv")
    (row,) = csv.DictReader(io.StringIO(out, newline=""))
    assert json.loads(row["connections"])[0]["bytes"] == 1_000_000


def test_show_of_nothing_says_what_is_known(flows, capsys):
    flows([record()])
    code, out, err = run(capsys, "show", "shop/web-2", "shop/db-1", *HOUR)
    assert (code, out) == (ExitCode.OK, "")
    assert "There are no flows between shop/web-2 and shop/db-1" in err
    assert "Similar: shop/web-1." in err
    assert json.loads(run(capsys, "show", "shop/web-2", "shop/db-1", *HOUR, "-o", "json")[1])["connections"] == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["top", "peers"], "'peers' is not one of"),
        (["top", "--by", "size"], "'size' is not one of"),
        (["top", "--namespace", "Shop!"], "'Shop!' is not the name of a Namespace."),
        (["top", "--start", "yesterday"], "--start: 'yesterday' is not a time."),
        (["top", "--start", "now", "--end", "now-1h"], "is not before its end"),
        (["top", "--limit", "0"], "--limit"),
        (["top", "--cluster-uuid", "x"], "'x' is not a UUID"),
        (["top", "--wait-timeout", "0"], "--wait-timeout"),
        (["top", "--output", "xml"], "'xml' is not one of"),
        (["tail", "--pod", "a/b/c"], "'a/b' is not the name of a Namespace."),
        (["tail", "--action", "deny"], "'deny' is not one of"),
        (["tail", "--interval", "0s"], "--interval must be longer than zero"),
        (["tail", "--duration", "soon"], "'soon' is not a duration."),
        (["tail", "--since", "2999-01-01T00:00:00Z"], "is in the future"),
        (["tail", "--lines", "-1"], "--lines"),
        (["show", "shop/web"], "Missing argument 'destination'"),
        (["show", "web", "shop/db"], "'web' is not an end of a connection."),
        (["show", "service:a/b", "service:a/c"], "Both ends are Services"),
        (["show", "fd00::/8", "shop/"], "only IPv4 networks"),
    ],
)
def test_bad_input_is_told_before_anything_is_opened(capsys, monkeypatch, arguments, sentence):
    monkeypatch.setattr(analysis, "open_flows", None)
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (ExitCode.USAGE, "")
    assert sentence in err
    assert "Hint: " in err
