"""A KMS in memory that keeps to the rules of the real one, and counts what it is asked."""

# ruff: noqa: N803 (the names of KMS)
from __future__ import annotations

import json
import secrets
from collections import Counter
from typing import Any

from botocore.exceptions import ClientError
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

REGION = "eu-west-1"
ACCOUNT = "123456789012"
FIRST = "11111111-2222-3333-4444-555555555555"
SECOND = "99999999-2222-3333-4444-555555555555"


def arn_of(key_id: str, region: str = REGION) -> str:
    return f"arn:aws:kms:{region}:{ACCOUNT}:key/{key_id}"


class Kms:
    def __init__(self) -> None:
        self.material = {FIRST: secrets.token_bytes(32), SECOND: secrets.token_bytes(32)}
        self.aliases = {"alias/first": FIRST, "alias/second": SECOND}
        self.calls: Counter[str] = Counter()
        self.refusal: str | None = None
        self.seen: list[dict[str, str]] = []

    def describe_key(self, *, KeyId: str) -> Any:
        key = self._begin("DescribeKey", KeyId)
        return {"KeyMetadata": {"KeyId": key, "Arn": arn_of(key), "KeyState": "Enabled"}}

    def encrypt(self, *, KeyId: str, Plaintext: bytes, EncryptionContext: dict[str, str]) -> Any:
        key = self._begin("Encrypt", KeyId)
        assert 1 <= len(Plaintext) <= 4096
        self.seen.append(EncryptionContext)
        return {"CiphertextBlob": self._seal(key, Plaintext, EncryptionContext), "KeyId": arn_of(key)}

    def generate_data_key(self, *, KeyId: str, KeySpec: str, EncryptionContext: dict[str, str]) -> Any:
        key = self._begin("GenerateDataKey", KeyId)
        assert KeySpec == "AES_256"
        plaintext = secrets.token_bytes(32)
        return {"Plaintext": plaintext, "CiphertextBlob": self._seal(key, plaintext, EncryptionContext)}

    def decrypt(self, *, KeyId: str, CiphertextBlob: bytes, EncryptionContext: dict[str, str]) -> Any:
        key = self._begin("Decrypt", KeyId)
        named = CiphertextBlob[:36].decode("ascii", "replace")
        if named in self.material and named != key:
            raise refused("IncorrectKeyException", "Decrypt")
        try:
            plaintext = AESGCM(self.material[key]).decrypt(
                CiphertextBlob[36:48], CiphertextBlob[48:], _bytes(EncryptionContext)
            )
        except (InvalidTag, ValueError) as error:
            raise refused("InvalidCiphertextException", "Decrypt") from error
        return {"Plaintext": plaintext, "KeyId": arn_of(key)}

    def _seal(self, key: str, plaintext: bytes, context: dict[str, str]) -> bytes:
        nonce = secrets.token_bytes(12)
        return key.encode() + nonce + AESGCM(self.material[key]).encrypt(nonce, plaintext, _bytes(context))

    def _begin(self, operation: str, key_id: str) -> str:
        self.calls[operation] += 1
        if self.refusal:
            raise refused(self.refusal, operation)
        key = self.aliases.get(key_id) or key_id.rpartition("/")[2]
        if key not in self.material:
            raise refused("NotFoundException", operation)
        return key


def refused(code: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "so says AWS"}}, operation)


def _bytes(context: dict[str, str]) -> bytes:
    return json.dumps(context, sort_keys=True).encode()
