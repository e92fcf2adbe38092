"""Which drivers `make clients` installs, leaves out, and fails for."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from tools.test_clients import install

ALL = ["python5", "sqlalchemy", "snow", "jdbc", "node", "go"]


class Machine:
    """A machine that has some programs, and an empty cache.

    Attributes:
        made: the clients that were installed.
        failing: those whose installation fails.
    """

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.made: list[str] = []
        self.failing: set[str] = set()
        self._programs = folder / "bin"
        self._programs.mkdir()
        patch.setenv("PATH", str(self._programs))
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        patch.setattr(install, "CLIENTS", dict.fromkeys(ALL, self._install))

    def has(self, programs: Iterable[str]) -> None:
        for program in self._programs.iterdir():
            program.unlink()
        for program in programs:
            (self._programs / program).touch(mode=0o755)

    def _install(self, name: str, to: Path) -> None:
        assert to.is_dir()
        if name in self.failing:
            raise RuntimeError("npm did not work: no network")
        self.made.append(name)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


EVERYTHING = ("node", "npm", "go", "java", "mvn")


def test_everything_is_installed_once(machine: Machine) -> None:
    machine.has(EVERYTHING)
    assert install.main() == 0
    assert install.main() == 0
    assert machine.made == ALL


def test_a_bare_machine_gets_what_it_can_have(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    assert install.main() == 0
    assert machine.made == ["python5", "sqlalchemy", "snow"]
    told = capsys.readouterr().err
    assert "the client node needs node and npm, which this machine does not have" in told
    assert "the client jdbc needs java and mvn" in told
    assert "the client go needs go" in told


@pytest.mark.parametrize(("lacking", "client"), [("npm", "node"), ("go", "go"), ("java", "jdbc"), ("mvn", "jdbc")])
def test_one_program_that_lacks_costs_one_client(lacking: str, client: str, machine: Machine) -> None:
    machine.has(set(EVERYTHING) - {lacking})
    assert install.main() == 0
    assert machine.made == [name for name in ALL if name != client]
    reason = install.absent(client)
    assert reason is not None
    assert lacking in reason


def test_a_client_that_is_installed_needs_only_what_runs_it(machine: Machine) -> None:
    machine.has(EVERYTHING)
    assert install.main() == 0
    machine.has(["node"])
    assert install.absent("node") is None
    assert install.absent("go") is None
    assert install.absent("jdbc") == "the client jdbc needs java, which this machine does not have"


def test_a_client_that_cannot_be_installed_is_an_error(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.has(EVERYTHING)
    machine.failing = {"node"}
    assert install.main() == 1
    assert machine.made == [name for name in ALL if name != "node"]
    assert "clients: node: npm did not work: no network" in capsys.readouterr().err
    assert install.absent("node") is None
    assert not install.installed("node")
