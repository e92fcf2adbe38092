from __future__ import annotations

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from snowflake.connector.auth import AuthByKeyPair
from snowflake.connector.util_text import parse_account as connectors_account

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
        ("xy12345.eu-west-1.privatelink", "xy12345.eu-west-1", "xy12345.eu-west-1.privatelink.snowflakecomputing.com"),
        ("MYORG-ACCT.privatelink", "MYORG-ACCT", "myorg-acct.privatelink.snowflakecomputing.com"),
        ("acct-ext7.global", "acct-ext7.global", "acct-ext7.global.snowflakecomputing.com"),
        (" MYORG-ACCT\n", "MYORG-ACCT", "myorg-acct.snowflakecomputing.com"),
        ("https://app.snowflake.com/myorg/my_acct/#/homepage", "myorg-my_acct", "myorg-my-acct.snowflakecomputing.com"),
        ("app.snowflake.com/myorg/acct", "myorg-acct", "myorg-acct.snowflakecomputing.com"),
        (
            "https://app.snowflake.com/west-europe.azure/xy12345/",
            "xy12345.west-europe.azure",
            "xy12345.west-europe.azure.snowflakecomputing.com",
        ),
    ],
)
def test_forms(text: str, account: str, host: str) -> None:
    parsed = parse_account(text)
    assert (parsed.account, parsed.host) == (account, host)


@pytest.mark.parametrize(
    ("text", "account"),
    [
        ("myorg-my_acct", "MYORG-MY_ACCT"),
        ("xy12345.us-east-2.aws", "XY12345"),
        ("xy12345.eu-west-1.privatelink", "XY12345"),
        ("https://xy12345.eu-west-1.privatelink.snowflakecomputing.com", "XY12345"),
        ("MYORG-ACCT.privatelink", "MYORG-ACCT"),
        ("myorg-acct.snowflakecomputing.com", "MYORG-ACCT"),
        ("acct-ext7.global", "ACCT"),
    ],
)
def test_the_jwt_names_the_account_and_neither_region_nor_way(text: str, account: str) -> None:
    given = connectors_account(parse_account(text).account)  # as the connector does before it signs
    token = AuthByKeyPair(rsa.generate_private_key(65537, 2048)).prepare(account=given, user="me")
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["sub"] == f"{account}.ME"
    assert claims["iss"].startswith(f"{account}.ME.SHA256:")


def test_organization_and_name() -> None:
    assert (parse_account("ORG-ACCT-2").organization, parse_account("ORG-ACCT-2").name) == ("ORG", "ACCT-2")
    assert parse_account("xy12345.us-east-2.aws").organization is None


@pytest.mark.parametrize("text", ["", "a b", "acct;drop", "https://", "-x", "a..b", "a'b", "a/b@c d"])
def test_nonsense_explains_the_forms(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_account(text)
    assert "ORGANIZATION-ACCOUNT" in str(refused.value.hint)


@pytest.mark.parametrize("text", ["https://app.snowflake.com", "app.snowflake.com", "https://app.snowflake.com/#/home"])
def test_an_address_of_snowsight_without_an_account(text: str) -> None:
    with pytest.raises(UsageError, match="is not a Snowflake account identifier") as refused:
        parse_account(text)
    assert "ORGANIZATION-ACCOUNT" in str(refused.value.hint)
