from __future__ import annotations

import io

import pytest

from theia_sf.cli import console
from theia_sf.errors import TheiaError, UsageError


def _terminal(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    monkeypatch.setattr(console, "is_interactive", lambda: True)
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))


@pytest.mark.parametrize("answer", ["y\n", "YES\n", " yes \n"])
def test_yes_goes_on(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answer: str) -> None:
    _terminal(monkeypatch, answer)
    console.confirm("Delete the bucket b?", yes=False)
    assert capsys.readouterr() == ("", "Delete the bucket b? [y/N] ")


@pytest.mark.parametrize("answer", ["\n", "n\n", "", "yeah\n"])
def test_anything_else_stops(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    _terminal(monkeypatch, answer)
    with pytest.raises(TheiaError, match="Nothing was changed"):
        console.confirm("Delete the bucket b?", yes=False)


def test_what_follows_an_unanswered_question_begins_on_a_new_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _terminal(monkeypatch, "")
    with pytest.raises(TheiaError):
        console.confirm("Delete?", yes=False)
    assert capsys.readouterr().err == "Delete? [y/N] \n"

    class Interrupted(io.StringIO):
        def readline(self, _size: int = -1) -> str:
            raise KeyboardInterrupt

    monkeypatch.setattr("sys.stdin", Interrupted())
    with pytest.raises(KeyboardInterrupt):
        console.confirm("Delete?", yes=False)
    assert capsys.readouterr().err == "Delete? [y/N] \n"


def test_without_a_terminal_it_goes_on_or_wants_yes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "is_interactive", lambda: False)
    console.confirm("Delete?", yes=False)
    console.confirm("Delete?", yes=True, needs_yes=True)
    with pytest.raises(UsageError) as refused:
        console.confirm("Delete?", yes=False, needs_yes=True)
    assert "--yes" in str(refused.value.hint)


def test_notes_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    console.note("one\x1b[2J")
    console.warn("two")
    with console.working("three"):
        pass
    assert capsys.readouterr() == ("", "one\nWarning: two\nthree\n")
