from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.unit.credentials.kms import REGION, Kms
from theia_sf.aws import kms, kms_values
from theia_sf.credentials import cipher


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("THEIA_SF_", "SNOWFLAKE_", "AWS_")):
            monkeypatch.delenv(name)
    # Set and taken away again, so that what `apply_aws` puts there is gone after the test.
    for name in ("AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


@pytest.fixture
def fake_kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kms]:
    made = Kms()
    for module in (kms, kms_values):
        monkeypatch.setattr(module, "client", lambda service, region: made)
    monkeypatch.setenv("AWS_REGION", REGION)
    cipher.forget()
    yield made
    cipher.forget()
