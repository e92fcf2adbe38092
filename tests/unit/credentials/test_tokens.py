from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.credentials.kms import FIRST, SECOND, arn_of
from theia_sf.credentials.tokens import Token, parse
from theia_sf.errors import UsageError

TOKEN = Token("password", arn_of(FIRST), datetime(2026, 11, 20, 9, 30, 5, tzinfo=UTC), b"\x00\xff" * 90)
VARIABLE = "KMS_ENCRYPTED_PASSWORD"


def test_a_token_is_one_word_that_every_reader_of_env_files_reads_alike() -> None:
    text = str(TOKEN)
    assert text.startswith("theia-sf.v1.")
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")
    assert parse(text, VARIABLE, "password") == TOKEN


def test_the_context_binds_field_key_and_time() -> None:
    assert TOKEN.context == {
        "application": "theia-sf",
        "version": "1",
        "field": "password",
        "key": arn_of(FIRST),
        "time": "2026-11-20T09:30:05+00:00",
    }


@given(st.integers(0, 400), st.sampled_from("Aa0-_."))
def test_any_change_of_a_letter_is_seen_without_kms(position: int, letter: str) -> None:
    text = str(TOKEN)
    position %= len(text)
    changed = text[:position] + letter + text[position + 1 :]
    if changed != text:
        with pytest.raises(UsageError):
            parse(changed, VARIABLE, "password")


@given(st.integers(1, 400))
def test_a_truncated_value_is_called_damaged(length: int) -> None:
    text = str(TOKEN)
    length = 12 + length % (len(text) - 12)
    with pytest.raises(UsageError, match="The value of KMS_ENCRYPTED_PASSWORD is damaged"):
        parse(text[:length], VARIABLE, "password")


def test_a_value_in_the_place_of_another_is_named() -> None:
    with pytest.raises(UsageError, match="KMS_ENCRYPTED_USER holds what was encrypted as the password"):
        parse(str(TOKEN), "KMS_ENCRYPTED_USER", "user")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (base64.b64encode(b"\x01\x02\x02\x00" + bytes(180)).decode(), "holds a ciphertext of another tool"),
        ("hunter2", "does not hold a value that theia-sf encrypted"),
        ("theia-sf.v2.abc", "was encrypted by a newer theia-sf"),
    ],
)
def test_what_is_not_ours_is_told_apart(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as refused:
        parse(text, VARIABLE, "password")
    assert text not in refused.value.message
    assert refused.value.hint is not None


def test_a_newer_value_wants_a_newer_theia_sf_first() -> None:
    with pytest.raises(UsageError) as refused:
        parse("theia-sf.v2.abc", VARIABLE, "password")
    assert str(refused.value.hint).startswith("Install a newer theia-sf, or: enter the value again")


def test_a_key_that_is_no_kms_key_is_refused() -> None:
    forged = Token("password", "arn:aws:s3:::bucket", TOKEN.encrypted_at, b"x")
    with pytest.raises(UsageError, match="its header makes no sense"):
        parse(str(forged), VARIABLE, "password")
    assert parse(str(Token("password", arn_of(SECOND), TOKEN.encrypted_at, b"x")), VARIABLE, "password")
