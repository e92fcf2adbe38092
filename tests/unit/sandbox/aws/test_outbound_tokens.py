"""Tokens that prove an AWS identity elsewhere."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from botocore.exceptions import ClientError
from moto.sts.models import sts_backends

from theia_sf.sandbox.aws import outbound_tokens
from theia_sf.sandbox.aws.accounts import ACCOUNT_ID

AUDIENCE = "snowflakecomputing.com"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": ACCOUNT_ID}}],
}


@pytest.fixture(autouse=True)
def _fresh() -> None:
    outbound_tokens.reset()


def _claims(token: str, audience: str = AUDIENCE) -> dict[str, Any]:
    keys = jwt.PyJWKSet.from_dict(outbound_tokens.jwks())
    header = jwt.get_unverified_header(token)
    return jwt.decode(token, keys[header["kid"]], algorithms=[header["alg"]], audience=audience)


def _token(client: Any, **more: Any) -> dict[str, Any]:
    return client.get_web_identity_token(**{"Audience": [AUDIENCE], "SigningAlgorithm": "ES384", **more})


def _refusal(call: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call()
    answer = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


def _session(cloud: Any, **more: Any) -> Any:
    role = cloud.client("iam").create_role(
        RoleName="worker",
        Path="/service-role/",
        AssumeRolePolicyDocument=json.dumps(TRUST),
        Tags=[{"Key": "team", "Value": "net"}],
    )
    answer = cloud.client("sts").assume_role(RoleArn=role["Role"]["Arn"], RoleSessionName="s-1", **more)
    return answer["Credentials"]


def test_the_federation_is_off_until_it_is_enabled(cloud: Any) -> None:
    iam = cloud.client("iam")
    assert _refusal(lambda: _token(cloud.client("sts"))) == ("OutboundWebIdentityFederationDisabledException", 403)
    assert _refusal(iam.get_outbound_web_identity_federation_info) == ("FeatureDisabled", 404)
    assert _refusal(iam.disable_outbound_web_identity_federation) == ("FeatureDisabled", 404)
    issuer = iam.enable_outbound_web_identity_federation()["IssuerIdentifier"]
    assert issuer == outbound_tokens.issuer_of(ACCOUNT_ID)
    assert issuer.startswith("https://")
    assert issuer.endswith(".tokens.sts.global.api.aws")
    assert _refusal(iam.enable_outbound_web_identity_federation) == ("FeatureEnabled", 409)
    info = iam.get_outbound_web_identity_federation_info()
    assert (info["IssuerIdentifier"], info["JwtVendingEnabled"]) == (issuer, True)
    iam.disable_outbound_web_identity_federation()
    assert _refusal(lambda: _token(cloud.client("sts")))[0] == "OutboundWebIdentityFederationDisabledException"
    assert outbound_tokens.issuer_of("444455556666") != issuer


@pytest.mark.parametrize("algorithm", ["ES384", "RS256"])
def test_a_users_token_names_the_user(cloud: Any, algorithm: str) -> None:
    cloud.client("iam").enable_outbound_web_identity_federation()
    before = datetime.now(UTC).replace(microsecond=0)
    tags = [{"Key": "job", "Value": "42"}]
    answer = _token(cloud.client("sts"), SigningAlgorithm=algorithm, Tags=tags)
    claims = _claims(answer["WebIdentityToken"])
    assert jwt.get_unverified_header(answer["WebIdentityToken"])["alg"] == algorithm
    assert claims["iss"] == outbound_tokens.issuer_of(ACCOUNT_ID)
    assert claims["sub"] == f"arn:aws:iam::{ACCOUNT_ID}:user/theia"
    assert claims["aud"] == AUDIENCE
    assert claims["exp"] - claims["iat"] == 300
    assert claims["iat"] >= before.timestamp()
    assert answer["Expiration"].timestamp() == claims["exp"]
    details = claims["https://sts.amazonaws.com/"]
    assert (details["aws_account"], details["source_region"]) == (ACCOUNT_ID, "us-west-2")
    assert details["request_tags"] == {"job": "42"}
    assert "original_session_exp" not in details
    assert _claims(_token(cloud.client("sts"))["WebIdentityToken"])["jti"] != claims["jti"]


def test_a_sessions_token_names_the_role_with_its_path_and_the_sessions_end(cloud: Any) -> None:
    cloud.client("iam").enable_outbound_web_identity_federation()
    credentials = _session(cloud)
    claims = _claims(_token(cloud.client("sts", credentials))["WebIdentityToken"])
    details = claims["https://sts.amazonaws.com/"]
    assert claims["sub"] == f"arn:aws:iam::{ACCOUNT_ID}:role/service-role/worker" == details["principal_id"]
    assert details["principal_tags"] == {"team": "net"}
    assert details["original_session_exp"] == credentials["Expiration"].strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_token_does_not_outlive_its_session(cloud: Any) -> None:
    cloud.client("iam").enable_outbound_web_identity_federation()
    credentials = _session(cloud)
    sts = cloud.client("sts", credentials)
    session = sts_backends[ACCOUNT_ID]["aws"].get_assumed_role_from_access_key(credentials["AccessKeyId"])
    session.expiration -= timedelta(minutes=30)  # type: ignore[union-attr]
    assert _claims(_token(sts, DurationSeconds=900)["WebIdentityToken"])["sub"].endswith("worker")
    assert _refusal(lambda: _token(sts, DurationSeconds=3600)) == ("SessionDurationEscalationException", 403)


def test_several_audiences_make_a_list(cloud: Any) -> None:
    cloud.client("iam").enable_outbound_web_identity_federation()
    token = _token(cloud.client("sts"), Audience=[AUDIENCE, "other.example"])["WebIdentityToken"]
    assert _claims(token, "other.example")["aud"] == [AUDIENCE, "other.example"]


@pytest.mark.parametrize(
    "more", [{"SigningAlgorithm": "HS256"}, {"DurationSeconds": 3601}, {"Audience": [str(i) for i in range(11)]}]
)
def test_what_aws_does_not_take_is_refused(cloud: Any, more: dict[str, Any]) -> None:
    cloud.client("iam").enable_outbound_web_identity_federation()
    assert _refusal(lambda: _token(cloud.client("sts"), **more)) == ("ValidationError", 400)


def test_the_published_keys_hold_nothing_private() -> None:
    keys = outbound_tokens.jwks()["keys"]
    assert {key["alg"] for key in keys} == {"ES384", "RS256"}
    assert all(not {"d", "p", "q"} & set(key) for key in keys)
