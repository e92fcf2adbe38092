from __future__ import annotations

from pathlib import Path

import pytest

from theia_sf.cli import main
from theia_sf.errors import (
    ConnectionFailedError,
    DifferencesFoundError,
    InterruptedByUserError,
    StateLockedError,
    TheiaError,
    UsageError,
)
from theia_sf.secret import Secret


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (TheiaError("It failed."), 1),
        (UsageError("It is wrong."), 2),
        (ConnectionFailedError("It is far."), 3),
        (DifferencesFoundError("It differs."), 4),
        (StateLockedError("It is locked."), 5),
        (InterruptedByUserError("It was stopped."), 130),
    ],
)
def test_errors_become_one_sentence_and_their_exit_code(
    failing: list[BaseException], capsys: pytest.CaptureFixture[str], error: TheiaError, code: int
) -> None:
    failing.append(error)
    assert main.run(["x"]) == code
    assert capsys.readouterr() == ("", f"Error: {error.message}\n")


def test_a_hint_follows_on_its_own_line(failing: list[BaseException], capsys: pytest.CaptureFixture[str]) -> None:
    failing.append(UsageError("No bucket was named.", hint="Add --bucket-name."))
    assert main.run(["x"]) == 2
    assert capsys.readouterr().err == "Error: No bucket was named.\nHint: Add --bucket-name.\n"


def test_ctrl_c_ends_with_130(failing: list[BaseException], capsys: pytest.CaptureFixture[str]) -> None:
    failing.append(KeyboardInterrupt())
    assert main.run(["x"]) == 130
    assert capsys.readouterr().err == "Error: Interrupted.\n"


def test_a_fault_of_ours_is_one_sentence_too(failing: list[BaseException], capsys: pytest.CaptureFixture[str]) -> None:
    failing.append(KeyError("surprise"))
    assert main.run(["x"]) == 1
    assert capsys.readouterr().err.startswith("Error: Unexpected KeyError: 'surprise'\nHint: ")


def test_secrets_are_masked_in_messages_and_tracebacks(
    failing: list[BaseException], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = Secret("hunter2-hunter2")
    failing.append(ValueError(f"cannot parse {secret.reveal()}"))
    monkeypatch.setattr(main, "_debug", True)
    assert main.run(["x"]) == 1
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert "hunter2" not in err


def test_escape_sequences_in_messages_do_not_reach_the_terminal(
    failing: list[BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    failing.append(TheiaError("The name \x1b[2J\x1b]0;owned\x07evil is taken."))
    main.run(["x"])
    assert capsys.readouterr().err == "Error: The name evil is taken.\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no-such-command"], "Error: No such command 'no-such-command'."),
        (["version", "--nonsense"], "Error: No such option: --nonsense"),
        (["version", "--output", "xml"], "Error: Invalid value for '--output'"),
        (["delete-bucket"], "Error: Missing option '--name'."),
        (["--verbosity", "128", "version"], "Error: Invalid value for '--verbosity'"),
    ],
)
def test_usage_errors_are_one_sentence_and_exit_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert main.run(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    first, second = err.splitlines()
    assert first.startswith(message)
    assert second.startswith("Hint: `theia-sf")


def test_a_command_of_its_own_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["version"]) == 0
    assert capsys.readouterr().out.startswith("theia-sf ")


@pytest.mark.parametrize("group", ["sandbox", "keypair", "workload-identity"])
def test_a_group_without_a_command_shows_its_help(capsys: pytest.CaptureFixture[str], group: str) -> None:
    assert main.run([group]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"Usage: theia-sf {group}")


def test_every_command_module_is_there() -> None:
    modules = Path(main.__file__).parent.glob("*.py")
    registering = {module.stem for module in modules if "\ndef register(" in module.read_text(encoding="utf-8")}
    assert sorted(main.COMMAND_MODULES) == sorted(registering)
