from __future__ import annotations

from typing import Any

import pytest

from theia_sf.credentials.fields import FIELDS, settings_in


@pytest.mark.parametrize(
    ("entries", "found"),
    [
        ({"Account": "ORG-ACCT", "port": 8443}, {"account": "ORG-ACCT", "port": "8443"}),
        ({"accountname": "ORG-ACCT", "private_key_file": "k.p8"}, {"account": "ORG-ACCT", "private_key_path": "k.p8"}),
        ({"workload_identity_aws_use_outbound_token": True}, {"workload_identity_aws_use_outbound_token": "true"}),
        (
            {"workload_identity_impersonation_path": ["arn:1", "arn:2"]},
            {"workload_identity_impersonation_path": "arn:1,arn:2"},
        ),
        ({"role": None, "schema": " ", "ocsp_fail_open": True}, {}),
        ({"private_key": "k", "private_key_raw": ""}, {"private_key": "k"}),
    ],
)
def test_the_settings_in_a_table(entries: dict[str, Any], found: dict[str, str]) -> None:
    assert settings_in(entries) == found


@pytest.mark.parametrize(
    ("variables", "value"),
    [
        ({}, None),
        ({"SNOWFLAKE_PRIVATE_KEY": " ", "SNOWFLAKE_PRIVATE_KEY_RAW": "raw"}, "raw"),
        ({"SNOWFLAKE_PRIVATE_KEY": "k", "SNOWFLAKE_PRIVATE_KEY_RAW": "raw"}, "k"),
    ],
)
def test_the_strongest_variable_that_is_not_blank(variables: dict[str, str], value: str | None) -> None:
    assert FIELDS["private_key"].value_in(variables) == value
