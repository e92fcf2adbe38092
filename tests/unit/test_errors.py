from __future__ import annotations

import pytest

import theia_sf.__main__ as entry
from theia_sf import errors
from theia_sf.errors import ExitCode


def test_exit_codes_are_a_promise() -> None:
    assert {code.name: code.value for code in ExitCode} == {
        "OK": 0,
        "FAILED": 1,
        "USAGE": 2,
        "CONNECTION": 3,
        "DIFFERENCES": 4,
        "LOCKED": 5,
        "INTERRUPTED": 130,
    }


def test_each_error_has_its_exit_code() -> None:
    assert {
        errors.TheiaError.exit_code: 1,
        errors.UsageError.exit_code: 2,
        errors.ConnectionFailedError.exit_code: 3,
        errors.DifferencesFoundError.exit_code: 4,
        errors.StateLockedError.exit_code: 5,
        errors.InterruptedByUserError.exit_code: 130,
    } == {code: code.value for code in ExitCode if code is not ExitCode.OK}


def test_the_entry_point_knows_the_code_of_an_interruption_without_importing_it() -> None:
    assert ExitCode.INTERRUPTED == entry.INTERRUPTED


def test_ctrl_c_during_the_import_is_quiet(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("theia_sf.cli.main.main", interrupted)
    with pytest.raises(SystemExit) as ended:
        entry.main()
    assert ended.value.code == ExitCode.INTERRUPTED
    assert capsys.readouterr().err == "Error: Interrupted.\n"
