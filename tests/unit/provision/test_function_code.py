"""The function's description: what names its code, and where it is told to find Snowflake."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace

import pytest

from theia_sf.errors import UsageError
from theia_sf.provision.function_code import describe
from theia_sf.provision.request import FunctionRequest, Schedule
from theia_sf.secret import Secret
from theia_sf.snowflake.settings import ConnectionSettings

SETTINGS = ConnectionSettings("ORG-ACCOUNT", "ME", "snowflake", password=Secret("hunter2"))


@pytest.fixture
def request_(tmp_path):
    code, layer = tmp_path / "function.zip", tmp_path / "layer.zip"
    code.write_bytes(b"code")
    layer.write_bytes(b"layer")
    daily = Schedule("drop-detection", "rate(1 day)", "{}")
    return FunctionRequest(code, layer, "arm64", (daily,), 30, "python3.13", 1024)


def test_the_same_code_has_the_same_name_wherever_it_lies(request_, tmp_path):
    found = describe(request_, SETTINGS)
    digest = hashlib.sha256(b"code")
    assert (found.code_key, found.code_hash) == (
        f"lambda/{digest.hexdigest()}.zip",
        base64.b64encode(digest.digest()).decode(),
    )
    moved = request_.function_zip.rename(tmp_path / "other.zip")
    assert describe(replace(request_, function_zip=moved), SETTINGS) == found
    moved.write_bytes(b"changed")
    assert describe(replace(request_, function_zip=moved), SETTINGS).code_key != found.code_key


@pytest.mark.parametrize(
    ("endpoint", "variables"),
    [
        ({}, {}),
        ({"host": "org-account.snowflakecomputing.com"}, {}),
        (
            {"host": "proxy.example.com", "port": 8443},
            {"SNOWFLAKE_HOST": "proxy.example.com", "SNOWFLAKE_PORT": "8443"},
        ),
        (
            {"host": "127.0.0.1", "port": 5567, "protocol": "http"},
            {"SNOWFLAKE_HOST": "127.0.0.1", "SNOWFLAKE_PORT": "5567", "SNOWFLAKE_PROTOCOL": "http"},
        ),
    ],
)
def test_it_is_told_the_account_and_an_endpoint_only_if_it_is_not_the_accounts_own(request_, endpoint, variables):
    found = describe(request_, replace(SETTINGS, **endpoint))
    assert found.environment == {"SNOWFLAKE_ACCOUNT": "ORG-ACCOUNT", **variables}, "and none of the credentials"


def test_code_that_is_not_there_is_told_with_what_builds_it(request_):
    request_.layer_zip.unlink()
    with pytest.raises(UsageError, match="No such file") as refused:
        describe(request_, SETTINGS)
    assert "workload-identity lambda --output" in str(refused.value.hint)
