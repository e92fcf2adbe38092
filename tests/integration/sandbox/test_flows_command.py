"""`theia-sf sandbox flows`: files on disk, or in the sandbox's bucket and nowhere else."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


def _flows(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "theia_sf", "sandbox", "flows", "--output", "json", *arguments]
    return subprocess.run(program, capture_output=True, text=True, check=False, env=environment)


@pytest.fixture
def bucket(sandbox: Any) -> Iterator[str]:
    name = f"antrea-flows-{uuid.uuid4().hex[:16]}"
    s3 = sandbox.aws.client("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    yield name
    for item in s3.list_objects_v2(Bucket=name).get("Contents", []):
        s3.delete_object(Bucket=name, Key=item["Key"])
    s3.delete_bucket(Bucket=name)


def test_files_are_written(sandbox: Any, tmp_path: Path) -> None:
    done = _flows(sandbox.environment(), "--rows", "30", "--days", "3", "--directory", str(tmp_path / "new"))
    assert done.returncode == 0
    told = json.loads(done.stdout)
    assert [file["records"] for file in told] == [10, 10, 10]
    lines = [line for file in told for line in gzip.decompress(Path(file["file"]).read_bytes()).splitlines()]
    assert len(lines) == 30


def test_upload_goes_to_the_sandbox_whatever_the_environment_says(sandbox: Any, bucket: str) -> None:
    environment = {**sandbox.environment(), "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_PROFILE": "production"}
    done = _flows(environment, "--rows", "20", "--days", "1", "--upload", "--bucket-name", bucket)
    assert done.returncode == 0, done.stderr
    (told,) = json.loads(done.stdout)
    key = told["file"].removeprefix(f"s3://{bucket}/")
    content = sandbox.aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    assert key.startswith("flows/records-")
    assert len(gzip.decompress(content).splitlines()) == told["records"] == 20


def test_of_several_buckets_the_contexts_is_taken(sandbox: Any, bucket: str, tmp_path: Path) -> None:
    other = f"antrea-flows-{uuid.uuid4().hex[:16]}"
    sandbox.aws.client("s3").create_bucket(Bucket=other, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    file = tmp_path / "context.json"
    environment = {**sandbox.environment(), "THEIA_SF_CONTEXT_FILE": str(file)}
    database = bucket.replace("antrea-flows-", "ANTREA_").upper()
    stack = {"stack_name": "s", "bucket_name": "b", "bucket_prefix": "p", "bucket_region": None, "region": "us-west-2"}
    stack |= {"key_id": None, "key_region": None, "database_name": database}
    file.write_text(json.dumps({**stack, "identity": {"aws_endpoint": sandbox.env["AWS_ENDPOINT_URL"]}}))
    arguments = ("--rows", "20", "--days", "1", "--upload")
    done = _flows(environment, *arguments)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["file"].startswith(f"s3://{bucket}/flows/")
    file.write_text(json.dumps({**stack, "identity": {"aws_endpoint": "https://elsewhere"}}))
    done = _flows(environment, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "The sandbox has several flows buckets" in done.stderr
    sandbox.aws.client("s3").delete_bucket(Bucket=other)


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["--rows", "0"], 2, "The number of rows must be at least 1, not 0."),
        (["--antrea", "latest"], 2, "'latest' is not an Antrea release."),
        (
            ["--upload", "--bucket-name", "no-such-bucket"],
            2,
            "Error: The sandbox has no bucket no-such-bucket.\nHint: ",
        ),
    ],
)
def test_bad_input_is_one_sentence(sandbox: Any, arguments: list[str], code: int, sentence: str) -> None:
    done = _flows(sandbox.environment(), *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
