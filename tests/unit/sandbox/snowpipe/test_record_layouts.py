"""What the pipe's COPY makes of hand-written records, run by the sandbox's own executor."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from theia_sf.flows.layouts import LAYOUTS, NUMBER_COLUMNS, TABLE_COLUMNS, TIME_COLUMNS, layout_of

HEAD = (
    "1700000000,1700000060,1700000060,1700000059,3,10.10.0.5,10.10.1.6,44752,8080,6,"
    "823188,30472817041,241333,8982624938,471111,24500996,136211,7083284,"
    "web-5d9c7b,shop,node-1,cart-0,shop,node-2,10.96.12.7"
)
MIDDLE = "8080,shop/cart:http,allow-web,shop,in-1,1,2,allow-out,shop,out-1,1,3,TIME_WAIT,2"
LABELS = '\'{"app":"web","tier":"front"}\',\'{"app":"cart"}\''
TAIL = "15902813472,12381344,15902813473,15902813474,12381345,12381346,7f1c2b3a-1111-4222-8333-444455556666,1700000100"

BY_RELEASE = {
    "1.9": f'{HEAD},{MIDDLE},{{"app":"web","tier":"front"}},{{"app":"cart"}},{TAIL}',
    "1.10": f"{HEAD},{MIDDLE},{LABELS},{TAIL}",
    "1.13": f"{HEAD},{MIDDLE},{LABELS},{TAIL},egress-a,172.18.0.9",
    "1.15": f'{HEAD},{MIDDLE},{LABELS},{TAIL},egress-a,172.18.0.9,http,{{"0":{{"hostname":"a.b","url":"/x,y"}}}}',
    "2.0": f'{HEAD},{MIDDLE},{LABELS},{TAIL},egress-a,172.18.0.9,http,{{"0":{{"hostname":"a.b","url":"/x,y"}}}},node-3',
    "2.6": f"{HEAD},{MIDDLE},{LABELS},{TAIL},egress-a,172.18.0.9,node-3",
    "2.7": f"{HEAD},10.96.12.8,{MIDDLE},{LABELS},{TAIL},egress-a,172.18.0.9,node-3",
}
HTTP = '{"0":{"hostname":"a.b","url":"/x,y"}}'
EXTRAS = {
    "1.9": {},
    "1.10": {},
    "1.13": {"egressName": "egress-a", "egressIP": "172.18.0.9"},
    "1.15": {"egressName": "egress-a", "egressIP": "172.18.0.9", "appProtocolName": "http", "httpVals": HTTP},
    "2.0": {
        "egressName": "egress-a",
        "egressIP": "172.18.0.9",
        "appProtocolName": "http",
        "httpVals": HTTP,
        "egressNodeName": "node-3",
    },
    "2.6": {"egressName": "egress-a", "egressIP": "172.18.0.9", "egressNodeName": "node-3"},
    "2.7": {
        "egressName": "egress-a",
        "egressIP": "172.18.0.9",
        "egressNodeName": "node-3",
        "destinationServiceIP": "10.96.12.8",
    },
}
COMMON = {
    "flowStartSeconds": datetime.fromtimestamp(1700000000, UTC),
    "flowEndSeconds": datetime.fromtimestamp(1700000060, UTC),
    "flowEndSecondsFromSourceNode": datetime.fromtimestamp(1700000060, UTC),
    "flowEndSecondsFromDestinationNode": datetime.fromtimestamp(1700000059, UTC),
    "flowEndReason": 3,
    "sourceIP": "10.10.0.5",
    "destinationIP": "10.10.1.6",
    "sourceTransportPort": 44752,
    "destinationTransportPort": 8080,
    "protocolIdentifier": 6,
    "packetTotalCount": 823188,
    "octetTotalCount": 30472817041,
    "packetDeltaCount": 241333,
    "octetDeltaCount": 8982624938,
    "reversePacketTotalCount": 471111,
    "reverseOctetTotalCount": 24500996,
    "reversePacketDeltaCount": 136211,
    "reverseOctetDeltaCount": 7083284,
    "sourcePodName": "web-5d9c7b",
    "sourcePodNamespace": "shop",
    "sourceNodeName": "node-1",
    "destinationPodName": "cart-0",
    "destinationPodNamespace": "shop",
    "destinationNodeName": "node-2",
    "destinationClusterIP": "10.96.12.7",
    "destinationServicePort": 8080,
    "destinationServicePortName": "shop/cart:http",
    "ingressNetworkPolicyName": "allow-web",
    "ingressNetworkPolicyNamespace": "shop",
    "ingressNetworkPolicyRuleName": "in-1",
    "ingressNetworkPolicyRuleAction": 1,
    "ingressNetworkPolicyType": 2,
    "egressNetworkPolicyName": "allow-out",
    "egressNetworkPolicyNamespace": "shop",
    "egressNetworkPolicyRuleName": "out-1",
    "egressNetworkPolicyRuleAction": 1,
    "egressNetworkPolicyType": 3,
    "tcpState": "TIME_WAIT",
    "flowType": 2,
    "sourcePodLabels": '{"app":"web","tier":"front"}',
    "destinationPodLabels": '{"app":"cart"}',
    "throughput": 15902813472,
    "reverseThroughput": 12381344,
    "throughputFromSourceNode": 15902813473,
    "throughputFromDestinationNode": 15902813474,
    "reverseThroughputFromSourceNode": 12381345,
    "reverseThroughputFromDestinationNode": 12381346,
    "clusterUUID": "7f1c2b3a-1111-4222-8333-444455556666",
    "timeInserted": datetime.fromtimestamp(1700000100, UTC),
}


def expected(release: str) -> dict[str, Any]:
    return dict.fromkeys(TABLE_COLUMNS) | COMMON | EXTRAS[release]


def flow(row: dict[str, Any]) -> dict[str, Any]:
    return {column: row[column] for column in TABLE_COLUMNS}


def is_rejected(row: dict[str, Any], line: str) -> bool:
    return row["rejectedRecord"] == line and not any(row[column] is not None for column in TABLE_COLUMNS)


@pytest.mark.parametrize("release", BY_RELEASE)
def test_every_column_of_every_layout(flows, release):
    [row] = flows.load(BY_RELEASE[release])
    assert flow(row) == expected(release)
    assert row["rejectedRecord"] is None


@pytest.mark.parametrize("compress", [False, True])
def test_all_layouts_in_one_file(flows, compress):
    rows = flows.load(*BY_RELEASE.values(), compress=compress)
    assert [flow(row) for row in rows] == [expected(release) for release in BY_RELEASE]
    assert [row["sourceFileRow"] for row in rows] == list(range(1, len(BY_RELEASE) + 1))
    assert {row["sourceFile"] for row in rows} == {"flows/records-abc.csv"}
    assert all(row["loadedAt"] is not None for row in rows)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: f"{layout.since[0]}.{layout.since[1]}")
def test_empty_text_is_null_and_missing_numbers_are_zero(flows, layout):
    [row] = flows.load(layout.record({"sourceIP": "10.0.0.1", "destinationIP": "fe80::1"}))
    assert row["rejectedRecord"] is None
    assert {c for c in TABLE_COLUMNS if row[c] is not None} == (
        TIME_COLUMNS | NUMBER_COLUMNS | {"sourceIP", "destinationIP"}
    )
    assert {row[c] for c in NUMBER_COLUMNS} == {0}
    assert {row[c] for c in TIME_COLUMNS} == {datetime.fromtimestamp(0, UTC)}


LABEL_TEXTS = {
    "quote": {"note": "it's 'quoted'"},
    "comma": {"a": "1,2,3", "b": "','"},
    "braces": {"a": "{x}", "b": "}'"},
    "unicode": {"app": "café ☕ 𝄞"},
    "hash": {"app": "#1"},
    "backslash": {"path": "C:\\new\\table", "q": 'say "hi"'},
    "looks like the tail": {"a": "',1,2,3,4,5,6,uuid,7"},
    "looks like both": {"a": '\',\'{"b":"c"}\',1,2,3,4,5,6,x,7'},
    "carriage return": {"a": "x\r\ny"},
    "empty key": {"": ""},
}


@pytest.mark.parametrize("labels", LABEL_TEXTS.values(), ids=LABEL_TEXTS)
@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: f"{layout.since[0]}.{layout.since[1]}")
def test_labels_with_any_content(flows, layout, labels):
    text = json.dumps(labels, separators=(",", ":"), ensure_ascii=False)
    values = {"sourceIP": "10.0.0.1", "destinationIP": "10.0.0.2", "clusterUUID": "c"}
    [first, second] = flows.load(
        layout.record(values | {"sourcePodLabels": text, "destinationPodLabels": "{}"}),
        layout.record(values | {"sourcePodLabels": "null", "destinationPodLabels": text}),
    )
    assert (first["sourcePodLabels"], first["destinationPodLabels"]) == (text, "{}")
    assert (second["sourcePodLabels"], second["destinationPodLabels"]) == ("null", text)
    assert first["clusterUUID"] == second["clusterUUID"] == "c"
    assert first["rejectedRecord"] is second["rejectedRecord"] is None


HTTP_TEXTS = {
    "commas and quotes": '{"1":{"url":"/a,b?c=\'d\'","ua":"curl/8 \\"x\\""}}',
    "two transactions": '{"0":{"status":200,"length":12},"1":{"status":404,"length":0}}',
    "like the end of a record": '{"0":{"url":"/},node-9"}}',
    "like labels and tail": '{"0":{"url":"\',\'{}\',1,2,3,4,5,6,x,7,e,1.1.1.1"}}',
}


@pytest.mark.parametrize("http", HTTP_TEXTS.values(), ids=HTTP_TEXTS)
@pytest.mark.parametrize("release", [(1, 15), (2, 0)])
def test_layer_seven_records(flows, release, http):
    values = {"sourceIP": "10.0.0.1", "destinationIP": "10.0.0.2", "appProtocolName": "http", "httpVals": http}
    [row] = flows.load(layout_of(release).record(values | {"egressNodeName": "node-1", "timeInserted": 5}))
    assert row["httpVals"] == http
    assert row["appProtocolName"] == "http"
    assert row["egressNodeName"] == ("node-1" if release == (2, 0) else None)
    assert row["timeInserted"] == datetime.fromtimestamp(5, UTC)


def test_windows_line_ends(flows):
    flows.load_bytes("\r\n".join([*BY_RELEASE.values(), ""]).encode())
    assert [flow(row) for row in flows.rows()] == [expected(release) for release in BY_RELEASE]


def test_the_last_record_needs_no_line_end(flows):
    flows.load_bytes(BY_RELEASE["2.7"].encode())
    assert [flow(row) for row in flows.rows()] == [expected("2.7")]


def test_blank_lines_are_no_records(flows):
    outcome = flows.load_bytes(f"\n\n{BY_RELEASE['2.6']}\n\n{BY_RELEASE['2.7']}\n".encode())
    assert (outcome.rows_parsed, outcome.rows_loaded) == (2, 2)
    assert [flow(row) for row in flows.rows()] == [expected("2.6"), expected("2.7")]


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"\n\n\n", gzip.compress(b"")],
    ids=["nothing", "a blank line", "blank lines", "gzip of nothing"],
)
def test_a_file_without_records(flows, content):
    outcome = flows.load_bytes(content)
    assert (outcome.rows_loaded, outcome.error) == (0, None)


def test_counters_up_to_the_largest(flows):
    [row] = flows.load(BY_RELEASE["2.7"].replace("823188", str(2**64 - 1)).replace("15902813472", str(2**64 - 1)))
    assert row["packetTotalCount"] == row["throughput"] == 2**64 - 1


def test_a_label_of_one_megabyte(flows):
    text = json.dumps({"app": "x" * 1_000_000}, separators=(",", ":"))
    [row] = flows.load(BY_RELEASE["2.7"].replace('{"app":"cart"}', text))
    assert row["destinationPodLabels"] == text
    assert row["egressNodeName"] == "node-3"


def test_bytes_that_are_not_utf8_are_replaced(flows):
    flows.load_bytes(BY_RELEASE["2.7"].encode().replace(b"cart-0", b"cart-\xff\xfe0") + b"\n")
    [row] = flows.rows()
    assert row["destinationPodName"] == "cart-\ufffd\ufffd0"


def test_nul_bytes_stay(flows):
    [row] = flows.load(BY_RELEASE["2.7"].replace("cart-0", "cart\0-0"))
    assert row["destinationPodName"] == "cart\0-0"


UNREADABLE = {
    "ten columns": "1,2,3,4,5,6,7,8,9,10",
    "html": "<html><body><h1>503 Service Unavailable</h1></body></html>",
    "blanks": "   ",
    "one column too few": BY_RELEASE["1.10"].rpartition(",")[0],
    "fifty columns": BY_RELEASE["1.10"] + ",x",
    "one column too many": BY_RELEASE["2.7"] + ",x",
    "mixture of 2.7 and 1.13": BY_RELEASE["2.7"].rpartition(",")[0],
    "negative counter": BY_RELEASE["2.7"].replace("823188", "-1"),
    "negative time": BY_RELEASE["2.7"].replace("1700000000", "-1"),
    "fraction": BY_RELEASE["2.7"].replace("823188", "823188.5"),
    "exponent": BY_RELEASE["2.7"].replace("823188", "8e5"),
    "counter beyond twenty digits": BY_RELEASE["2.7"].replace("823188", "1" * 21),
    "empty counter": BY_RELEASE["2.7"].replace("823188", ""),
    "empty time": BY_RELEASE["2.7"].replace("1700000060,", ",", 1),
    "time as a date": BY_RELEASE["2.7"].replace("1700000000", "2023-11-14"),
    "time in milliseconds": BY_RELEASE["2.7"].replace("1700000000", "1700000000000"),
    "no source address": BY_RELEASE["2.7"].replace("10.10.0.5", ""),
    "no destination address": BY_RELEASE["2.7"].replace("10.10.1.6", ""),
    "text for a port": BY_RELEASE["2.7"].replace("44752", "http"),
    "labels without an end": BY_RELEASE["2.7"].replace('{"app":"cart"}', '{"app":"cart'),
    "truncated": BY_RELEASE["2.7"][:250],
}


@pytest.mark.parametrize("line", UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_not_a_record_is_kept_whole(flows, line):
    before, rejected, after = flows.load(BY_RELEASE["2.6"], line, BY_RELEASE["2.7"])
    assert is_rejected(rejected, line)
    assert (rejected["sourceFile"], rejected["sourceFileRow"]) == ("flows/records-abc.csv", 2)
    assert rejected["loadedAt"] is not None
    assert (flow(before), flow(after)) == (expected("2.6"), expected("2.7"))


@pytest.mark.parametrize("cut", [5, 30, 200])
def test_a_truncated_gzip_loads_nothing(flows, cut):
    noise = "".join(random.Random(1).choices("0123456789,", k=500))
    content = gzip.compress("\n".join([*BY_RELEASE.values(), noise]).encode())
    outcome = flows.load_bytes(content[:-cut])
    assert outcome.error is not None
    assert outcome.error.startswith("Invalid data encountered during decompression for file: 'flows/records-abc.csv'")
    assert flows.rows() == []


def test_gzip_with_a_wrong_checksum_loads_nothing(flows):
    content = bytearray(gzip.compress(BY_RELEASE["2.7"].encode()))
    content[-6] ^= 0xFF
    assert flows.load_bytes(bytes(content)).rows_loaded == 0
    assert flows.rows() == []


FUZZ = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
LINE = st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]), max_size=200)


@FUZZ
@given(lines=st.lists(LINE, min_size=1, max_size=20))
def test_any_text_is_kept_whole(shared_flows: Callable[[], Any], lines):
    rows = shared_flows().load("1", *lines)
    kept = [line for line in lines if line]
    assert [row["rejectedRecord"] for row in rows] == ["1", *kept]
    assert all(is_rejected(row, line) for row, line in zip(rows, ["1", *kept], strict=True))


@FUZZ
@given(
    line=st.sampled_from(list(BY_RELEASE.values())),
    start=st.integers(0, 600),
    length=st.integers(0, 20),
    text=st.text(st.sampled_from("0123456789,'\"{}[]:.\\ax-"), max_size=8),
)
def test_a_damaged_record_is_read_or_kept_whole(shared_flows: Callable[[], Any], line, start, length, text):
    damaged = line[:start] + text + line[start + length :]
    [row] = shared_flows().load(damaged)
    if row["rejectedRecord"] is not None:
        assert is_rejected(row, damaged)
    else:
        assert written_again(row, damaged) == damaged


TEXT = st.text(st.characters(exclude_characters="\n\r,", exclude_categories=["Cs"]), max_size=12)
TAIL_TEXT = st.text(st.characters(exclude_characters="\n\r,{}", exclude_categories=["Cs"]), max_size=12)
MAPS = st.dictionaries(st.text(max_size=8), st.text(max_size=12), max_size=4).map(
    lambda value: json.dumps(value, separators=(",", ":"))
)


@FUZZ
@given(data=st.data(), layout=st.sampled_from(LAYOUTS))
def test_any_record_is_loaded_exactly(shared_flows: Callable[[], Any], data, layout):
    values: dict[str, Any] = {}
    for column in layout.columns:
        if column in TIME_COLUMNS:
            values[column] = data.draw(st.integers(0, 2**32 - 1))
        elif column in NUMBER_COLUMNS:
            digits = 255 if column.endswith(("Action", "Type", "Reason", "Identifier")) else 65535
            values[column] = data.draw(st.integers(0, digits if not column.endswith("Count") else 2**64 - 1))
        elif column in {"sourceIP", "destinationIP"}:
            values[column] = str(data.draw(st.ip_addresses()))
        elif column == "destinationServiceIP":
            values[column] = str(data.draw(st.one_of(st.just(""), st.ip_addresses())))
        elif column.endswith("Labels"):
            values[column] = data.draw(st.one_of(MAPS, st.sampled_from(["", "null"])))
        elif column == "httpVals":
            values[column] = data.draw(st.one_of(MAPS, st.just("")))
        else:
            values[column] = data.draw(TEXT if column in layout.columns[:39] else TAIL_TEXT)
    line = layout.record(values)
    [row] = shared_flows().load(line)
    assert row["rejectedRecord"] is None
    assert written_again(row, line, layout) == line


def written_again(row: dict[str, Any], line: str, layout: Any = None) -> str | None:
    """The record that the row was made from: of the layouts, the one that gives the line."""
    values = {column: "" if row[column] is None else row[column] for column in TABLE_COLUMNS}
    for column in TIME_COLUMNS:
        values[column] = int(values[column].timestamp())
    written = [candidate.record(values) for candidate in ([layout] if layout else LAYOUTS)]
    return line if line in written else next((text for text in written if same(text, line)), None) and line


def same(one: str, other: str) -> bool:
    """Equal but for zeros before numbers."""
    return [part.lstrip("0") for part in one.split(",")] == [part.lstrip("0") for part in other.split(",")]
