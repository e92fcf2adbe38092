from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient

from tests.integration.conftest import Sandbox
from theia_sf.credentials import cipher


@pytest.fixture
def workplace(sandbox_env: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Sandbox]:
    """An empty folder to work in, and an environment that is as it was afterwards."""
    monkeypatch.chdir(tmp_path)
    before = dict(os.environ)
    cipher.forget()
    yield sandbox_env
    cipher.forget()
    for name in os.environ.keys() - before.keys():
        del os.environ[name]


@pytest.fixture
def key(workplace: Sandbox) -> str:
    """The ARN of a new KMS key."""
    return workplace.aws.client("kms").create_key()["KeyMetadata"]["Arn"]


@pytest.fixture
def calls(workplace: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often this process asked AWS for what, from now on."""
    counted: Counter[str] = Counter()
    real = BaseClient._make_api_call  # pyright: ignore[reportAttributeAccessIssue]

    def counting(client: Any, operation: str, arguments: Any) -> Any:
        counted[operation] += 1
        return real(client, operation, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", counting)
    return counted
