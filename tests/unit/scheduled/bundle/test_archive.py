"""The same files, the same bytes."""

from __future__ import annotations

import os
import zipfile

import pytest

from theia_sf.scheduled.bundle.archive import write_zip


def test_neither_times_nor_modes_nor_order_change_the_archive(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    for folder, mode, age in (first, 0o600, 0), (second, 0o777, 86_400 * 365):
        folder.mkdir()
        for name in ("b.py", "a.py") if age else ("a.py", "b.py"):
            path = folder / name
            path.write_text(f"# {name}\n" * 1000)
            path.chmod(mode)
            os.utime(path, (1_700_000_000 - age,) * 2)
    one = write_zip(tmp_path / "one.zip", {"x/a.py": first / "a.py", "x/b.py": first / "b.py"})
    two = write_zip(tmp_path / "two.zip", {"x/b.py": second / "b.py", "x/a.py": second / "a.py"})
    assert one == two == 2 * 7 * 1000
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        assert archive.testzip() is None
        assert [(info.filename, oct(info.external_attr >> 16)) for info in archive.infolist()] == [
            ("x/a.py", "0o100644"),
            ("x/b.py", "0o100644"),
        ]


def test_an_earlier_archive_is_replaced(tmp_path):
    source = tmp_path / "a"
    source.write_text("a")
    for _ in range(2):
        write_zip(tmp_path / "z.zip", {"a": source})
    with zipfile.ZipFile(tmp_path / "z.zip") as archive:
        assert archive.namelist() == ["a"]


def test_an_archive_that_fails_half_way_leaves_the_earlier_one(tmp_path):
    source = tmp_path / "a"
    source.write_text("a")
    write_zip(tmp_path / "z.zip", {"a": source})
    before = (tmp_path / "z.zip").read_bytes()
    with pytest.raises(FileNotFoundError):
        write_zip(tmp_path / "z.zip", {"a": source, "b": tmp_path / "gone"})
    assert (tmp_path / "z.zip").read_bytes() == before
