"""The variables that lead to the sandbox, and the way back."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from theia_sf.sandbox import environment
from theia_sf.sandbox.aws.accounts import AccessKey
from theia_sf.sandbox.daemon.state import Ports, SandboxState
from theia_sf.sandbox.environment import Shell

STATE = SandboxState(
    pid=1,
    created=1.0,
    started="2026-01-01T00:00:00+00:00",
    ports=Ports(5566, 5567, 5568, 5569, 5570),
    region="us-west-2",
    account="123456789012",
    keys={"123456789012": AccessKey("123456789012", "theia", "AKIA", "aws secret")},
    snowflake_account="THEIA-SANDBOX",
    snowflake_user="THEIA",
    snowflake_password="it's $ecret",
    snowflake_role="ACCOUNTADMIN",
    snowflake_private_key_path="/sandbox/sandbox.p8",
)
REAL = {
    "AWS_PROFILE": "production",
    "AWS_SESSION_TOKEN": "token",
    "AWS_ENDPOINT_URL_S3": "https://s3.example.com",
    "SNOWFLAKE_PRIVATE_KEY": "a 'key'\nof two lines",
    "SNOWFLAKE_USER": "ALICE",
    "PULUMI_BACKEND_URL": "s3://real",
    "THEIA_SF_KMS_KEY_ID": "real key",
}
HARMLESS = {"AWS_PAGER": "", "PULUMI_CONFIG_PASSPHRASE": "p", "PULUMI_HOME": "/p", "LANG": "C.UTF-8"}


def test_a_key_pair_takes_the_place_of_the_password() -> None:
    variables = environment.exports(STATE, {}, key_pair=True)
    assert variables["SNOWFLAKE_PRIVATE_KEY_PATH"] == STATE.snowflake_private_key_path
    assert "SNOWFLAKE_PASSWORD" not in variables
    wanted = environment.changes(STATE, {"SNOWFLAKE_PASSWORD": "mine"}, key_pair=True)
    assert wanted["SNOWFLAKE_PASSWORD"] is None


def test_another_sign_in_takes_the_place_of_every_credential() -> None:
    before = {"SNOWFLAKE_PASSWORD": "a 'secret'", "SNOWFLAKE_OAUTH_SCOPE": "old", "SNOWFLAKE_ROLE": "R", "HOME": "/h"}
    lines = environment.sign_in_lines(
        {"SNOWFLAKE_USER": "U", "SNOWFLAKE_TOKEN": "new 'one'"}, before, environment.Shell.BASH
    )
    assert lines == [
        "unset SNOWFLAKE_OAUTH_SCOPE",
        "unset SNOWFLAKE_PASSWORD",
        "export SNOWFLAKE_USER=U",
        """export SNOWFLAKE_TOKEN='new '"'"'one'"'"''""",
    ]


def test_every_tool_is_pointed_at_the_sandbox() -> None:
    variables = environment.exports(STATE, {})
    assert variables["AWS_ENDPOINT_URL"] == "http://127.0.0.1:5566"
    assert variables["AWS_REGION"] == variables["AWS_DEFAULT_REGION"] == "us-west-2"
    assert (variables["SNOWFLAKE_HOST"], variables["SNOWFLAKE_PORT"]) == ("127.0.0.1", "5567")
    assert variables["SNOWFLAKE_WIF_ALLOWED_HOST_SUFFIXES"] == "127.0.0.1"
    assert variables["PULUMI_DEBUG_PROVIDERS"] == "aws:5568,snowflake:5569,random:5570"
    assert "NO_PROXY" not in variables


def test_a_proxy_is_not_asked_for_loopback() -> None:
    variables = environment.exports(STATE, {"https_proxy": "http://proxy:3128", "NO_PROXY": "intranet"})
    assert variables["NO_PROXY"] == variables["no_proxy"] == "intranet,127.0.0.1,localhost"


def test_what_leads_elsewhere_is_taken_away_and_nothing_else() -> None:
    wanted = environment.changes(STATE, {**REAL, **HARMLESS})
    assert sorted(name for name, value in wanted.items() if value is None) == [
        "AWS_ENDPOINT_URL_S3",
        "AWS_PROFILE",
        "AWS_SESSION_TOKEN",
        "PULUMI_BACKEND_URL",
        "SNOWFLAKE_PRIVATE_KEY",
        "THEIA_SF_KMS_KEY_ID",
    ]
    assert wanted["SNOWFLAKE_USER"] == "THEIA"
    assert not HARMLESS.keys() & wanted.keys()


@pytest.mark.parametrize("shell", [Shell.BASH, Shell.FISH])
def test_no_value_of_the_users_is_printed(shell: Shell) -> None:
    text = "\n".join(environment.shell_lines(STATE, REAL, shell))
    assert not [value for value in REAL.values() if value in text]


def _bash(script: str, variables: dict[str, str]) -> dict[str, str]:
    bash = shutil.which("bash")
    assert bash is not None
    printed = subprocess.run(
        [bash, "-c", f"{script}\nenv -0"],
        env={**variables, "PATH": os.environ["PATH"]},
        capture_output=True,
        check=True,
    )
    pairs = (entry.split("=", 1) for entry in printed.stdout.decode().split("\0") if entry)
    return {name: value for name, value in pairs if name not in {"_", "PWD", "SHLVL", "PATH"}}


def test_a_shell_gets_there_twice_and_back() -> None:
    before = {**REAL, **HARMLESS}
    there = _bash("\n".join(environment.shell_lines(STATE, before, Shell.BASH)), before)
    assert there["SNOWFLAKE_PASSWORD"] == "it's $ecret"
    assert "AWS_PROFILE" not in there
    again = _bash("\n".join(environment.shell_lines(STATE, there, Shell.BASH)), there)
    assert again == there
    assert _bash("\n".join(environment.undo_lines(again, Shell.BASH)), again) == before


def test_undoing_what_was_never_done_does_nothing() -> None:
    assert environment.undo_lines(REAL, Shell.BASH) == []
    assert environment.undone(REAL) == {}


def test_a_program_gets_there_and_back() -> None:
    assert environment.changes(STATE, REAL)["AWS_PROFILE"] is None
    saved = {"THEIA_SF_SANDBOX_SAVED_AWS_PROFILE": "production"}
    there = {"THEIA_SF_SANDBOX_ACTIVE": "1", "AWS_REGION": "us-west-2", **saved}
    assert environment.undone(there) == {"AWS_REGION": None, "AWS_PROFILE": "production"}


def test_fish() -> None:
    lines = environment.shell_lines(STATE, {"AWS_PROFILE": "x"}, Shell.FISH)
    assert lines[0] == 'set -gx THEIA_SF_SANDBOX_SAVED_AWS_PROFILE "$AWS_PROFILE";'
    assert "set -e AWS_PROFILE;" in lines
    assert "set -gx SNOWFLAKE_PASSWORD 'it\\'s $ecret';" in lines


def test_the_state_does_not_show_its_secrets() -> None:
    assert "secret" not in repr(STATE)
    assert "$ecret" not in repr(STATE)
