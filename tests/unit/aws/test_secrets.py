from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from theia_sf.aws import secrets
from theia_sf.aws.errors import AwsError
from theia_sf.errors import UsageError
from theia_sf.secret import redact


class Manager:
    """Secrets Manager, of which one answer is known."""

    def __init__(self, answer: dict[str, Any] | str) -> None:
        self.answer = answer
        self.asked: list[tuple[str, str]] = []

    def __call__(self, service: str, region: str) -> Manager:
        assert service == "secretsmanager"
        self.asked.append((region, ""))
        return self

    def get_secret_value(self, SecretId: str) -> dict[str, Any]:  # noqa: N803 (AWS's spelling)
        self.asked[-1] = (self.asked[-1][0], SecretId)
        if isinstance(self.answer, str):
            raise ClientError({"Error": {"Code": self.answer, "Message": "No."}}, "GetSecretValue")
        return self.answer


def read(monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any] | str, secret_id: str = "theia") -> Any:
    manager = Manager(answer)
    monkeypatch.setattr(secrets, "client", manager)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    return secrets.read_secret(secret_id), manager.asked


def test_an_object(monkeypatch: pytest.MonkeyPatch) -> None:
    text = '{"account": "ORG-ACCT", "port": 8443, "flag": true, "path": ["arn:1", "arn:2"], "role": null}'
    found, asked = read(monkeypatch, {"SecretString": text})
    assert found == {"account": "ORG-ACCT", "port": 8443, "flag": True, "path": ["arn:1", "arn:2"], "role": None}
    assert asked == [("eu-west-1", "theia")]
    assert redact(f"error near {text}") == "error near ***"
    assert redact("ORG-ACCT") == "ORG-ACCT", "what is no secret can be told"


def test_binary(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, {"SecretBinary": b'{"user": "A"}'})[0] == {"user": "A"}


def test_an_arn_has_its_region(monkeypatch: pytest.MonkeyPatch) -> None:
    arn = "arn:aws:secretsmanager:ap-south-1:123456789012:secret:theia-AbCdEf"
    assert read(monkeypatch, {"SecretString": "{}"}, arn)[1] == [("ap-south-1", arn)]


@pytest.mark.parametrize(
    ("answer", "kind", "sentence"),
    [
        ("ResourceNotFoundException", secrets.SecretMissingError, "There is no secret theia in AWS Secrets Manager in"),
        ("InvalidRequestException", secrets.SecretMissingError, "is deleted"),
        ("AccessDeniedException", AwsError, "AWS does not allow you to read the secret theia"),
        ({"SecretString": "hunter-three"}, UsageError, "is no JSON"),
        ({"SecretString": '["hunter-three"]'}, UsageError, "but no object"),
    ],
)
def test_what_will_not_do(
    monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any] | str, kind: type[Exception], sentence: str
) -> None:
    with pytest.raises(kind, match=sentence) as refused:
        read(monkeypatch, answer)
    assert getattr(refused.value, "hint", None)
    assert "hunter" not in str(refused.value)


@pytest.mark.parametrize("arn", ["arn:aws:s3:::bucket", "arn:nonsense"])
def test_an_arn_of_something_else(monkeypatch: pytest.MonkeyPatch, arn: str) -> None:
    with pytest.raises(UsageError):
        read(monkeypatch, {"SecretString": "{}"}, arn)
