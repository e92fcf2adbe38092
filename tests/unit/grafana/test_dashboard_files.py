"""Writing the provisioned dashboards, and finding the stale ones."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from theia_sf_dashboards.__main__ import main
from theia_sf_dashboards.catalog import DASHBOARDS


def test_writes_every_dashboard_and_the_provider(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--output", str(tmp_path)]) == 0
    names = {f"{dashboard.name}.json" for dashboard in DASHBOARDS} | {"dashboards.yaml"}
    assert {path.name for path in tmp_path.iterdir()} == names
    assert set(capsys.readouterr().out.splitlines()) == {f"{name} written" for name in names}
    assert all(path.read_text().endswith("\n") for path in tmp_path.iterdir())


def test_the_provider_names_the_folder_in_which_the_image_looks(tmp_path: Path) -> None:
    main(["--output", str(tmp_path)])
    (provider,) = yaml.safe_load((tmp_path / "dashboards.yaml").read_text())["providers"]
    assert provider["type"] == "file"
    assert provider["folder"] == "theia-sf"
    assert provider["allowUiUpdates"] is False
    assert provider["options"] == {"path": "/etc/grafana/provisioning/dashboards"}


def test_a_second_time_nothing_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["--output", str(tmp_path)])
    capsys.readouterr()
    assert main(["--output", str(tmp_path)]) == 0
    assert main(["--output", str(tmp_path), "--check"]) == 0
    assert capsys.readouterr() == ("", "")


def test_check_names_what_is_missing_changed_or_left_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["--output", str(tmp_path)])
    (tmp_path / "homepage.json").unlink()
    (tmp_path / "pod_to_service.json").write_text("{}\n")
    (tmp_path / "old.json").write_text("{}\n")
    capsys.readouterr()
    assert main(["--output", str(tmp_path), "--check"]) == 1
    out, err = capsys.readouterr()
    assert not out
    assert [line.partition(" ")[0] for line in err.splitlines()] == ["homepage.json", "old.json", "pod_to_service.json"]
    assert (tmp_path / "old.json").exists()


def test_what_belongs_to_no_dashboard_is_deleted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["--output", str(tmp_path)])
    (tmp_path / "old.json").write_text("{}\n")
    capsys.readouterr()
    assert main(["--output", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "old.json deleted\n"
    assert not (tmp_path / "old.json").exists()
