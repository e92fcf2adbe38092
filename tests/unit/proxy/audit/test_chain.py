"""Lines that are bound to one another."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from theia_sf.errors import UsageError
from theia_sf.proxy.audit.chain import NO_KEY, START, ChainKey, Link, check, read_keyring, seal

KEY = ChainKey.of(b"k" * 32)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def chain(count: int, key: ChainKey = NO_KEY) -> list[bytes]:
    link, made = START, list[bytes]()
    for number in range(count):
        line, link = seal({"event": "statement.finished", "fields": {"sqlText": f"SELECT {number}"}}, link, key)
        made.append(line)
    return made


@given(JSON, st.sampled_from([NO_KEY, KEY]))
def test_what_is_sealed_comes_back(value: Any, key: ChainKey) -> None:
    line, link = seal({"event": "x", "fields": {"value": value}}, Link(7, "a" * 64), key)
    sealed = check(line, key)
    assert sealed is not None
    assert sealed.fields == {"value": value}
    assert sealed.link == link
    assert sealed.follows(Link(7, "a" * 64))
    assert line.isascii()
    assert line.count(b"\n") == 1


def test_anybody_can_compute_the_hash() -> None:
    (line,) = chain(1)
    without = re.sub(r',"hash":"([0-9a-f]{64})"\}$', "}", line.decode().rstrip())
    assert hashlib.sha256(without.encode()).hexdigest() == json.loads(line)["hash"]
    (keyed,) = chain(1, KEY)
    without = re.sub(r',"hash":"([0-9a-f]{64})"\}$', "}", keyed.decode().rstrip())
    assert KEY.secret is not None
    assert hmac.new(KEY.secret, without.encode(), "sha256").hexdigest() == json.loads(keyed)["hash"]


@given(st.data())
def test_every_byte_counts(data: st.DataObject) -> None:
    line = chain(3)[2].rstrip(b"\n")
    place = data.draw(st.integers(0, len(line) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != line[place]))
    assert check(line[:place] + bytes([other]) + line[place + 1 :], NO_KEY) is None


def test_another_key_or_none_does_not_fit() -> None:
    keyed, plain = chain(1, KEY)[0], chain(1)[0]
    assert check(keyed, KEY) is not None
    assert check(keyed, NO_KEY) is None
    assert check(plain, KEY) is None
    assert check(keyed, ChainKey.of(b"l" * 32)) is None


def test_the_key_does_not_show() -> None:
    assert KEY.secret is not None
    assert repr(KEY.secret)[2:10] not in repr(KEY)


def test_former_keys_alone_are_refused(tmp_path: Any) -> None:
    with pytest.raises(UsageError, match="no `key_file`"):
        read_keyring(None, [tmp_path / "old.key"])


@pytest.mark.parametrize(
    "line",
    [b"", b"{}", b"[]", b"null", b"\xff\xfe", b'{"seq":1}', b"[" * 100_000, b'{"a":1,"hash":"' + b"0" * 64 + b'"}'],
)
def test_what_is_no_record_is_none(line: bytes) -> None:
    assert check(line, NO_KEY) is None
