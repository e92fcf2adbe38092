"""Whose a key is, and which roles may be assumed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from theia_sf.sandbox.aws.accounts import ACCOUNT_ID, SNOWFLAKE_ACCOUNT_ID
from theia_sf.sandbox.aws.assume_role import assume_for_service
from theia_sf.sandbox.aws.identities import find

USER_ARN = f"arn:aws:iam::{ACCOUNT_ID}:user/theia"


def _role(cloud: Any, principal: dict[str, str], name: str = "worker", path: str = "/service-role/") -> str:
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole"}]}
    policy["Statement"][0]["Principal"] = principal  # type: ignore[index]
    iam = cloud.client("iam")
    return iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=json.dumps(policy))["Role"]["Arn"]


def _assume(client: Any, role_arn: str, **more: Any) -> dict[str, Any]:
    return client.assume_role(RoleArn=role_arn, RoleSessionName="session-1", **more)


def _refusal(client: Any, role_arn: str, **more: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as caught:
        _assume(client, role_arn, **more)
    answer = caught.value.response
    return answer["Error"]["Code"], answer["Error"]["Message"], answer["ResponseMetadata"]["HTTPStatusCode"]


def test_a_users_key_is_found_with_its_secret(cloud: Any) -> None:
    identity = find(cloud.key_id)
    assert identity is not None
    assert (identity.arn, identity.account, identity.secret) == (USER_ARN, ACCOUNT_ID, cloud.secret)
    assert identity.session_token is identity.role_arn is identity.expires_at is None
    assert cloud.secret not in repr(identity)


def test_a_key_is_unknown_once_it_is_inactive_or_deleted(cloud: Any) -> None:
    iam = cloud.client("iam")
    iam.update_access_key(UserName="theia", AccessKeyId=cloud.key_id, Status="Inactive")
    assert find(cloud.key_id) is None
    iam.delete_access_key(UserName="theia", AccessKeyId=cloud.key_id)
    assert find(cloud.key_id) is None
    assert find("AKIAIOSFODNN7EXAMPLE") is None


def test_temporary_credentials_are_found_with_the_roles_path_and_their_end(cloud: Any) -> None:
    role_arn = _role(cloud, {"AWS": USER_ARN})
    answer = _assume(cloud.client("sts"), role_arn, DurationSeconds=1800)
    credentials = answer["Credentials"]
    identity = find(credentials["AccessKeyId"])
    assert identity is not None
    assert identity.role_arn == role_arn == f"arn:aws:iam::{ACCOUNT_ID}:role/service-role/worker"
    assert (
        identity.arn == f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/worker/session-1" == answer["AssumedRoleUser"]["Arn"]
    )
    assert (identity.secret, identity.session_token) == (credentials["SecretAccessKey"], credentials["SessionToken"])
    assert identity.expires_at is not None
    assert timedelta(minutes=29) < identity.expires_at - datetime.now(UTC) <= timedelta(minutes=30)
    assert not identity.is_expired()
    assert identity.is_expired(identity.expires_at)
    assert credentials["SecretAccessKey"] not in repr(identity)
    assert credentials["SessionToken"] not in repr(identity)


def test_the_caller_identity_of_an_assumed_role_lacks_the_roles_path(cloud: Any) -> None:
    role_arn = _role(cloud, {"AWS": ACCOUNT_ID})
    credentials = _assume(cloud.client("sts"), role_arn)["Credentials"]
    caller = cloud.client("sts", credentials).get_caller_identity()
    assert caller["Arn"] == f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/worker/session-1"
    role_id = cloud.client("iam").get_role(RoleName="worker")["Role"]["RoleId"]
    identity = find(credentials["AccessKeyId"])
    assert identity is not None
    assert caller["UserId"] == f"{role_id}:session-1" == identity.user_id


def test_a_role_for_a_service_cannot_be_assumed_by_a_user(cloud: Any) -> None:
    role_arn = _role(cloud, {"Service": "lambda.amazonaws.com"})
    message = f"User: {USER_ARN} is not authorized to perform: sts:AssumeRole on resource: {role_arn}"
    assert _refusal(cloud.client("sts"), role_arn) == ("AccessDenied", message, 403)


def test_a_service_assumes_the_roles_that_name_it(cloud: Any) -> None:
    role_arn = _role(cloud, {"Service": "lambda.amazonaws.com"})
    function = f"arn:aws:lambda:us-west-2:{ACCOUNT_ID}:function:function-1"
    identity = assume_for_service(role_arn, "lambda.amazonaws.com", function, "function-1", 3600)
    assert identity is not None
    assert identity.arn.endswith(":assumed-role/worker/function-1")
    assert assume_for_service(role_arn, "scheduler.amazonaws.com", function, "s", 3600) is None
    assert assume_for_service(role_arn + "2", "lambda.amazonaws.com", function, "s", 3600) is None


def test_a_role_without_its_path_does_not_exist(cloud: Any) -> None:
    _role(cloud, {"AWS": ACCOUNT_ID})
    assert _refusal(cloud.client("sts"), f"arn:aws:iam::{ACCOUNT_ID}:role/worker")[0] == "AccessDenied"


def test_a_session_may_assume_the_next_role_for_an_hour_at_most(cloud: Any) -> None:
    first = _role(cloud, {"AWS": USER_ARN})
    second = _role(cloud, {"AWS": first}, name="second")
    sts = cloud.client("sts", _assume(cloud.client("sts"), first)["Credentials"])
    assert find(_assume(sts, second)["Credentials"]["AccessKeyId"]).role_arn == second  # type: ignore[union-attr]
    code, message, _ = _refusal(sts, second, DurationSeconds=3601)
    assert (code, "role chaining" in message) == ("ValidationError", True)
    assert _refusal(cloud.client("sts"), second)[0] == "AccessDenied"  # the user is not trusted by it


def test_a_session_is_no_longer_than_its_role_allows(cloud: Any) -> None:
    role_arn = _role(cloud, {"AWS": ACCOUNT_ID})
    code, message, status = _refusal(cloud.client("sts"), role_arn, DurationSeconds=3601)
    assert (code, status) == ("ValidationError", 400)
    assert "MaxSessionDuration" in message


def test_a_role_of_another_account_that_trusts_this_one_can_be_assumed(cloud: Any) -> None:
    other = iam_backends[SNOWFLAKE_ACCOUNT_ID]["aws"]
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": USER_ARN}}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    role = other.create_role("theirs", policy, "/", None, "", [], 3600)
    credentials = _assume(cloud.client("sts"), role.arn)["Credentials"]
    identity = find(credentials["AccessKeyId"])
    assert identity is not None
    assert identity.account == SNOWFLAKE_ACCOUNT_ID == cloud.client("sts", credentials).get_caller_identity()["Account"]


def test_a_session_that_has_ended_is_found_as_ended(cloud: Any) -> None:
    credentials = _assume(cloud.client("sts"), _role(cloud, {"AWS": ACCOUNT_ID}))["Credentials"]
    session = sts_backends[ACCOUNT_ID]["aws"].get_assumed_role_from_access_key(credentials["AccessKeyId"])
    session.expiration -= timedelta(hours=2)  # type: ignore[union-attr]
    identity = find(credentials["AccessKeyId"])
    assert identity is not None
    assert identity.is_expired()
