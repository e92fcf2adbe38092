from __future__ import annotations

import pytest

from theia_sf.errors import UsageError
from theia_sf.snowflake.accounts import parse_account


@pytest.mark.parametrize(
    ("text", "account", "host"),
    [
        ("MYORG-ACCT", "MYORG-ACCT", "myorg-acct.snowflakecomputing.com"),
        ("myorg-my_acct", "myorg-my_acct", "myorg-my-acct.snowflakecomputing.com"),
        ("xy12345", "xy12345", "xy12345.snowflakecomputing.com"),
        ("xy12345.us-east-2.aws", "xy12345.us-east-2.aws", "xy12345.us-east-2.aws.snowflakecomputing.com"),
        (
            "xy12345.cn-northwest-1.aws",
            "xy12345.cn-northwest-1.aws",
            "xy12345.cn-northwest-1.aws.snowflakecomputing.cn",
        ),
        ("myorg-acct.snowflakecomputing.com", "myorg-acct", "myorg-acct.snowflakecomputing.com"),
        ("https://myorg-acct.snowflakecomputing.com:443/console", "myorg-acct", "myorg-acct.snowflakecomputing.com"),
        (
            "xy12345.eu-west-1.privatelink.snowflakecomputing.com",
            "xy12345.eu-west-1",
            "xy12345.eu-west-1.privatelink.snowflakecomputing.com",
        ),
        (" MYORG-ACCT\n", "MYORG-ACCT", "myorg-acct.snowflakecomputing.com"),
    ],
)
def test_forms(text: str, account: str, host: str) -> None:
    parsed = parse_account(text)
    assert (parsed.account, parsed.host) == (account, host)


def test_organization_and_name() -> None:
    assert (parse_account("ORG-ACCT-2").organization, parse_account("ORG-ACCT-2").name) == ("ORG", "ACCT-2")
    assert parse_account("xy12345.us-east-2.aws").organization is None


@pytest.mark.parametrize("text", ["", "a b", "acct;drop", "https://", "-x", "a..b", "a'b", "a/b@c d"])
def test_nonsense_explains_the_forms(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_account(text)
    assert "ORGANIZATION-ACCOUNT" in str(refused.value.hint)
