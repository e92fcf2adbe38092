"""What the account keeps of workload identities, and how it reads their ARNs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from theia_sf.sandbox.snowflake.errors import SnowflakeError
from theia_sf.sandbox.snowflake.workload_identities import AwsPrincipal, aws_principal

ROLE = "arn:aws:iam::123456789012:role/reader"
AWS = f"WORKLOAD_IDENTITY = (TYPE = AWS ARN = '{ROLE}')"
OIDC = "WORKLOAD_IDENTITY = (TYPE = OIDC ISSUER = 'https://idp.example' SUBJECT = 'me')"
ISSUER = "https://0fc1e5a4-6a3e-4a1c-8a64-0f2ad6f1c001.tokens.sts.global.api.aws"


def identities(run: Any, user: str) -> dict[str, dict[str, Any]]:
    rows = run(f"SHOW USER WORKLOAD IDENTITY AUTHENTICATION METHODS FOR USER {user}")
    return {row["name"]: row for row in rows}


@pytest.mark.parametrize(
    ("arn", "kind", "name"),
    [
        (ROLE, "IAM_ROLE", "reader"),
        ("arn:aws:iam::123456789012:role/service-role/reader", "IAM_ROLE", "service-role"),
        ("arn:aws:iam::123456789012:role/a/b/reader", "IAM_ROLE", "a"),
        ("arn:aws:sts::123456789012:assumed-role/reader/session", "IAM_ROLE", "reader"),
        ("arn:aws:iam::123456789012:user/someone", "IAM_USER", "someone"),
    ],
)
def test_the_first_segment_is_the_name(arn: str, kind: str, name: str):
    assert aws_principal(arn) == AwsPrincipal("aws", "123456789012", kind, name)


@pytest.mark.parametrize("arn", ["", "reader", "arn:aws:iam::1:role/reader", "arn:aws:iam::123456789012:root"])
def test_other_arns_are_refused(run: Any, arn: str):
    assert aws_principal(arn) is None
    with pytest.raises(SnowflakeError, match="Invalid ARN property in WORKLOAD_IDENTITY of TYPE 'AWS'"):
        run(f"CREATE USER S TYPE = SERVICE WORKLOAD_IDENTITY = (TYPE = AWS ARN = '{arn}')")
    assert run("SHOW USERS LIKE 'S'") == []


def test_described_as_a_flag_and_listed_with_details(run: Any):
    run(f"CREATE USER S {AWS} TYPE = SERVICE DEFAULT_ROLE = PUBLIC")
    properties = {row["property"]: row["value"] for row in run("DESC USER S")}
    assert (properties["HAS_WORKLOAD_IDENTITY"], properties["HAS_PAT"], properties["HAS_MFA"]) == (
        "true",
        "false",
        "false",
    )
    assert run("SHOW USERS LIKE 'S'")[0]["has_workload_identity"] == "true"
    [row] = identities(run, "S").values()
    assert (row["name"], row["type"], row["status"], row["last_used"]) == ("DEFAULT", "AWS", "ACTIVE", None)
    assert json.loads(row["additional_info"]) == {
        "awsPartition": "aws",
        "awsAccount": "123456789012",
        "type": "IAM_ROLE",
        "iamRole": "reader",
    }


def test_a_path_takes_the_name_so_a_second_user_clashes(run: Any):
    arn = "arn:aws:iam::123456789012:role/service-role/{}"
    run(f"CREATE USER S1 TYPE = SERVICE WORKLOAD_IDENTITY = (TYPE = AWS ARN = '{arn.format('one')}')")
    with pytest.raises(SnowflakeError) as caught:
        run(f"CREATE USER S2 TYPE = SERVICE WORKLOAD_IDENTITY = (TYPE = AWS ARN = '{arn.format('two')}')")
    assert caught.value.message == (
        "AWS Authenticator for AWS Account '123456789012' and IAM role 'service-role' already exists in this Snowflake "
        "account."
    )
    assert run("SHOW USERS LIKE 'S2'") == []


def test_a_user_can_be_replaced_and_its_identity_set_again(run: Any):
    run(f"CREATE USER S TYPE = SERVICE {AWS}", f"CREATE OR REPLACE USER S TYPE = SERVICE {AWS}")
    run(f"ALTER USER S SET {AWS}", f"ALTER USER S SET {OIDC}")
    [row] = identities(run, "S").values()
    assert json.loads(row["additional_info"]) == {"issuer": "https://idp.example", "subject": "me", "audienceList": []}
    run("ALTER USER S UNSET WORKLOAD_IDENTITY")
    assert identities(run, "S") == {}
    run(f"CREATE USER OTHER TYPE = SERVICE {AWS}")


@pytest.mark.parametrize("kind", ["", "TYPE = PERSON"])
def test_only_services_have_one(run: Any, kind: str):
    with pytest.raises(SnowflakeError, match="invalid property 'WORKLOAD_IDENTITY' for 'PERSON USER'"):
        run(f"CREATE USER P {kind} {AWS}")


def test_the_issuer_must_be_the_accounts_own(run: Any):
    generic = "https://sts.amazonaws.com"
    with pytest.raises(SnowflakeError) as caught:
        run(f"CREATE USER S TYPE = SERVICE WORKLOAD_IDENTITY = (TYPE = AWS ARN = '{ROLE}' ISSUER = '{generic}')")
    assert caught.value.code == "004616"
    assert caught.value.message == (
        "SQL compilation error: Invalid ISSUER property in WORKLOAD_IDENTITY of TYPE 'AWS': "
        "'https://sts.amazonaws.com'. ISSUER must be a valid AWS STS JWT issuer URL matching the ARN partition."
    )
    run(f"CREATE USER S TYPE = SERVICE WORKLOAD_IDENTITY = (TYPE = AWS ARN = '{ROLE}' ISSUER = '{ISSUER}')")
    assert json.loads(identities(run, "S")["DEFAULT"]["additional_info"])["issuer"] == ISSUER


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ("TYPE = AWS", "Missing ARN"),
        (f"TYPE = AWS ARN = '{ROLE}' SUBJECT = 'x'", "SUBJECT is not allowed"),
        ("TYPE = OIDC ISSUER = 'https://idp.example'", "Missing SUBJECT"),
        ("TYPE = OIDC ISSUER = 'http://idp.example' SUBJECT = 'x'", "must be an HTTPS URL"),
        ("TYPE = GCP SUBJECT = 'x'", "TYPE must be AWS or OIDC"),
        (f"TYPE = AWS ARN = '{ROLE}' COLOUR = 'x'", "invalid property 'COLOUR'"),
    ],
)
def test_properties_that_do_not_fit(run: Any, given: str, refusal: str):
    with pytest.raises(SnowflakeError, match=refusal):
        run(f"CREATE USER S TYPE = SERVICE WORKLOAD_IDENTITY = ({given})")


def test_named_identities(run: Any):
    run(
        f"CREATE USER S TYPE = SERVICE {AWS}",
        "ALTER USER S ADD WORKLOAD IDENTITY ci TYPE = OIDC ISSUER = 'https://idp.example' SUBJECT = 'ci' "
        "OIDC_AUDIENCE_LIST = ('theia')",
        "ALTER USER S MODIFY WORKLOAD IDENTITY ci SET DISABLED = TRUE COMMENT = 'builds'",
    )
    found = identities(run, "S")
    assert {name: row["status"] for name, row in found.items()} == {"DEFAULT": "ACTIVE", "CI": "DISABLED"}
    assert found["CI"]["comment"] == "builds"
    run(
        "ALTER USER S MODIFY WORKLOAD IDENTITY ci UNSET DISABLED",
        "ALTER USER S MODIFY WORKLOAD IDENTITY ci RENAME TO b",
    )
    assert {name: row["status"] for name, row in identities(run, "S").items()} == {"DEFAULT": "ACTIVE", "B": "ACTIVE"}
    run("ALTER USER IF EXISTS S REMOVE WORKLOAD IDENTITY b")
    with pytest.raises(SnowflakeError, match="'B' does not exist"):
        run("ALTER USER S REMOVE WORKLOAD IDENTITY b")


def test_limits_of_named_identities(run: Any):
    add = "ALTER USER S ADD WORKLOAD IDENTITY {} TYPE = OIDC ISSUER = 'https://idp.example' SUBJECT = '{}'"
    run("CREATE USER S TYPE = SERVICE", *(add.format(f"n{i}", i) for i in range(10)))
    with pytest.raises(SnowflakeError, match="up to 10 workload identities"):
        run(add.format("n10", 10))
    with pytest.raises(SnowflakeError, match="DEFAULT is reserved"):
        run("ALTER USER S REMOVE WORKLOAD IDENTITY DEFAULT")
    run("CREATE USER OTHER TYPE = SERVICE")
    with pytest.raises(SnowflakeError, match="subject '3' already exists"):
        run(add.format("x", 3).replace("USER S", "USER OTHER"))
