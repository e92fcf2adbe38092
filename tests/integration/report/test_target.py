"""The file that the report goes to."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from theia_sf.errors import TheiaError, UsageError
from theia_sf.report.target import opened


def write(path: Path, text: str = "new") -> int:
    with opened(path) as replace:
        return replace(text)


def test_a_new_file_has_the_mode_that_the_umask_leaves(tmp_path):
    before = os.umask(0o027)
    try:
        assert write(tmp_path / "a.html", "größer") == 8
    finally:
        os.umask(before)
    assert (tmp_path / "a.html").read_text(encoding="utf-8") == "größer"
    assert stat.S_IMODE((tmp_path / "a.html").stat().st_mode) == 0o640
    assert len(list(tmp_path.iterdir())) == 1


def test_a_file_that_is_there_keeps_its_mode_and_a_link_stays_one(tmp_path):
    real, link = tmp_path / "real.html", tmp_path / "link.html"
    real.write_text("old")
    real.chmod(0o604)
    link.symlink_to("real.html")
    write(link)
    assert link.is_symlink()
    assert (real.read_text(), stat.S_IMODE(real.stat().st_mode)) == ("new", 0o604)


def test_what_was_there_stays_until_all_of_the_new_text_stands(tmp_path):
    path = tmp_path / "a.html"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), opened(path):
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_device_is_written_to_and_not_replaced():
    write(Path(os.devnull))
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


def test_a_full_disk_is_told():
    with pytest.raises(TheiaError, match=r"/dev/full could not be written: No space left on device\."):
        write(Path("/dev/full"))


def test_a_protected_file_is_not_replaced(tmp_path, monkeypatch):
    path = tmp_path / "a.html"
    path.write_text("old")
    monkeypatch.setattr(os, "access", lambda *_: False)  # as for users other than root
    with pytest.raises(UsageError, match="it is write-protected"):
        write(path)
    assert path.read_text() == "old"


def test_a_long_name_is_no_hindrance(tmp_path):
    write(tmp_path / ("x" * 250))
    assert (tmp_path / ("x" * 250)).read_text() == "new"
