"""How wheels for another machine are asked for, and what is told when there are none."""

from __future__ import annotations

import sys

import pytest

from theia_sf.errors import TheiaError, UsageError
from theia_sf.scheduled.bundle import installer
from theia_sf.scheduled.bundle.target import Architecture


def test_uv_is_asked_for_wheels_of_lambdas_python(monkeypatch):
    monkeypatch.setattr(installer, "find_uv", lambda: "/opt/uv")
    command = installer.installer_command(Architecture.ARM64)
    assert command[:3] == ["/opt/uv", "pip", "install"]
    words = " ".join(command)
    assert "--python-platform aarch64-manylinux_2_28" in words
    assert "--python-version 3.13 --no-deps --only-binary :all:" in words


def test_pip_is_asked_where_there_is_no_uv(monkeypatch):
    monkeypatch.setattr(installer, "find_uv", lambda: None)
    monkeypatch.setattr(installer.importlib.util, "find_spec", lambda name: object())
    command = installer.installer_command(Architecture.X86_64)
    assert command[:3] == [sys.executable, "-m", "pip"]
    platforms = [command[place + 1] for place, word in enumerate(command) if word == "--platform"]
    assert platforms == ["manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"]
    assert "--only-binary=:all:" in command


def test_without_either(monkeypatch):
    monkeypatch.setattr(installer.shutil, "which", lambda name: None)
    monkeypatch.setattr(installer.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"Building the layer takes uv or pip, and neither is here\."):
        installer.installer_command(Architecture.ARM64)


def run_as(monkeypatch, tmp_path, code, stderr=""):
    monkeypatch.setattr(installer, "installer_command", lambda _: [sys.executable, "-c", code, stderr])
    installer.install(tmp_path / "requirements.txt", tmp_path, Architecture.ARM64)


UV = """\
  \u00d7 No solution found when resolving dependencies:
  ╰─▶ Because nothing==9 has no wheels at https://me:hunter22@index.example/simple with a
      matching Python ABI tag (e.g., `cp313`), it cannot be used.
hint: see the documentation
"""


def test_the_installers_reason_is_told_on_one_line_without_credentials(monkeypatch, tmp_path):
    code = "import sys; sys.stderr.write(sys.argv[1]); sys.exit(1)"
    with pytest.raises(TheiaError) as caught:
        run_as(monkeypatch, tmp_path, code, UV)
    assert caught.value.message == (
        "The packages for arm64 could not be installed: No solution found when resolving dependencies: Because"
        " nothing==9 has no wheels at https://***@index.example/simple with a matching Python ABI tag (e.g.,"
        " `cp313`), it cannot be used."
    )


def test_pips_reason(monkeypatch, tmp_path):
    code = "import sys; sys.stderr.write(sys.argv[1]); sys.exit(1)"
    told = "WARNING: Retrying\nERROR: No matching distribution found for nothing==9\n\n[notice] A new release of pip\n"
    with pytest.raises(TheiaError, match=r"not be installed: No matching distribution found for nothing==9\.$"):
        run_as(monkeypatch, tmp_path, code, told)


def test_an_installer_that_hangs_or_is_gone(monkeypatch, tmp_path):
    monkeypatch.setattr(installer, "_TIME_LIMIT", 0.5)
    with pytest.raises(TheiaError, match=r"The packages for arm64 were not there after"):
        run_as(monkeypatch, tmp_path, "import time; time.sleep(30)")
    monkeypatch.setattr(installer, "installer_command", lambda _: [str(tmp_path / "gone")])
    with pytest.raises(TheiaError, match=r"gone cannot be run: No such file or directory\."):
        installer.install(tmp_path, tmp_path, Architecture.ARM64)


def test_success_says_nothing(monkeypatch, tmp_path, capfd):
    run_as(monkeypatch, tmp_path, "print('noise')")
    assert capfd.readouterr() == ("", "")
