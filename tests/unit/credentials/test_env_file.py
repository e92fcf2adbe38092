from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theia_sf.credentials.env_file import EnvFile
from theia_sf.errors import UsageError

TOKEN = "theia-sf.v1.eyJ9..AbC_-.x9"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", b"KMS_ENCRYPTED_USER=T\n"),
        (b"A=1\n", b"A=1\nKMS_ENCRYPTED_USER=T\n"),
        (b"A=1", b"A=1\nKMS_ENCRYPTED_USER=T\n"),
        (b"A=1\r\nB=2", b"A=1\r\nB=2\r\nKMS_ENCRYPTED_USER=T\r\n"),
        (b"\xef\xbb\xbfKMS_ENCRYPTED_USER=\n", b"\xef\xbb\xbfKMS_ENCRYPTED_USER=T\n"),
        (b"KMS_ENCRYPTED_USER=", b"KMS_ENCRYPTED_USER=T"),
        (b"KMS_ENCRYPTED_USER\n", b"KMS_ENCRYPTED_USER=T\n"),
        (b"  export KMS_ENCRYPTED_USER = old # mine\r\n", b"  export KMS_ENCRYPTED_USER =T # mine\r\n"),
        (b"KMS_ENCRYPTED_USER= # mine\n", b"KMS_ENCRYPTED_USER=T # mine\n"),
        (b"KMS_ENCRYPTED_USER='a\nb'# mine\nC=3\n", b"KMS_ENCRYPTED_USER=T # mine\nC=3\n"),
        (b'KMS_ENCRYPTED_USER="a\\"b"\n', b"KMS_ENCRYPTED_USER=T\n"),
        (b"KMS_ENCRYPTED_USER=1\nA=\nKMS_ENCRYPTED_USER=2\n", b"KMS_ENCRYPTED_USER=T\nA=\nKMS_ENCRYPTED_USER=T\n"),
        (b"# KMS_ENCRYPTED_USER=\n", b"# KMS_ENCRYPTED_USER=\nKMS_ENCRYPTED_USER=T\n"),
        (b"KMS_ENCRYPTED_USERS=1\n", b"KMS_ENCRYPTED_USERS=1\nKMS_ENCRYPTED_USER=T\n"),
        (b'A="\nKMS_ENCRYPTED_USER=x\n"\n', b'A="\nKMS_ENCRYPTED_USER=x\n"\nKMS_ENCRYPTED_USER=T\n'),
        (b"A='open\nB=2\n", b"A='open\nB=2\nKMS_ENCRYPTED_USER=T\n"),
        (b"\xff\xfe\x00=\x00\nnot a line\n", b"\xff\xfe\x00=\x00\nnot a line\nKMS_ENCRYPTED_USER=T\n"),
        (b"A=1\n\n\n", b"A=1\n\n\nKMS_ENCRYPTED_USER=T\n"),
    ],
)
def test_a_value_is_put_in_and_everything_else_is_kept(before: bytes, after: bytes) -> None:
    written = EnvFile(before).with_values({"KMS_ENCRYPTED_USER": "T"})
    assert written == after
    assert EnvFile(written).values["KMS_ENCRYPTED_USER"] == "T"


def test_an_empty_value_empties_a_line_and_adds_none() -> None:
    file = EnvFile(b"KMS_ENCRYPTED_USER=old # mine\n")
    assert file.with_values({"KMS_ENCRYPTED_USER": "", "KMS_ENCRYPTED_ROLE": ""}) == b"KMS_ENCRYPTED_USER= # mine\n"


def test_values_are_those_of_python_dotenv() -> None:
    file = EnvFile(b"export A='x # y'\nB=1 # one\nC=\"two\\nlines\"\nB=2\nD\nE=${A}\n")
    assert file.values == {"A": "x # y", "B": "2", "C": "two\nlines", "E": "${A}"}
    assert file.names() == {"A", "B", "C", "D", "E"}


@pytest.mark.parametrize("value", ["two\nlines", "a # b", "'a", " a"])
def test_what_would_not_be_read_back_is_not_written(value: str) -> None:
    with pytest.raises(UsageError, match="cannot be changed"):
        EnvFile(b"A='1'\n").with_values({"KMS_ENCRYPTED_USER": value})


