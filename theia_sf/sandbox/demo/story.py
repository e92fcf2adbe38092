"""What the demo shows, step by step."""

from __future__ import annotations

import json
import secrets
import tempfile
import time
from pathlib import Path
from typing import Final

from theia_sf.errors import TheiaError
from theia_sf.sandbox.demo.runner import Runner, Say, Timing

STEPS: Final = 9
INGESTION_SECONDS: Final = 60  # how long the demo waits for Snowpipe; in the sandbox a file takes about two seconds


def play(policies: Path, *, rows: int, days: int, say: Say) -> list[Timing]:
    """Run the main job from `sandbox start` to `sandbox stop` in a sandbox of its own.

    Args:
        policies: the file that keeps the recommended policies.
        rows: how many flow records to upload.
        days: over how many days they are spread.
        say: prints one line of explanation.

    Returns:
        The steps with their wall times, in order.

    Raises:
        TheiaError: a step failed; the sandbox has been stopped.
    """
    # Resolved before anything runs: a place that cannot be written should cost no time.
    policies = policies.resolve()
    with policies.open("a", encoding="utf-8"):
        pass
    with tempfile.TemporaryDirectory(prefix="theia-sf-demo-") as place:
        runner = Runner(say=say, steps=STEPS)
        runner.use(
            {
                # A user's THEIA_SF_BUCKET_NAME and the like speak of another stack.
                **{name: None for name in runner.environment if name.startswith("THEIA_SF_")},
                "THEIA_SF_SANDBOX_DIR": str(Path(place) / "sandbox"),
                "THEIA_SF_CONTEXT_FILE": str(Path(place) / "context.json"),  # the user's own context stays as it is
            }
        )
        try:
            _main_job(runner, policies, rows=rows, days=days)
        except BaseException:
            runner.say("\nStopping the demo's sandbox.")
            runner.run("sandbox", "stop")
            raise
        return runner.timings


def _main_job(runner: Runner, policies: Path, *, rows: int, days: int) -> None:
    bucket = f"theia-sf-demo-{secrets.token_hex(4)}"
    state: dict[str, str] = {}

    def start() -> None:
        runner.run("sandbox", "start", "--port", "0", "--output", "json")  # beside one that may run already
        runner.use(json.loads(runner.run("sandbox", "env", "--shell", "json", "--key-pair")))

    def prepare() -> None:
        runner.run("create-bucket", "--name", bucket)
        state["key"] = str(runner.run_json("create-kms-key")["key_id"])

    def provision() -> None:
        _print(runner, "onboard", "--bucket-name", bucket, "--key-id", state["key"])
        state["warehouse"] = str(runner.run_json("status")["reader_warehouse_name"])

    def take_down() -> None:
        runner.run("offboard", "--yes")
        runner.run("delete-kms-key", "--key-id", state["key"], "--yes")
        runner.run("delete-bucket", "--name", bucket, "--force", "--yes")

    runner.step("Start the sandbox", "A local AWS, a local Snowflake and the Pulumi providers for both.", start)
    runner.step("Create the state bucket and its key", "Pulumi keeps its state in S3, its secrets under KMS.", prepare)
    runner.step("Provision the pipeline", "S3, SNS, SQS, IAM and Snowflake, by the Pulumi engine.", provision)
    runner.step(
        "Upload flow records",
        "What Antrea's Flow Aggregator writes: gzipped CSV files under flows/.",
        lambda: _print(runner, "sandbox", "flows", "--rows", str(rows), "--days", str(days), "--seed", "1", "--upload"),
    )
    runner.step(
        "Wait until Snowpipe has loaded them",
        "S3 tells a queue, the queue tells the pipe, the pipe runs its COPY.",
        lambda: _wait_for_rows(runner, state["warehouse"], rows),
    )
    runner.step(
        "Recommend NetworkPolicies",
        "One SQL statement makes edges of the flows; the edges become policies.",
        lambda: runner.run("policy-recommendation", stdout=policies),
    )
    runner.step(
        "Detect abnormal drops",
        "Days on which an endpoint had far more flows dropped than on its other days.",
        lambda: _print(runner, "drop-detection"),
    )
    runner.step("Take everything down", "The stack with its data, the key (pending), the state bucket.", take_down)
    runner.step("Stop the sandbox", "Nothing stays behind but the policies.", lambda: runner.run("sandbox", "stop"))


def _wait_for_rows(runner: Runner, warehouse: str, rows: int) -> None:
    until = time.monotonic() + INGESTION_SECONDS
    while True:
        loaded = runner.run_json("status", "--warehouse-name", warehouse)["rows"]
        if loaded >= rows:
            runner.say(f"      {loaded:,} flow records are in the table.")
            return
        if time.monotonic() > until:
            message = f"Only {loaded:,} of {rows:,} flow records arrived within {INGESTION_SECONDS} s."
            raise TheiaError(message)


def _print(runner: Runner, *arguments: str) -> None:
    for line in runner.run(*arguments).rstrip().splitlines():
        runner.say(f"      {line}")
