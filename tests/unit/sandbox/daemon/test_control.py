from __future__ import annotations

from pathlib import Path

import pytest

from theia_sf.errors import UsageError
from theia_sf.sandbox.daemon import control
from theia_sf.sandbox.daemon.state import DIRECTORY_VARIABLE


def test_a_folder_that_cannot_be_made_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(tmp_path / "file" / "sandbox"))
    with pytest.raises(UsageError, match=r"folder .*/file/sandbox cannot be written to: Not a directory\."):
        control.start(0)
