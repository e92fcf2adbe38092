"""Which proxy a client's flags mean, and the lines that a shell evaluates."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from theia_sf.cli.proxy_options import Where, shell_lines
from theia_sf.errors import UsageError
from theia_sf.proxy.client import profiles
from theia_sf.proxy.client.target import Target
from theia_sf.secret import Secret

ODD = 'it\'s "a" $HOME `id` \\ and more'


@pytest.fixture
def remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(name: str) -> Target:
        return Target("https", f"{name}.example.com", 443, "remembered", "alice", token=Secret("theia_token"))

    monkeypatch.setattr(profiles, "load", load)


def test_bash_gets_every_value_as_it_is() -> None:
    lines = shell_lines({"A": ODD, "B": None}, "bash").splitlines()
    assert shlex.split(lines[0]) == ["export", f"A={ODD}"]
    assert lines[1] == "unset B"


def test_fish_has_quotes_of_its_own() -> None:
    assert shell_lines({"A": "it's \\", "B": None}, "fish").splitlines() == ["set -gx A 'it\\'s \\\\';", "set -e B;"]


def test_programs_get_json() -> None:
    assert json.loads(shell_lines({"A": ODD, "B": None}, "json")) == {"A": ODD, "B": None}


@pytest.mark.parametrize(("shell", "first"), [("/usr/bin/fish", "set -gx"), ("/bin/zsh", "export"), ("", "export")])
def test_the_users_shell_is_the_default(monkeypatch: pytest.MonkeyPatch, shell: str, first: str) -> None:
    monkeypatch.setenv("SHELL", shell)
    assert shell_lines({"A": "1"}, None).startswith(first)


@pytest.mark.usefixtures("remembered")
def test_the_remembered_proxy_is_meant_unless_another_is_named() -> None:
    assert Where().target().host == "default.example.com"
    assert Where(profile="work").target().host == "work.example.com"
    assert Where(profile="work", url="https://other:1").target().url == "https://other:1"


@pytest.mark.usefixtures("remembered")
def test_flags_win_over_what_is_remembered() -> None:
    found = Where(account="production", user="bob", ca_file=Path("ca.pem")).target()
    assert (found.account, found.user) == ("production", "bob")
    assert found.ca_file == Path("ca.pem").absolute()
    assert found.token == Secret("theia_token")


def test_another_proxy_gets_no_remembered_token() -> None:
    found = Where(url="https://other.example.com").target()
    assert found.token is None
    assert found.user == ""


def test_a_shell_that_is_not_known() -> None:
    with pytest.raises(UsageError, match="--shell tcsh is not known"):
        shell_lines({}, "tcsh")
