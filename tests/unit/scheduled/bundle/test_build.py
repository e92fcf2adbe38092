"""The whole bundle, with an installer that brings a small package."""

from __future__ import annotations

import pytest

from theia_sf.errors import TheiaError, UsageError
from theia_sf.scheduled.bundle import build as module
from theia_sf.scheduled.bundle import layer
from theia_sf.scheduled.bundle.build import build
from theia_sf.scheduled.bundle.target import Architecture

FILES = ["README.md", "function.zip", "layer-arm64.zip", "layer-x86_64.zip", "requirements.txt", "template.yaml"]


@pytest.fixture(autouse=True)
def installer(monkeypatch):
    def install(requirements, target, architecture):
        assert "snowflake-connector-python==" in requirements.read_text()
        (target / "package.py").write_text(f"MACHINE = '{architecture.machine}'\n")

    monkeypatch.setattr(layer, "install", install)


def test_twice_the_same_bytes(tmp_path):
    told: list[str] = []
    first = build(tmp_path / "new" / "first", on_progress=told.append)
    second = build(tmp_path / "second")
    for name in FILES:
        assert (tmp_path / "new" / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()
    assert sorted(path.name for path in (tmp_path / "second").iterdir()) == FILES
    assert first.sizes == second.sizes
    assert first.unzipped(Architecture.ARM64) == first.sizes["function.zip"] + len("MACHINE = 'aarch64'\n")
    assert [line.split(":")[0] for line in told] == ["Building the layer for arm64", "Building the layer for x86_64"]


def test_the_readme_says_how_to_deploy_and_whom_to_create(tmp_path):
    bundle = build(tmp_path, architectures=[Architecture.ARM64])
    text = bundle.readme.read_text()
    assert "aws cloudformation package" in text
    assert "TYPE = AWS ARN = 'arn:aws:iam::ACCOUNT:role/NAME'" in text
    assert "layer-x86_64.zip" not in text
    assert "$" not in text


def test_what_is_too_large_for_lambda(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MAX_UNZIPPED", 100_000)
    with pytest.raises(TheiaError, match=r"arm64 have 0 MB unzipped, but Lambda allows 0 MB\."):
        build(tmp_path)


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"The bundle cannot be written to .*/file/x: Not a directory\."):
        build(tmp_path / "file" / "x")
