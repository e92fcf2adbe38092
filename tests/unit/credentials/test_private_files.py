from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from theia_sf.credentials import private_files
from theia_sf.errors import UsageError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / ".env"
    path.write_bytes(b"old")
    path.chmod(0o644)
    return path


def test_a_replacement_is_for_its_owner_alone(file: Path) -> None:
    private_files.replace(file, b"new", expected=b"old")
    assert private_files.read(file) == (b"new", 0o600)
    assert [entry.name for entry in file.parent.iterdir()] == [".env"]


def test_a_new_file_is_for_its_owner_alone_from_its_first_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modes: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: modes.append(os.fstat(descriptor).st_mode & 0o777))
    before = os.umask(0)
    try:
        private_files.replace(tmp_path / ".env", b"new", expected=None)
    finally:
        os.umask(before)
    assert modes[0] == 0o600
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600


def test_a_symbolic_link_stays_one(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(file)
    private_files.replace(link, b"new", expected=b"old")
    assert link.is_symlink()
    assert file.read_bytes() == b"new"


@pytest.mark.parametrize("expected", [b"older", None])
def test_a_file_that_was_changed_meanwhile_is_left_alone(file: Path, expected: bytes | None) -> None:
    with pytest.raises(UsageError, match="was changed by another program meanwhile, so nothing was written"):
        private_files.replace(file, b"new", expected=expected)
    assert file.read_bytes() == b"old"


def test_a_file_that_went_away_meanwhile_is_not_made_again(file: Path) -> None:
    file.unlink()
    with pytest.raises(UsageError, match="was changed by another program"):
        private_files.replace(file, b"new", expected=b"old")
    assert not file.exists()


# The writer's steps, in order; a process is killed as it is about to take each.
STEPS = ["os.open", "builtins.open", "os.fsync", "pathlib.Path.replace"]
KILLED = """
import builtins, os, pathlib, signal, sys
from theia_sf.credentials import private_files

path, step = pathlib.Path(sys.argv[1]), sys.argv[2]
owner, _, name = step.rpartition(".")
place = {"os": os, "builtins": builtins, "pathlib.Path": pathlib.Path}[owner]
real = getattr(place, name)

def kill_here(*arguments, **options):
    if name == "fsync" or arguments[1:2] == ("wb",) or any(".tmp" in str(argument) for argument in arguments):
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*arguments, **options)

setattr(place, name, kill_here)
private_files.replace(path, b"new" * 50_000, expected=b"old")
"""


@pytest.mark.parametrize("step", STEPS)
def test_a_process_killed_at_any_step_leaves_the_old_file(file: Path, step: str) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(file), step], capture_output=True, check=False)
    assert done.returncode == -9, done.stderr.decode()
    assert file.read_bytes() == b"old"
    leftovers = [entry for entry in file.parent.iterdir() if entry != file]
    assert all(entry.stat().st_mode & 0o777 == 0o600 for entry in leftovers)
    private_files.replace(file, b"newer", expected=b"old")
    assert [entry.name for entry in file.parent.iterdir()] == [".env"]
    assert file.read_bytes() == b"newer"


def test_a_failed_write_leaves_nothing_behind(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageError, match="cannot be written: No space left on device"):
        private_files.replace(file, b"new", expected=b"old")
    assert file.read_bytes() == b"old"
    assert [entry.name for entry in file.parent.iterdir()] == [".env"]


def test_of_two_writers_at_once_none_loses_what_the_other_wrote(tmp_path: Path) -> None:
    path, done = tmp_path / ".env", [0, 0, 0, 0]
    private_files.replace(path, b"0", expected=None)

    def count(writer: int) -> None:
        while done[writer] < 5:
            before, _ = private_files.read(path)
            try:
                private_files.replace(path, str(int(before) + 1).encode(), expected=before)
            except UsageError:
                continue
            done[writer] += 1

    threads = [threading.Thread(target=count, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_bytes() == b"20"


def test_leftovers_of_other_files_are_not_ours_to_remove(file: Path) -> None:
    other = file.with_name(".other.theia-sf-0a1b2c3d4e5f.tmp")
    other.write_bytes(b"")
    private_files.replace(file, b"new", expected=b"old")
    assert other.exists()


@pytest.mark.parametrize(("mode", "shown"), [(0o640, "0640"), (0o604, "0604"), (0o602, "0602"), (0o620, "0620")])
def test_a_file_that_others_can_read_or_change_is_refused(mode: int, shown: str) -> None:
    with pytest.raises(UsageError, match=rf"Others than you can read or change /x/\.env \(mode {shown}\)") as refused:
        private_files.check_private(Path("/x/.env"), mode)
    assert refused.value.hint == "Run: chmod 600 /x/.env"


def test_what_is_no_file_of_credentials_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="it is not a regular file"):
        private_files.read(tmp_path / "pipe")
    with pytest.raises(UsageError, match="cannot be read"):
        private_files.read(tmp_path)
    (tmp_path / "large").write_bytes(b"#" * (private_files.LARGEST + 1))
    with pytest.raises(UsageError, match="is larger than a file of credentials can be"):
        private_files.read(tmp_path / "large")
    with pytest.raises(UsageError, match="is larger"):
        private_files.replace(tmp_path / "new", b"#" * (private_files.LARGEST + 1), expected=None)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written: No such file or directory"):
        private_files.replace(tmp_path / "none" / ".env", b"new", expected=None)
