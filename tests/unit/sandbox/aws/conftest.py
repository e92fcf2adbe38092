"""moto in this process, as the sandbox changes it, without a server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.iam.models import iam_backends

from theia_sf.sandbox.aws.accounts import ACCOUNT_ID
from theia_sf.sandbox.aws.patches import moto_patched

REGION = "us-west-2"
SESSION: Any = boto3.Session()  # one for all tests: reading the models of the services takes time


@dataclass(frozen=True)
class Cloud:
    """An account with one user, who holds `key`."""

    key_id: str
    secret: str

    def client(self, service: str, credentials: dict[str, Any] | None = None, region: str = REGION) -> Any:
        """A client that acts as the user, or with the credentials that AssumeRole gave."""
        if credentials is None:
            credentials = {"AccessKeyId": self.key_id, "SecretAccessKey": self.secret, "SessionToken": None}
        return SESSION.client(
            service,
            region_name=region,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
        )


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with mock_aws(config={"core": {"mock_credentials": False}, "lambda": {"use_docker": False}}), moto_patched():
        backend = iam_backends[ACCOUNT_ID]["aws"]
        backend.create_user(region_name=REGION, user_name="theia")
        key = backend.create_access_key("theia")
        yield Cloud(key.access_key_id, key.secret_access_key)
