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
from theia_sf.errors import UsageError
from theia_sf.proxy.audit.chain import NO_KEY, START, ChainKey, Keyring, Link, check, read_keyring, seal
from theia_sf.proxy.audit.confirmed import ConfirmedFile, Mark
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


def cut_off(folder: Path, key: ChainKey, mark_key: ChainKey, *, count: int = 2, number: int | None = None) -> None:
    """Cut off the last records, and write a mark that says that they never were, by another key than theirs."""
    path = max(folder.glob("*.jsonl"))
    content = path.read_bytes().splitlines(keepends=True)[:-count]
    path.write_bytes(b"".join(content))
    last = check(content[-1], key)
    assert last is not None
    file = number or int(path.name.split(".")[1])
    (folder / "one.head").unlink()
    made = ConfirmedFile(folder / "one.head", mark_key)
    for _ in range(2):
        made.write(Mark(file, len(b"".join(content)), last.link))
    made.close()


@pytest.mark.parametrize("number", [None, 99])  # of the file that the mark names
@pytest.mark.parametrize("goes_on", [False, True])
def test_a_mark_without_the_key_does_not_hide_a_missing_end(
    fill: Fill, folder: Path, key_file: Path, number: int | None, goes_on: bool
) -> None:
    fill(range(5), key_file=key_file)
    keyring = read_keyring(key_file)
    cut_off(folder, keyring.current, NO_KEY, number=number)
    if goes_on:
        fill(range(5), key_file=key_file)
        assert "some before it may have been cut off" in problems(verify(folder, keyring))
    else:
        assert "one.head: it holds no mark that is whole and made with" in problems(verify(folder, keyring))


def test_who_has_a_former_key_cannot_go_on_with_it(fill: Fill, folder: Path, key_file: Path, tmp_path: Path) -> None:
    newer = new_key_file(tmp_path / "newer.key")
    fill(range(5), key_file=key_file)
    fill(range(5), key_file=newer, old_key_files=[key_file])
    keyring, former = read_keyring(newer, [key_file]), read_keyring(key_file).current
    assert problems(verify(folder, keyring)) == ""
    cut_off(folder, keyring.current, former)
    assert "it holds no mark that is whole and made with" in problems(verify(folder, keyring))
    fill(range(5), key_file=key_file, old_key_files=[newer])
    assert f"it is chained by the key {former.id!r}, which another had replaced" in problems(verify(folder, keyring))


def test_a_file_without_a_key_after_one_with_a_key(fill: Fill, folder: Path, key_file: Path) -> None:
    fill(range(5))
    fill(range(5), key_file=key_file)
    keyring = read_keyring(key_file)
    (report,) = verify(folder, keyring)
    assert (report.problems, report.keyed) == ([], False)
    last = check(max(folder.glob("*.jsonl")).read_bytes().splitlines()[-1], keyring.current)
    assert last is not None
    made, _ = seal({"event": "audit.file", "instance": "one", "fields": {}}, last.link, NO_KEY)
    (folder / "one.00000003.jsonl").write_bytes(made)
    assert "it is chained without a key, unlike the file before it" in problems(verify(folder, keyring))


def test_records_of_another_instance(fill: Fill, folder: Path, key_file: Path) -> None:
    fill(range(5), key_file=key_file)
    fill(range(5), key_file=key_file, instance="two")
    for path in folder.glob("two.*"):
        shutil.copy(folder / path.name.replace("two", "one"), path)
    found = problems(verify(folder, read_keyring(key_file)))
    assert "two.00000001.jsonl:1: it is a record of the instance 'one'" in found
    assert "one.00000001.jsonl:" not in found


def test_an_end_that_was_cut_off_together_with_the_mark(fill: Fill, folder: Path, key_file: Path) -> None:
    fill(range(5), key_file=key_file)
    (path,) = folder.glob("*.jsonl")
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-2]))
    (folder / "one.head").unlink()
    fill(range(5), key_file=key_file)
    assert "some before it may have been cut off" in problems(verify(folder, read_keyring(key_file)))


def test_a_first_start_that_was_killed_before_its_mark_is_no_problem(fill: Fill, folder: Path) -> None:
    fill(range(5))
    (path,) = folder.glob("*.jsonl")
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    (folder / "one.head").write_bytes(b"")
    fill(range(5))
    assert problems(verify(folder, Keyring())) == ""


@pytest.mark.parametrize(
    "slot",
    [
        '{"file":1e999,"bytes":1,"seq":1,"hash":"","key":null,"mac":""}',
        '{"file":1,"bytes":1,"seq":1,"hash":"","key":[],"mac":""}',
        '{"file":1,"bytes":1,"seq":true,"hash":1,"key":{},"mac":2}',
    ],
)
def test_a_mark_that_is_none(fill: Fill, folder: Path, slot: str) -> None:
    fill(range(2))
    (folder / "one.head").write_text(slot)
    assert "it holds no mark that is whole" in problems(verify(folder, Keyring()))
    fill(range(2))


def test_a_first_record_whose_fields_are_none(fill: Fill, folder: Path) -> None:
    fill(range(2))
    (folder / "one.00000002.jsonl").write_text('{"event":"audit.file","fields":[1]}\n')
    assert "one.00000002.jsonl:1: it was changed" in problems(verify(folder, Keyring()))


def test_what_only_looks_like_a_mark_of_an_instance(fill: Fill, folder: Path) -> None:
    fill(range(2))
    (folder / "x\nWarning: y.head").write_text("")
    assert [report.instance for report in verify(folder, Keyring())] == ["one"]


def test_a_mark_that_cannot_be_read(fill: Fill, folder: Path) -> None:
    fill(range(2))
    (folder / "one.head").unlink()
    (folder / "one.head").mkdir()
    with pytest.raises(UsageError, match=r"one\.head cannot be read: Is a directory"):
        verify(folder, Keyring())


def test_the_end_is_missed_also_after_the_proxy_went_on(fill: Fill, folder: Path) -> None:
    fill(range(5))
    (path,) = folder.glob("*.jsonl")
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-2]))
    fill(range(5))
    assert "records 6 to 7 are missing before it" in problems(verify(folder, Keyring()))
