"""Every bad input gets one clear sentence, a hint where there is one, and its documented exit code."""

from __future__ import annotations

import socket

import pytest

from tests.e2e.conftest import Cli, Sandbox

NO_CREDENTIALS = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}
FLAGS = ("--database-name", "ANTREA_NOWHERE")


def refused(cli: Cli, *arguments: str, code: int, env: dict[str, str | None] | None = None) -> str:
    """Runs a command that must fail; returns its one sentence."""
    done = cli.run(*arguments, env=env)
    errors = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert done.returncode == code, done.stderr
    assert len(errors) == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    return errors[0].removeprefix("Error: ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--start-ts", "2026-02-01T00:00:00Z", "--end-ts", "2026-01-01T00:00:00Z"), "before"),
        (("--start", "yesterday"), "yesterday"),
        (("--start-ts", "2026-13-01T00:00:00Z"), "2026-13-01T00:00:00Z"),
        (("--cluster-uuid", "not-a-uuid"), "not-a-uuid"),
        (("--label-ignore", "app,,"), "--label-ignore"),
        (("--label-ignore", "app,a b"), "a b"),
        (("--ns-allow", "kube_system"), "kube_system"),
        (("--wait-timeout", "5 minutes"), "5 minutes"),
        (("--policy-type", "calico"), "calico"),
        (("--type", "subsequent"), "subsequent"),
        (("--limit", "-3"), "--limit"),
        (("--database-name", "x; DROP DATABASE y"), "x; DROP DATABASE y"),
    ],
)
def test_what_a_recommendation_is_asked_for(cli: Cli, arguments: tuple[str, ...], said: str) -> None:
    assert said in refused(cli, "policy-recommendation", *FLAGS, *arguments, code=2)


def test_unknown_database(cli: Cli) -> None:
    assert "ANTREA_NOWHERE" in refused(cli, "policy-recommendation", *FLAGS, code=2)


def test_no_aws_credentials(cli: Cli) -> None:
    assert "credentials" in refused(cli, "create-bucket", code=3, env=NO_CREDENTIALS)


def test_no_snowflake_account(cli: Cli) -> None:
    assert "Snowflake" in refused(cli, "drop-detection", *FLAGS, code=3, env={"SNOWFLAKE_ACCOUNT": None})


def test_wrong_password(cli: Cli) -> None:
    env: dict[str, str | None] = {"SNOWFLAKE_PASSWORD": "hunter2-wrong"}
    assert "refused" in refused(cli, "drop-detection", *FLAGS, code=3, env=env)
    bucket = "theia-sf-e2e-wrong-password"
    cli.run("create-bucket", "--name", bucket, check=True)
    assert "refused" in refused(cli, "onboard", "--bucket-name", bucket, code=3, env=env)
    assert "hunter2-wrong" not in "".join(cli.seen)


def test_unknown_region(cli: Cli) -> None:
    assert "us-middle-7" in refused(cli, "create-bucket", "--region", "us-middle-7", code=2)


def test_missing_bucket(cli: Cli) -> None:
    assert "theia-sf-nobody-has-it" in refused(cli, "onboard", "--bucket-name", "theia-sf-nobody-has-it", code=2)


def test_bucket_of_someone_else(cli: Cli, sandbox: Sandbox) -> None:
    bucket = "theia-sf-e2e-strangers"
    stranger = sandbox.aws.stranger_client("s3")
    stranger.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    assert bucket in refused(cli, "onboard", "--bucket-name", bucket, code=2)
    assert bucket in refused(cli, "create-bucket", "--name", bucket, code=2)


def test_missing_key(cli: Cli) -> None:
    bucket = "theia-sf-e2e-missing-key"
    cli.run("create-bucket", "--name", bucket, check=True)
    key = "00000000-0000-0000-0000-000000000000"
    assert key in refused(cli, "onboard", "--bucket-name", bucket, "--key-id", key, code=2)


def test_port_in_use(cli: Cli, tmp_path: object) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        elsewhere: dict[str, str | None] = {"THEIA_SF_SANDBOX_DIR": str(tmp_path)}
        assert str(port) in refused(cli, "sandbox", "start", "--port", str(port), code=2, env=elsewhere)


def test_sandbox_not_running(cli: Cli, tmp_path: object) -> None:
    elsewhere: dict[str, str | None] = {"THEIA_SF_SANDBOX_DIR": str(tmp_path)}
    assert "not running" in refused(cli, "sandbox", "env", code=3, env=elsewhere)


def test_unknown_command_and_flag(cli: Cli) -> None:
    assert "onbord" in refused(cli, "onbord", code=2)
    assert "--no-such" in refused(cli, "onboard", "--no-such", code=2)
