"""KMS at work on values: encrypt, decrypt, data keys, each bound to an encryption context."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from theia_sf.aws.errors import AwsError, aws_errors, error_code
from theia_sf.aws.kms import KeyMissingError, describe_key, key_region
from theia_sf.aws.session import client
from theia_sf.errors import TheiaError

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

LARGEST_PLAINTEXT: Final = 4096  # bytes. https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html
_DENIED: Final = "AccessDeniedException"
# Codes of https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html: what they say of the key, what to do.
_UNUSABLE: Final = {
    "DisabledException": ("is disabled", "`aws kms enable-key {at}` enables it."),
    "KMSInvalidStateException": (
        "is not in a state to be used",
        "`aws kms describe-key {at}` tells which state it is in.",
    ),
    "InvalidKeyUsageException": (
        "is not a key for symmetric encryption",
        "`theia-sf create-kms-key` makes one.",
    ),
    "KeyUnavailableException": ("is not available at the moment", "Try again in a while."),
}
_PENDING: Final = (
    "is pending deletion",
    "`aws kms cancel-key-deletion {at}` saves it, and `aws kms enable-key {at}` makes it usable.",
)


class WrongKeyError(TheiaError):
    """The ciphertext was made under another key than the one named."""


class WrongCiphertextError(TheiaError):
    """KMS did not make this ciphertext, or made it with another encryption context."""


@dataclass(frozen=True)
class DataKey:
    """A data key of 32 bytes, in clear (in memory only) and encrypted."""

    plaintext: bytes
    encrypted: bytes

    def __repr__(self) -> str:
        return "DataKey(***)"


class KmsValues:
    """Uses one KMS key.

    Every method raises, besides what it says:
        KeyMissingError: there is no such key.
        AwsError: the key is disabled, pending deletion, of another kind; or the caller may not use it.
        ConnectionFailedError: no AWS credentials, or AWS not reached.

    Args:
        key_id: the key: ID, ARN or alias.
        region: where to look for it, unless the ARN tells.
    """

    def __init__(self, key_id: str, region: str) -> None:
        self.key_id = key_id
        self.region = key_region(key_id, region)
        self._made: KMSClient | None = None
        self._arn = key_id if key_id.startswith("arn:") and ":key/" in key_id else None

    @property
    def _client(self) -> KMSClient:
        if self._made is None:
            self._made = client("kms", self.region)
        return self._made

    @property
    def _name(self) -> str:
        """The ARN once it is known: an alias may mean another key a moment later."""
        return self._arn or self.key_id

    def arn(self) -> str:
        """Return the key's ARN; KMS is asked unless the key was given by it."""
        if self._arn is not None:
            return self._arn
        try:
            self._arn = describe_key(self.key_id, self.region).arn
        except AwsError as error:
            if error.code == _DENIED:
                hint = "Give the key by its ARN, which needs no kms:DescribeKey."
                raise AwsError(error.message, code=error.code, hint=hint) from error
            raise
        return self._arn

    def encrypt(self, plaintext: bytes, context: Mapping[str, str]) -> bytes:
        """Encrypt 1 to `LARGEST_PLAINTEXT` bytes."""
        with self._told("encrypt", "kms:Encrypt"):
            answer = self._client.encrypt(KeyId=self._name, Plaintext=plaintext, EncryptionContext=dict(context))
        return answer["CiphertextBlob"]

    def decrypt(self, ciphertext: bytes, context: Mapping[str, str]) -> bytes:
        """Decrypt what was encrypted under this key and with this context.

        Raises:
            WrongKeyError: it was encrypted under another key.
            WrongCiphertextError: it was changed, or encrypted with another context.
        """
        with self._told("decrypt", "kms:Decrypt"):
            answer = self._client.decrypt(KeyId=self.key_id, CiphertextBlob=ciphertext, EncryptionContext=dict(context))
        return answer["Plaintext"]

    def data_key(self, context: Mapping[str, str]) -> DataKey:
        """Make a key to encrypt with locally; `decrypt` gets it back from its encrypted form."""
        with self._told("make a data key", "kms:GenerateDataKey"):
            answer = self._client.generate_data_key(
                KeyId=self._name, KeySpec="AES_256", EncryptionContext=dict(context)
            )
        return DataKey(answer["Plaintext"], answer["CiphertextBlob"])

    @contextmanager
    def _told(self, action: str, permission: str) -> Generator[None]:
        with aws_errors(f"{action} with the KMS key {self.key_id}"):
            try:
                yield
            except ClientError as error:
                told = self._explained(error_code(error), permission, error)
                if told is None:
                    raise
                raise told from error

    def _explained(self, code: str, permission: str, error: ClientError) -> TheiaError | None:
        if code == "NotFoundException":
            message = f"There is no KMS key {self.key_id} in {self.region}."
            return KeyMissingError(message, hint="Check the ID, the region and the AWS account.")
        if code == "IncorrectKeyException":
            return WrongKeyError(f"The ciphertext is not one of the KMS key {self.key_id}.")
        if code == "InvalidCiphertextException":
            return WrongCiphertextError(f"The KMS key {self.key_id} does not decrypt the ciphertext.")
        if code == _DENIED:
            words = str(error.response.get("Error", {}).get("Message", "")).rstrip(".")
            message = f"AWS does not allow you to use the KMS key {self.key_id}: {words or code}."
            hint = f"The caller needs {permission} on the key, by its policy and by IAM."
            return AwsError(message, code=code, hint=hint)
        if code in _UNUSABLE:
            pending = "pending deletion" in str(error.response.get("Error", {}).get("Message", "")).lower()
            state, hint = _PENDING if pending else _UNUSABLE[code]
            at = f"--key-id {self.key_id} --region {self.region}"
            return AwsError(f"The KMS key {self.key_id} {state}.", code=code, hint=hint.format(at=at))
        return None
