from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.credentials.kms import ACCOUNT, FIRST, REGION, SECOND, Kms, arn_of
from theia_sf.aws.errors import AwsError
from theia_sf.aws.kms import KeyMissingError
from theia_sf.aws.kms_values import KmsValues
from theia_sf.credentials import cipher, tokens
from theia_sf.credentials.cipher import UndecipherableError
from theia_sf.credentials.tokens import Token
from theia_sf.errors import UsageError
from theia_sf.secret import Secret, redact

ARN = arn_of(FIRST)


def encrypted(value: str, field: str = "password", key: str = ARN) -> Token:
    (text,) = cipher.encrypt({field: Secret(value)}, KmsValues(key, REGION)).values()
    return tokens.parse(text, f"KMS_ENCRYPTED_{field.upper()}", field)


def test_one_request_encrypts_a_value_and_binds_it_to_its_field(fake_kms: Kms) -> None:
    token = encrypted("hunter2 ü")
    assert fake_kms.calls == {"Encrypt": 1}
    assert fake_kms.seen == [token.context]
    assert token.field == "password"
    assert token.key_arn == ARN
    assert b"hunter2" not in str(token).encode()
    assert cipher.decrypt({"password": token}, None)["password"].reveal() == "hunter2 ü"


def test_a_value_is_sent_to_kms_once_in_the_life_of_the_process(fake_kms: Kms) -> None:
    wanted = {"password": encrypted("hunter2"), "user": encrypted("ME", "user")}
    threads = [threading.Thread(target=cipher.decrypt, args=(wanted, None)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert fake_kms.calls["Decrypt"] == 2


@pytest.mark.parametrize("length", [1, 4096, 4097, 100_000])
def test_values_too_long_for_kms_get_a_data_key(fake_kms: Kms, length: int) -> None:
    token = encrypted("x" * length)
    assert fake_kms.calls == ({"Encrypt": 1} if length <= 4096 else {"GenerateDataKey": 1})
    assert cipher.decrypt({"password": token}, None)["password"].reveal() == "x" * length
    assert fake_kms.calls["Decrypt"] == 1


def test_the_length_that_counts_is_that_in_utf_8(fake_kms: Kms) -> None:
    encrypted("ü" * 2049)
    assert fake_kms.calls == {"GenerateDataKey": 1}


@pytest.mark.parametrize("length", [10, 5000])
def test_nothing_of_a_token_can_be_changed(fake_kms: Kms, length: int) -> None:
    token = encrypted("x" * length)
    flipped = bytes([token.ciphertext[-1] ^ 1])
    for forged in (
        replace(token, ciphertext=token.ciphertext[:-1] + flipped),
        replace(token, ciphertext=token.ciphertext[:-1]),
        replace(token, ciphertext=b""),
        replace(token, encrypted_at=token.encrypted_at + timedelta(seconds=1)),
        replace(token, field="user"),
        replace(token, data_key=token.data_key[:-1] + b"\0" if token.data_key else b"x" * 60),
    ):
        with pytest.raises(UndecipherableError, match="KMS does not decrypt KMS_ENCRYPTED_PASSWORD: the value was"):
            cipher.decrypt({"password": forged}, None)


def test_the_ciphertext_of_one_value_does_not_serve_for_another(fake_kms: Kms) -> None:
    short, other = encrypted("x"), encrypted("y", "user")
    with pytest.raises(UndecipherableError):
        cipher.decrypt({"password": replace(short, ciphertext=other.ciphertext)}, None)
    long, longer = encrypted("x" * 5000), encrypted("y" * 5000, "private_key")
    with pytest.raises(UndecipherableError):
        cipher.decrypt({"password": replace(long, ciphertext=longer.ciphertext)}, None)


@pytest.mark.parametrize("named", [SECOND, arn_of(SECOND), arn_of(FIRST, "us-east-1")])
def test_a_value_under_another_key_than_the_one_named_is_refused_without_asking(fake_kms: Kms, named: str) -> None:
    token = encrypted("hunter2")
    with pytest.raises(UndecipherableError, match=f"is encrypted under the KMS key {ARN}, but AWS_KMS_KEY_ID names"):
        cipher.decrypt({"password": token}, named)
    assert fake_kms.calls["Decrypt"] == 0


def test_only_kms_knows_what_an_alias_means(fake_kms: Kms) -> None:
    token = encrypted("hunter2")
    assert cipher.decrypt({"password": token}, "alias/first")["password"].reveal() == "hunter2"
    with pytest.raises(UndecipherableError, match="but AWS_KMS_KEY_ID names alias/second"):
        cipher.decrypt({"password": token}, "alias/second")


def test_a_header_that_names_another_key_does_not_lead_there(fake_kms: Kms) -> None:
    with pytest.raises(UndecipherableError, match="KMS does not decrypt KMS_ENCRYPTED_PASSWORD"):
        cipher.decrypt({"password": replace(encrypted("hunter2"), key_arn=arn_of(SECOND))}, None)


@pytest.mark.parametrize(
    ("arn", "key_id", "same"),
    [
        (ARN, FIRST, True),
        (ARN, ARN, True),
        (ARN, SECOND, False),
        (ARN, "alias/first", None),
        (ARN, f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/first", None),
        (arn_of("mrk-00ff"), arn_of("mrk-00ff", "us-east-1"), True),
        (ARN, arn_of(FIRST, "us-east-1"), False),
    ],
)
def test_whether_two_names_mean_one_key(arn: str, key_id: str, same: bool | None) -> None:
    assert cipher.same_key(arn, key_id) is same


@pytest.mark.parametrize("name", [FIRST, "alias/first", ARN])
def test_a_key_may_be_named_by_id_alias_or_arn(fake_kms: Kms, name: str) -> None:
    assert encrypted("x", key=name).key_arn == ARN
    assert fake_kms.calls["DescribeKey"] == (0 if name == ARN else 1)


@pytest.mark.parametrize(
    ("code", "kind", "said"),
    [
        ("DisabledException", AwsError, "The KMS key .* is disabled"),
        ("KMSInvalidStateException", AwsError, "is not in a state to be used"),
        ("InvalidKeyUsageException", AwsError, "is not a key for symmetric encryption"),
        ("KeyUnavailableException", AwsError, "is not available at the moment"),
        ("AccessDeniedException", AwsError, "AWS does not allow you to use the KMS key .*: so says AWS"),
        ("NotFoundException", KeyMissingError, "There is no KMS key .* in eu-west-1"),
        ("ThrottlingException", AwsError, "AWS could not decrypt with the KMS key"),
    ],
)
def test_what_kms_refuses_is_one_sentence(fake_kms: Kms, code: str, kind: type[Exception], said: str) -> None:
    token = encrypted("hunter2")
    fake_kms.refusal = code
    with pytest.raises(kind, match=said):
        cipher.decrypt({"password": token}, None)


def test_a_denied_look_at_an_alias_says_how_to_do_without(fake_kms: Kms) -> None:
    fake_kms.refusal = "AccessDeniedException"
    with pytest.raises(AwsError, match="does not allow") as refused:
        encrypted("x", key="alias/first")
    assert refused.value.hint == "Give the key by its ARN, which needs no kms:DescribeKey."


@pytest.mark.parametrize(("value", "said"), [("a\0b", "holds a NUL"), ("a\udcffb", "is not text")])
def test_what_no_variable_can_hold_is_refused_before_kms_is_asked(fake_kms: Kms, value: str, said: str) -> None:
    with pytest.raises(UsageError, match=f"The password {said}"):
        encrypted(value)
    assert not fake_kms.calls


def test_secrets_are_masked_and_names_can_be_told(fake_kms: Kms) -> None:
    found = cipher.decrypt({"password": encrypted("hunter2"), "user": encrypted("GRAFANA", "user")}, None)
    assert str(found["user"]) == "***"
    assert redact("hunter2 of GRAFANA") == "*** of ***"  # both were wrapped by the test as entered


def test_a_decrypted_name_is_not_masked_in_messages(fake_kms: Kms, monkeypatch: pytest.MonkeyPatch) -> None:
    token = tokens.parse(
        cipher.encrypt({"user": Secret("GRAFANA", mask=False)}, KmsValues(ARN, REGION))["user"], "-", "user"
    )
    cipher.decrypt({"user": token}, None)
    assert redact("GRAFANA may not") == "GRAFANA may not"
