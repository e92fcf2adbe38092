"""A running sandbox for the integration tests: one for the whole session, on free ports, in a folder of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from theia_sf.sandbox import environment
from theia_sf.sandbox.aws.endpoint import AwsEndpoint
from theia_sf.sandbox.daemon import control
from theia_sf.sandbox.daemon.ports import HOST
from theia_sf.sandbox.daemon.state import DIRECTORY_VARIABLE, Ports, SandboxState


@dataclass(frozen=True)
class Sandbox:
    """What tests use of the running sandbox.

    Attributes:
        state: its process, ports and secrets.
        directory: its state directory.
        env: the variables that point at it.
        aws: clients of the user's account, of Snowflake's and of a stranger's.
        snowflake: arguments of `snowflake.connector.connect`.
        providers: the value of PULUMI_DEBUG_PROVIDERS.
    """

    state: SandboxState
    directory: Path
    env: dict[str, str]
    aws: AwsEndpoint
    snowflake: dict[str, Any]
    providers: str

    @property
    def ports(self) -> Ports:
        return self.state.ports

    def environment(self) -> dict[str, str]:
        """The environment for a program that shall use the sandbox."""
        changed = environment.changes(self.state, os.environ)
        kept = {name: value for name, value in os.environ.items() if name not in changed}
        return {**kept, **self.env, DIRECTORY_VARIABLE: str(self.directory)}


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The session's sandbox. Tests share it: name what you make so that it cannot clash, and remove it."""
    directory = tmp_path_factory.mktemp("sandbox") / "state"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(DIRECTORY_VARIABLE, str(directory))
        state, _ = control.start(0)
    variables = environment.exports(state, os.environ)
    yield Sandbox(
        state=state,
        directory=directory,
        env=variables,
        aws=AwsEndpoint(f"http://{HOST}:{state.ports.aws}", state.keys),
        snowflake={
            "account": state.snowflake_account,
            "user": state.snowflake_user,
            "password": state.snowflake_password,
            "role": state.snowflake_role,
            "host": HOST,
            "port": state.ports.snowflake,
            "protocol": "http",
        },
        providers=variables["PULUMI_DEBUG_PROVIDERS"],
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(DIRECTORY_VARIABLE, str(directory))
        control.stop()


@pytest.fixture
def sandbox_env(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Sandbox:
    """This process's environment pointed at the sandbox, with a context file of its own."""
    for name in environment.interfering(os.environ, sandbox.env):
        monkeypatch.delenv(name)
    for name, value in sandbox.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(sandbox.directory))
    monkeypatch.setenv("THEIA_SF_CONTEXT_FILE", str(tmp_path / "context.json"))
    return sandbox
