from __future__ import annotations

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
