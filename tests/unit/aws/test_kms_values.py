from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.credentials.kms import ACCOUNT, FIRST, REGION, SECOND, Kms, arn_of
from theia_sf.aws import kms, kms_values
from theia_sf.aws.errors import AwsError
from theia_sf.aws.kms_values import DataKey, KmsValues, WrongCiphertextError, WrongKeyError
from theia_sf.errors import ConnectionFailedError

CONTEXT = {"field": "password"}


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The clients that were made: region to service."""
    clients: dict[str, Any] = {}
    fake = Kms()

    def client(service: str, region: str) -> Kms:
        clients[region] = service
        return fake

    for module in (kms, kms_values):
        monkeypatch.setattr(module, "client", client)
    clients["kms"] = fake
    return clients


def test_the_region_of_an_arn_wins(made: dict[str, Any]) -> None:
    KmsValues(f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/{FIRST}", "us-west-2").encrypt(b"x", CONTEXT)
    KmsValues("alias/first", "us-west-2").encrypt(b"x", CONTEXT)
    assert [region for region in made if region != "kms"] == ["eu-central-1", "us-west-2"]


def test_a_known_key_is_used_by_its_arn_even_if_its_alias_moves(made: dict[str, Any]) -> None:
    values = KmsValues("alias/first", REGION)
    assert values.arn() == arn_of(FIRST)
    made["kms"].aliases["alias/first"] = SECOND
    ciphertext = values.encrypt(b"x", CONTEXT)
    assert KmsValues(FIRST, REGION).decrypt(ciphertext, CONTEXT) == b"x"


def test_wrong_key_and_wrong_context_are_told_apart(made: dict[str, Any]) -> None:
    ciphertext = KmsValues(FIRST, REGION).encrypt(b"x", CONTEXT)
    with pytest.raises(WrongKeyError):
        KmsValues(SECOND, REGION).decrypt(ciphertext, CONTEXT)
    with pytest.raises(WrongCiphertextError):
        KmsValues(FIRST, REGION).decrypt(ciphertext, {"field": "user"})


def test_a_key_pending_deletion_can_be_saved(made: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        error = {"Code": "KMSInvalidStateException", "Message": f"{arn_of(FIRST)} is pending deletion."}
        raise ClientError({"Error": error}, "Encrypt")

    monkeypatch.setattr(made["kms"], "encrypt", refuse)
    with pytest.raises(AwsError, match=f"The KMS key {FIRST} is pending deletion") as refused:
        KmsValues(FIRST, REGION).encrypt(b"x", CONTEXT)
    assert f"aws kms cancel-key-deletion --key-id {FIRST}" in (refused.value.hint or "")


def test_refused_aws_credentials_are_no_matter_of_the_key(made: dict[str, Any]) -> None:
    made["kms"].refusal = "ExpiredTokenException"
    with pytest.raises(ConnectionFailedError, match="AWS refused the credentials"):
        KmsValues(FIRST, REGION).encrypt(b"x", CONTEXT)


def test_a_data_key_does_not_print_itself() -> None:
    assert repr(DataKey(b"clear", b"sealed")) == "DataKey(***)"
