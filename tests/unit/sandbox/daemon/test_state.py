"""The state file."""

from __future__ import annotations

from pathlib import Path

import pytest

from theia_sf.sandbox.aws.accounts import AccessKey
from theia_sf.sandbox.daemon import state
from theia_sf.sandbox.daemon.state import Ports, SandboxState


def _state() -> SandboxState:
    return SandboxState(
        pid=42,
        created=1.5,
        started="2026-01-01T00:00:00+00:00",
        ports=Ports(1, 2, 3, 4, 5),
        region="us-west-2",
        account="1",
        keys={"1": AccessKey("1", "theia", "AKIA", "secret")},
        snowflake_account="A",
        snowflake_user="U",
        snowflake_password="P",
        snowflake_role="R",
        snowflake_private_key_path="/sandbox/sandbox.p8",
    )


def test_it_comes_back_as_it_was_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    _state().save(tmp_path)
    assert state.load(tmp_path) == _state()
    assert [path.name for path in tmp_path.iterdir()] == [state.STATE_FILE]
    assert (tmp_path / state.STATE_FILE).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}', '{"ports": {"aws": 1}}'])
def test_a_damaged_file_is_no_sandbox(tmp_path: Path, content: str) -> None:
    (tmp_path / state.STATE_FILE).write_text(content)
    assert state.load(tmp_path) is None


def test_no_file_is_no_sandbox(tmp_path: Path) -> None:
    assert state.load(tmp_path) is None


def test_the_folder_can_be_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(state.DIRECTORY_VARIABLE, str(tmp_path))
    assert state.state_directory() == tmp_path
    monkeypatch.delenv(state.DIRECTORY_VARIABLE)
    assert state.state_directory().parts[-2:] == ("theia-sf", "sandbox")
