"""KMS: what a ciphertext is bound to, and which keys refuse."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

CONTEXT = {"theia-sf:field": "password"}


@pytest.fixture
def kms(cloud: Any) -> Any:
    return cloud.client("kms")


@pytest.fixture
def key(kms: Any) -> str:
    return kms.create_key()["KeyMetadata"]["Arn"]


@pytest.fixture
def blob(kms: Any, key: str) -> bytes:
    return kms.encrypt(KeyId=key, Plaintext=b"value", EncryptionContext=CONTEXT)["CiphertextBlob"]


def _refusal(call: Any, **arguments: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_ciphertext_is_opened_by_its_context_with_its_key_or_none(kms: Any, key: str, blob: bytes) -> None:
    for more in ({}, {"KeyId": key}, {"KeyId": key.rsplit("/", 1)[1]}):
        answer = kms.decrypt(CiphertextBlob=blob, EncryptionContext=CONTEXT, **more)
        assert (answer["Plaintext"], answer["KeyId"]) == (b"value", key)


@pytest.mark.parametrize(
    "context",
    [
        {},
        {"theia-sf:field": "user"},
        {**CONTEXT, "more": "1"},
        {"theia-sf:fieldp": "assword"},  # the same letters in a row
    ],
)
def test_another_context_does_not_open_it(kms: Any, blob: bytes, context: dict[str, str]) -> None:
    assert _refusal(kms.decrypt, CiphertextBlob=blob, EncryptionContext=context)[0] == "InvalidCiphertextException"


@pytest.mark.parametrize("spoilt", [b"x", bytes(range(0x80, 0x100)), b"cut"])
def test_what_is_no_ciphertext_is_refused(kms: Any, blob: bytes, spoilt: bytes) -> None:
    ciphertext = blob[:-1] if spoilt == b"cut" else spoilt
    code, _ = _refusal(kms.decrypt, CiphertextBlob=ciphertext, EncryptionContext=CONTEXT)
    assert code == "InvalidCiphertextException"


def test_another_keys_id_is_incorrect(kms: Any, blob: bytes) -> None:
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    code, message = _refusal(kms.decrypt, CiphertextBlob=blob, EncryptionContext=CONTEXT, KeyId=other)
    assert (code, "does not identify a CMK" in message) == ("IncorrectKeyException", True)


def test_the_key_of_another_region_is_out_of_reach(cloud: Any, blob: bytes) -> None:
    kms = cloud.client("kms", region="us-east-1")
    code, message = _refusal(kms.decrypt, CiphertextBlob=blob, EncryptionContext=CONTEXT)
    assert code == "AccessDeniedException"
    assert "does not exist in this region" in message


def test_a_disabled_key_and_one_that_is_pending_deletion_refuse(kms: Any, key: str, blob: bytes) -> None:
    calls = [
        (kms.encrypt, {"KeyId": key, "Plaintext": b"1"}),
        (kms.decrypt, {"CiphertextBlob": blob, "EncryptionContext": CONTEXT}),
        (kms.generate_data_key, {"KeyId": key, "KeySpec": "AES_256"}),
    ]
    key_id = key.rsplit("/", 1)[1]
    kms.disable_key(KeyId=key_id)
    for call, arguments in calls:
        assert _refusal(call, **arguments) == ("DisabledException", f"{key} is disabled.")
    kms.enable_key(KeyId=key_id)
    kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)
    for call, arguments in calls:
        assert _refusal(call, **arguments) == ("KMSInvalidStateException", f"{key} is pending deletion.")
    kms.cancel_key_deletion(KeyId=key_id)
    kms.enable_key(KeyId=key_id)
    assert kms.decrypt(**calls[1][1])["Plaintext"] == b"value"


def test_a_keys_state_is_changed_by_its_arn_too(kms: Any, key: str) -> None:
    kms.disable_key(KeyId=key)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Disabled"
    kms.enable_key(KeyId=key)
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    kms.cancel_key_deletion(KeyId=key)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Disabled"


def test_a_signing_key_does_not_encrypt(kms: Any) -> None:
    signing = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="ECC_NIST_P256")["KeyMetadata"]["KeyId"]
    assert _refusal(kms.encrypt, KeyId=signing, Plaintext=b"1")[0] == "InvalidKeyUsageException"


def test_a_data_key_is_bound_to_its_context(kms: Any, key: str) -> None:
    made = kms.generate_data_key(KeyId=key, KeySpec="AES_256", EncryptionContext=CONTEXT)
    assert len(made["Plaintext"]) == 32
    opened = kms.decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext=CONTEXT)
    assert opened["Plaintext"] == made["Plaintext"]
    assert _refusal(kms.decrypt, CiphertextBlob=made["CiphertextBlob"])[0] == "InvalidCiphertextException"


def test_encrypt_takes_4096_bytes(kms: Any, key: str) -> None:
    kms.encrypt(KeyId=key, Plaintext=b"1" * 4096)
    with pytest.raises(ClientError, match="4096"):
        kms.encrypt(KeyId=key, Plaintext=b"1" * 4097)
