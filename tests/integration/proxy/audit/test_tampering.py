"""Whatever somebody does to the files, `verify` finds it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.proxy.audit.conftest import Fill, event, new_key_file, record_all, run
from theia_sf.proxy.audit.chain import NO_KEY, START, Keyring, Link, check, read_keyring, seal
from theia_sf.proxy.audit.log import AuditLog
from theia_sf.proxy.audit.verify import ChainReport, verify
from theia_sf.proxy.config.audit import AuditConfig

Change = Callable[[Path, st.DataObject], None]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three files, chained by a key."""
    folder = tmp_path_factory.mktemp("original")
    key = new_key_file(folder / "audit.key")

    async def work() -> None:
        log = AuditLog(AuditConfig(path=folder / "audit", instance="one", key_file=key))
        await record_all(log, [event(number) for number in range(6)])
        await log.close()

    for _ in range(3):
        run(work())
    assert [report.problems for report in verify(folder / "audit", read_keyring(key))] == [[]]
    return folder


def pick(folder: Path, data: st.DataObject) -> Path:
    return data.draw(st.sampled_from(sorted(folder.glob("*.jsonl"))))


def byte(folder: Path, data: st.DataObject) -> None:
    path = pick(folder, data)
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] = data.draw(st.integers(0, 255).filter(lambda value: value != content[place]))
    path.write_bytes(content)


def cut(folder: Path, data: st.DataObject) -> None:
    path = pick(folder, data)
    content = path.read_bytes()
    path.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])


def take_out(folder: Path, data: st.DataObject) -> None:
    path = pick(folder, data)
    content = path.read_bytes()
    start = data.draw(st.integers(0, len(content) - 1))
    path.write_bytes(content[:start] + content[data.draw(st.integers(start + 1, len(content))) :])


def lines(folder: Path, data: st.DataObject) -> None:
    """Lines removed, doubled, moved."""
    path = pick(folder, data)
    content = path.read_bytes().splitlines(keepends=True)
    numbers = st.lists(st.integers(0, len(content) - 1), max_size=len(content) + 2)
    chosen = data.draw((numbers | st.permutations(range(len(content)))).filter(lambda n: n != [*range(len(content))]))
    path.write_bytes(b"".join(content[number] for number in chosen))


def put_in(folder: Path, data: st.DataObject) -> None:
    """A line of another file, or one that somebody made, anywhere."""
    path, other = pick(folder, data), pick(folder, data)
    content = path.read_bytes().splitlines(keepends=True)
    place = data.draw(st.integers(0, len(content)))
    forged = seal({"event": "statement.finished", "fields": {}}, Link(place, "0" * 64), NO_KEY)[0]
    line = data.draw(st.sampled_from([*other.read_bytes().splitlines(keepends=True), forged, b"\n"]))
    path.write_bytes(b"".join([*content[:place], line, *content[place:]]))


def file(folder: Path, data: st.DataObject) -> None:
    """A file removed, or replaced by another."""
    path, other = pick(folder, data), pick(folder, data)
    if other == path:
        path.unlink()
    else:
        shutil.copy(other, path)


def head(folder: Path, data: st.DataObject) -> None:
    (folder / "one.head").unlink()


@pytest.mark.parametrize("change", [byte, cut, take_out, lines, put_in, file, head])
def test_it_is_found(original: Path, tmp_path_factory: pytest.TempPathFactory, change: Change) -> None:
    keyring = read_keyring(original / "audit.key")

    @settings(max_examples=1 if change is head else 150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def found(data: st.DataObject) -> None:
        folder = tmp_path_factory.mktemp("changed") / "audit"
        shutil.copytree(original / "audit", folder)
        change(folder, data)
        (report,) = verify(folder, keyring)
        assert report.problems

    found()


def forge(folder: Path) -> None:
    """Write every chain anew, with one statement changed, as somebody can who has the files but not the key."""
    link = START
    for path in sorted(folder.glob("*.jsonl")):
        made: list[bytes] = []
        for line in path.read_bytes().splitlines():
            record = {name: value for name, value in json.loads(line).items() if name not in {"hash", "seq", "prev"}}
            if record["fields"].get("sqlText") == "SELECT 3":
                record["fields"]["sqlText"] = "SELECT 4"
            record["fields"].pop("key", None)
            sealed, link = seal(record, link, NO_KEY)
            made.append(sealed)
        path.write_bytes(b"".join(made))


def problems(reports: list[ChainReport]) -> str:
    return "\n".join(str(problem) for report in reports for problem in report.problems)


def test_a_chain_that_was_made_anew_without_the_key(original: Path, tmp_path: Path) -> None:
    shutil.copytree(original / "audit", tmp_path / "audit")
    forge(tmp_path / "audit")
    found = problems(verify(tmp_path / "audit", read_keyring(original / "audit.key")))
    assert "no file of this instance is chained by a key" in found


def test_a_chain_without_a_key_is_found_by_what_was_noted_elsewhere(fill: Fill, folder: Path) -> None:
    fill(range(5))
    last = check(max(folder.glob("*.jsonl")).read_bytes().splitlines()[-1], NO_KEY)
    assert last is not None
    assert problems(verify(folder, Keyring(), anchors=[("one", last.link)])) == ""
    forge(folder)
    found = problems(verify(folder, Keyring(), anchors=[("one", last.link)]))
    assert f"record {last.link.seq} is not the one that was confirmed" in found


def test_the_place_is_named(fill: Fill, folder: Path) -> None:
    fill(range(5))
    (path,) = folder.glob("*.jsonl")
    content = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(content[:3] + content[4:]))
    assert f"{path}:4: record 4 is missing before it" in problems(verify(folder, Keyring()))


def test_an_instance_whose_files_are_all_gone(fill: Fill, folder: Path) -> None:
    fill(range(5))
    for path in folder.glob("*.jsonl"):
        path.unlink()
    assert "records 1 to 7 at the end, confirmed once, are missing" in problems(verify(folder, Keyring()))


def test_files_that_were_put_away(fill: Fill, folder: Path) -> None:
    for _ in range(3):
        fill(range(5))
    min(folder.glob("*.jsonl")).unlink()
    assert "records 1 to 7 are missing before it" in problems(verify(folder, Keyring()))
    (report,) = verify(folder, Keyring(), missing_start=True)
    assert report.problems == []
    assert "records 1 to 7 are missing before it" in str(report.notes[0])
    assert report.first is not None
    assert report.first.seq == 8


def test_the_end_is_missed_also_after_the_proxy_went_on(fill: Fill, folder: Path) -> None:
    fill(range(5))
    (path,) = folder.glob("*.jsonl")
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-2]))
    fill(range(5))
    assert "records 6 to 7 are missing before it" in problems(verify(folder, Keyring()))