# Files of the pieces that matter to a parser of such files, and files of any bytes.
PIECES = st.sampled_from(
    [
        b"KMS_ENCRYPTED_USER",
        b"KMS_ENCRYPTED_PASSWORD",
        b"KMS_ENCRYPTED_",
        b"SNOWFLAKE_USER",
        b"A",
        b"=",
        b"'",
        b'"',
        b"\\",
        b"#",
        b" ",
        b"\t",
        b"\n",
        b"\r",
        b"\r\n",
        b"export ",
        b"\xef\xbb\xbf",
        b"\xff",
        b"\x00",
        b"\x0b",
        b"\x1c",
        b"\xc2\x85",
        b"\xc2\xa0",
        b"\xe2\x80\xa8",
        b"caf\xc3\xa9",
        b"${A}",
    ]
)
FILES = st.one_of(st.lists(PIECES, max_size=40).map(b"".join), st.binary(max_size=200))
CHANGES = st.dictionaries(
    st.sampled_from(["KMS_ENCRYPTED_USER", "KMS_ENCRYPTED_PASSWORD", "KMS_ENCRYPTED_ROLE"]),
    st.sampled_from([TOKEN, "T", ""]),
)


def check(before: bytes, changes: dict[str, str]) -> None:
    old = EnvFile(before)
    written = old.with_values(changes)
    new = EnvFile(written)
    for name, value in changes.items():
        assert new.values.get(name, "") == value
    assert {k: v for k, v in new.values.items() if k not in changes} == {
        k: v for k, v in old.values.items() if k not in changes
    }
    # Every byte outside the changed lines is there, in order: what is left of both after taking these lines away.
    assert without(written, changes, before) == without(before, changes, before)
    assert new.with_values(changes) == written  # a second time changes nothing


def without(data: bytes, names: dict[str, str], before: bytes) -> bytes:
    """The bytes outside the lines of these names. A line break that had to be added at the end does not count."""
    kept = [text for key, text in lines_of(data) if key not in names]
    text = b"".join(kept)
    added = not before.endswith((b"\n", b"\r"))
    return text.rstrip(b"\r\n") if added else text


def lines_of(data: bytes) -> list[tuple[str | None, bytes]]:
    """(name, text) of each line by the reader's own judgement, the blank lines before a line on their own."""
    found: list[tuple[str | None, bytes]] = []
    file = EnvFile(data)
    for binding in file._bindings:
        text = binding.original.string
        blank = text[: len(text) - len(text.lstrip())]
        for key, part in ((None, blank), (binding.key, text.lstrip())):
            found.append((key, part.encode("utf-8", "surrogateescape")))
    return found


@settings(max_examples=200, deadline=None)
@given(FILES, CHANGES)
def test_nothing_is_lost_of_any_file(before: bytes, changes: dict[str, str]) -> None:
    check(before, changes)


@pytest.mark.soak
@settings(max_examples=10_000, deadline=None)
@given(FILES, CHANGES)
def test_nothing_is_lost_of_ten_thousand_files(before: bytes, changes: dict[str, str]) -> None:
    check(before, changes)


@pytest.mark.parametrize(
    ("line", "emptied"),
    [
        (b"KMS_ENCRYPTED_USER#\x0b#", b"KMS_ENCRYPTED_USER= #\x0b#"),
        (b"KMS_ENCRYPTED_USER#who #when", b"KMS_ENCRYPTED_USER= #who #when"),
        (b"KMS_ENCRYPTED_USER=a\x0b#who", b"KMS_ENCRYPTED_USER=\x0b#who"),
        (b"KMS_ENCRYPTED_USER=a  # who", b"KMS_ENCRYPTED_USER=  # who"),
    ],
)
def test_a_comment_stays_whole_and_in_its_place(line: bytes, emptied: bytes) -> None:
    once = EnvFile(line).with_values({"KMS_ENCRYPTED_USER": ""})
    assert once == emptied
    assert EnvFile(once).with_values({"KMS_ENCRYPTED_USER": ""}) == emptied
