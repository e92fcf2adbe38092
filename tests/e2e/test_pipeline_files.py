"""Good, damaged and foreign files: what a user sees of each."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable

from tests.e2e.conftest import Stack
from theia_sf.sandbox.flows import FlowOptions, generate


def flows(rows: int, seed: int) -> bytes:
    (file,) = generate(FlowOptions(rows=rows, days=1, seed=seed))
    return file.content


def test_a_file_is_visible_within_two_seconds(stack: Stack) -> None:
    before = stack.query("SELECT COUNT(*) FROM FLOWS")[0][0]
    stack.upload("records-visibility00.csv.gz", flows(100, 11))
    started = time.monotonic()
    stack.wait("SELECT COUNT(*) FROM FLOWS", before + 100, seconds=10)
    # Two seconds on an idle machine; other tests may share the cores.
    assert time.monotonic() - started < 5


def test_a_file_that_arrives_twice_is_loaded_once(stack: Stack) -> None:
    before = stack.query("SELECT COUNT(*) FROM FLOWS")[0][0]
    content = flows(50, 12)
    stack.upload("records-deliveredtwo.csv.gz", content)
    stack.upload("records-deliveredtwo.csv.gz", content)
    stack.upload("records-afterwards00.csv.gz", flows(10, 13))
    stack.wait("SELECT COUNT(*) FROM FLOWS WHERE sourceFile LIKE '%afterwards00%'", 10)
    assert stack.query("SELECT COUNT(*) FROM FLOWS")[0][0] == before + 60


def test_lines_that_are_no_records_are_kept_and_shown(stack: Stack, gz: Callable[[str], bytes]) -> None:
    good = gzip.decompress(flows(3, 14)).decode()
    label = '{"app":"' + "x" * 1_000_000 + '"}'
    fields = good.splitlines()[0].split("'")
    long_label = f"{fields[0]}'{label}'{fields[2]}'{fields[3]}'{fields[4]}"
    stack.upload(
        "records-foreignlines.csv.gz", gz(f"<html>no flows here</html>\n{good}1,2,3,4,5,6,7,8,9,10\n{long_label}\n")
    )
    stack.wait("SELECT COUNT(*) FROM FLOWS WHERE sourceFile LIKE '%foreignlines%'", 6)
    assert stack.query(
        "SELECT sourceFileRow, rejectedRecord FROM REJECTED_FLOWS WHERE sourceFile LIKE '%foreignlines%' ORDER BY 1"
    ) == [(1, "<html>no flows here</html>"), (5, "1,2,3,4,5,6,7,8,9,10")]
    assert stack.query("SELECT MAX(LENGTH(sourcePodLabels)) FROM FLOWS") == [(len(label),)]
    shown = [e for e in stack.cli.json("ingestion", "errors") if "foreignlines" in e["file"]]
    assert [(e["kind"], e["row"]) for e in sorted(shown, key=lambda e: e["row"])] == [("record", 1), ("record", 5)]


def test_a_damaged_file_notifies_and_can_be_loaded_again(stack: Stack) -> None:
    name = "records-truncated000.csv.gz"
    whole = flows(500, 15)
    stack.upload(name, whole[: len(whole) // 2])
    until = time.monotonic() + 20
    arn = stack.outputs["sqs_queue_arn"]
    while not (message := stack.cli.run("receive-sqs-message", "--queue-arn", arn, check=True).stdout):
        assert time.monotonic() < until
    assert name in json.dumps(message)
    assert any(e["kind"] == "file" and name in e["file"] for e in stack.cli.json("ingestion", "errors"))

    stack.upload(name, whole)
    stack.cli.run("ingestion", "retry", check=True)
    stack.wait("SELECT COUNT(*) FROM FLOWS WHERE sourceFile LIKE '%truncated000%'", 500)
    stack.cli.run("ingestion", "retry", check=True)
    assert stack.query("SELECT COUNT(*) FROM FLOWS WHERE sourceFile LIKE '%truncated000%'") == [(500,)]


def test_an_object_deleted_by_hand_is_seen_and_restored(stack: Stack) -> None:
    plan = stack.cli.json("plan")
    assert plan.pop("same") > 40
    assert plan == {"create": 0, "update": 0, "replace": 0, "delete": 0, "changes": []}
    sqs = stack.sandbox.aws.client("sqs")
    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName=stack.outputs["bucket_name"])["QueueUrl"])
    stack.query("DROP PIPE FLOWPIPE")

    planned = stack.cli.run("plan", "--exit-code", "--output", "json")
    assert planned.returncode == 4
    created = {c["type"] for c in json.loads(planned.stdout)["changes"] if c["operation"] == "create"}
    assert {"aws:sqs/queue:Queue", "snowflake:index/pipe:Pipe"} <= created

    before = stack.query("SELECT COUNT(*) FROM FLOWS")[0][0]
    stack.cli.run("onboard", "--bucket-name", stack.state_bucket, "--key-id", stack.key, check=True)
    assert stack.cli.json("plan")["changes"] == []
    stack.upload("records-afterrestore.csv.gz", flows(20, 16))
    stack.wait("SELECT COUNT(*) FROM FLOWS WHERE sourceFile LIKE '%afterrestore%'", 20)
    assert stack.query("SELECT COUNT(*) FROM FLOWS")[0][0] == before + 20
