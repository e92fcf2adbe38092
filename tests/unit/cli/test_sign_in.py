"""The options about signing in, as the commands get them."""

from __future__ import annotations

import getpass
import sys
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from theia_sf.cli import console
from theia_sf.cli.sign_in import OPTIONS, SignIn, with_sign_in
from theia_sf.errors import InterruptedByUserError
from theia_sf.secret import Secret
from theia_sf.snowflake import passcodes


@pytest.fixture
def seen(monkeypatch):
    """Return a function that runs a command with shared options, and what the command got."""
    for variable in ("THEIA_SF_CREDENTIALS_FILE", "THEIA_SF_CONNECTION", "THEIA_SF_SECRET_ID"):
        monkeypatch.delenv(variable, raising=False)
    app = typer.Typer()
    got = []

    @app.command()
    @with_sign_in
    def command(
        name: Annotated[str, typer.Argument()],
        size: Annotated[int, typer.Option("--size")] = 1,
        *,
        sign_in: SignIn,
        loud: Annotated[bool, typer.Option("--loud")] = False,
    ) -> None:
        got.append((name, size, sign_in, loud))

    def run(*arguments, **environment):
        result = CliRunner().invoke(app, list(arguments), env=environment)
        assert result.exit_code == 0, result.output
        return got.pop()

    return run


def test_nothing_given(seen):
    assert seen("x") == ("x", 1, SignIn(), False)


def test_every_field_has_a_flag(seen):
    fields = [name for name in SignIn.__dataclass_fields__ if name not in {"warehouse", "database"}]
    assert sorted(OPTIONS) == sorted(fields)
    flags = [word for name in fields for word in ("--" + name.replace("_", "-"), f"the-{name}")]
    assert seen("x", "--size", "2", *flags, "--loud") == (
        "x",
        2,
        SignIn(**{name: f"the-{name}" for name in fields}),
        True,
    )


def test_variables_name_the_sources(seen):
    found = seen("x", THEIA_SF_CONNECTION="dev", THEIA_SF_CREDENTIALS_FILE="a.env", THEIA_SF_SECRET_ID="theia")
    assert found[2] == SignIn(connection="dev", credentials_file="a.env", secret_id="theia")


def test_an_empty_value_is_none(seen):
    assert seen("x", "--account", "")[2] == SignIn()


def test_a_commands_own_option_takes_the_place_of_a_shared_one():
    app, got = typer.Typer(), []

    @app.command()
    @with_sign_in
    def command(role: Annotated[list[str] | None, typer.Option("--role")] = None, *, sign_in: SignIn) -> None:
        got.append((role, sign_in))

    result = CliRunner().invoke(app, ["--role", "a", "--role", "b", "--user", "u"])
    assert result.exit_code == 0, result.output
    assert got == [(["a", "b"], SignIn(user="u"))]


def test_a_command_without_the_parameter_is_a_mistake():
    with pytest.raises(TypeError, match="sign_in"):
        with_sign_in(lambda: None)


@pytest.mark.parametrize("terminal", [True, False])
def test_a_passcode_is_asked_for_at_a_terminal_alone(monkeypatch, terminal):
    asked = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: terminal, raising=False)
    monkeypatch.setattr("sys.stderr.isatty", lambda: terminal, raising=False)
    monkeypatch.setattr(getpass, "getpass", lambda text, stream: asked.append((text, stream)) or " 123456 ")

    @with_sign_in
    def command(*, sign_in: SignIn) -> None:
        assert passcodes.ask("ALICE") == (Secret("123456") if terminal else None)

    command()
    assert len(asked) == terminal
    for text, stream in asked:
        assert "ALICE" in text
        assert stream is sys.stderr
    assert passcodes.ask("ALICE") is None, "nobody is asked outside of a command"


def test_an_input_that_ends_is_no_passcode(monkeypatch):
    def end(text, stream):
        raise EOFError

    monkeypatch.setattr(console, "is_interactive", lambda: True)
    monkeypatch.setattr(getpass, "getpass", end)

    @with_sign_in
    def command(*, sign_in: SignIn) -> None:
        passcodes.ask("ALICE")

    with pytest.raises(InterruptedByUserError, match="the input ended"):
        command()
