"""Which Pulumi CLI is taken, out of those on the machine."""

from __future__ import annotations

import pytest
from pulumi.automation import PulumiCommand

from theia_sf.errors import TheiaError
from theia_sf.provision.pulumi_cli import PREFERRED, find, find_or_install


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A machine without any CLI; call it to put one that reports a version somewhere in the home folder."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")

    def put(where: str, version: str) -> None:
        binary = tmp_path / where / "pulumi"
        binary.parent.mkdir(parents=True)
        binary.write_text(f"#!/bin/sh\necho {version}\n")
        binary.chmod(0o755)

    return put


def test_the_path_comes_first(machine):
    machine("bin", "v3.260.1")
    machine(f".pulumi/versions/{PREFERRED}/bin", f"v{PREFERRED}")
    found = find()
    assert found is not None
    assert str(found.version) == "3.260.1"


@pytest.mark.parametrize("version", ["v3.100.0", "v4.0.0", "v3.251.0-dev.0+dirty oops", "no version"])
def test_one_that_does_not_fit_is_passed_over(machine, version):
    machine("bin", version)
    machine(f".pulumi/versions/{PREFERRED}/bin", f"v{PREFERRED}")
    found = find()
    assert found is not None
    assert found.version == PREFERRED


def test_without_the_preferred_version_the_newest_is_taken(machine):
    machine(".pulumi/versions/3.249.0/bin", "v3.249.0")
    machine(".pulumi/versions/3.1000.0/bin", "v3.1000.0")
    machine(".pulumi/versions/scratch/bin", "v3.999.0")
    found = find()
    assert found is not None
    assert str(found.version) == "3.1000.0"


def test_a_download_that_fails_says_what_to_do(machine, monkeypatch):
    def no_network(**_arguments: object) -> None:
        raise OSError("no such host")

    monkeypatch.setattr(PulumiCommand, "install", no_network)
    said: list[str] = []
    with pytest.raises(TheiaError, match="could not be downloaded") as raised:
        find_or_install(said.append)
    assert "make pulumi" in (raised.value.hint or "")
    assert f"downloading {PREFERRED}" in said[0]
