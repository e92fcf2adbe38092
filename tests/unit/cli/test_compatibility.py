from __future__ import annotations

import pytest

from theia_sf import logs
from theia_sf.cli import main
from theia_sf.cli.compatibility import original_spellings


@pytest.mark.parametrize(
    ("written", "parsed"),
    [
        ("onboard -v 2 --bucket-name b", "-v 2 onboard --bucket-name b"),
        ("onboard --bucket-name b --verbosity=3", "--verbosity 3 onboard --bucket-name b"),
        ("-v 1 version", "-v 1 version"),
        ("version -v2", "--verbosity 2 version"),
        ("version --debug", "--debug version"),
        ("delete-bucket --name b --force=true", "delete-bucket --name b --force"),
        ("delete-bucket --name b --force=false", "delete-bucket --name b"),
        ("help onboard", "onboard --help"),
        ("help", "--help"),
        ("version -v", "-v version"),
        ("x -- -v 2 --force=true", "x -- -v 2 --force=true"),
    ],
)
def test_spellings(written: str, parsed: str) -> None:
    assert original_spellings(written.split()) == parsed.split()


def test_they_work(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["version", "-v", "3"]) == 0
    assert logs.verbosity() == 3
    assert main.run(["help", "version"]) == 0
    assert "Usage: theia-sf version" in capsys.readouterr().out
    assert main.run(["version", "-v", "128"]) == 2
