"""The wheel in an empty environment, outside the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    uv = shutil.which("uv") or str(ROOT / ".venv-tools" / "bin" / "uv")
    subprocess.run([uv, "build", "--quiet", "--wheel", "--out-dir", str(out), str(ROOT)], check=True)
    (built,) = out.glob("*.whl")
    return built


def test_it_carries_the_program_and_cannot_collide(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    top = {name.split("/")[0] for name in names}
    assert {name for name in top if not name.endswith(".dist-info")} == {
        "theia_sf",
        "theia_sf_infra",
        "theia_sf_grafana",
    }
    assert "theia_sf_infra/Pulumi.yaml" in names
    assert "theia_sf_infra/migrations/0001_flows.sql" in names
    assert "theia_sf/policies/edges.sql" in names
    assert not [name for name in names if name.startswith("tests/")]


@pytest.mark.soak
def test_it_does_the_main_job_by_hand(wheel: Path, tmp_path: Path) -> None:
    uv = shutil.which("uv") or str(ROOT / ".venv-tools" / "bin" / "uv")
    place = tmp_path / "env"
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(place)], check=True)
    install = [uv, "pip", "install", "--quiet", "--python", str(place / "bin" / "python"), f"{wheel}[sandbox]"]
    subprocess.run(install, check=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(
        [str(place / "bin" / "theia-sf"), "demo", "--rows", "5000"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "kind: NetworkPolicy" in (tmp_path / "policies.yml").read_text()
    assert "Take everything down" in done.stdout
