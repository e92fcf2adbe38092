"""The sandbox's AWS as clients see it."""

from __future__ import annotations

import json
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import jwt
import pytest
from botocore.exceptions import ClientError

REGION = {"CreateBucketConfiguration": {"LocationConstraint": "us-west-2"}}


@pytest.fixture
def bucket(sandbox: Any) -> Iterator[str]:
    name = f"test-{uuid.uuid4().hex[:12]}"
    s3 = sandbox.aws.client("s3")
    s3.create_bucket(Bucket=name, **REGION)
    yield name
    s3.delete_bucket_policy(Bucket=name)
    for item in s3.list_objects_v2(Bucket=name).get("Contents", []):
        s3.delete_object(Bucket=name, Key=item["Key"])
    s3.delete_bucket(Bucket=name)


def _policy(bucket: str, condition: dict[str, Any] | None) -> str:
    statement = {
        "Sid": "DenyPlainHttp",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
    }
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{**statement, "Condition": condition} if condition else statement]}
    )


def test_a_tls_only_policy_is_kept_and_lets_objects_pass(sandbox: Any, bucket: str) -> None:
    s3 = sandbox.aws.client("s3")
    policy = _policy(bucket, {"Bool": {"aws:SecureTransport": "false"}})
    s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    s3.put_object(Bucket=bucket, Key="flows/a.csv", Body=b"1")
    assert s3.get_object(Bucket=bucket, Key="flows/a.csv")["Body"].read() == b"1"
    s3.delete_object(Bucket=bucket, Key="flows/a.csv")
    assert json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"]) == json.loads(policy)


def test_a_denial_without_condition_still_denies(sandbox: Any, bucket: str) -> None:
    s3 = sandbox.aws.client("s3")
    s3.put_bucket_policy(Bucket=bucket, Policy=_policy(bucket, None))
    with pytest.raises(ClientError, match="403"):
        s3.put_object(Bucket=bucket, Key="a", Body=b"")


def test_notifications_reach_a_queue_of_snowflakes_account(sandbox: Any, bucket: str) -> None:
    sqs = sandbox.aws.snowflake_client("sqs")
    url = sqs.create_queue(QueueName=bucket)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    assert arn.split(":")[4] == sandbox.aws.snowflake_account_id
    s3 = sandbox.aws.client("s3")
    rule = {"Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "flows/"}]}}}
    s3.put_bucket_notification_configuration(
        Bucket=bucket,
        NotificationConfiguration={
            "QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"], **rule}],
        },
    )
    s3.put_object(Bucket=bucket, Key="other/b.csv", Body=b"")
    s3.put_object(Bucket=bucket, Key="flows/a b.csv", Body=b"1")
    bodies = [json.loads(m["Body"]) for m in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]]
    sqs.delete_queue(QueueUrl=url)
    s3.put_object(Bucket=bucket, Key="flows/after.csv", Body=b"")  # a lost notification fails no upload
    assert bodies[0]["Event"] == "s3:TestEvent"
    assert [body["Records"][0]["s3"]["object"]["key"] for body in bodies[1:]] == ["flows/a+b.csv"]
    assert sandbox.aws.client("sqs").list_queues(QueueNamePrefix=bucket).get("QueueUrls") is None


def test_the_bucket_of_someone_else_is_forbidden_and_its_name_taken(sandbox: Any) -> None:
    theirs = f"theirs-{uuid.uuid4().hex[:12]}"
    stranger = sandbox.aws.stranger_client("s3")
    stranger.create_bucket(Bucket=theirs, **REGION)
    s3 = sandbox.aws.client("s3")
    refused: list[Callable[[], Any]] = [
        lambda: s3.head_bucket(Bucket=theirs),
        lambda: s3.get_bucket_location(Bucket=theirs),
        lambda: s3.list_objects_v2(Bucket=theirs),
        lambda: s3.put_object(Bucket=theirs, Key="a", Body=b""),
    ]
    for request in refused:
        with pytest.raises(ClientError) as error:
            request()
        assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    with pytest.raises(ClientError) as error:
        s3.create_bucket(Bucket=theirs, **REGION)
    assert error.value.response["Error"]["Code"] == "BucketAlreadyExists"
    stranger.delete_bucket(Bucket=theirs)


def test_each_account_has_its_own_identity(sandbox: Any) -> None:
    mine = sandbox.aws.client("sts").get_caller_identity()
    assert (mine["Account"], mine["Arn"]) == (sandbox.aws.account_id, f"arn:aws:iam::{mine['Account']}:user/theia")
    theirs = sandbox.aws.snowflake_client("sts").get_caller_identity()
    assert theirs["Account"] == sandbox.aws.snowflake_account_id


@pytest.fixture
def role(sandbox: Any) -> Iterator[str]:
    """The ARN of a role with a path that the user may assume."""
    name = f"role-{uuid.uuid4().hex[:12]}"
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": sandbox.aws.account_id}}
    iam = sandbox.aws.client("iam")
    policy = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    yield iam.create_role(RoleName=name, Path="/service-role/", AssumeRolePolicyDocument=policy)["Role"]["Arn"]
    iam.delete_role(RoleName=name)


def _as_role(sandbox: Any, role: str, service: str, **changed: str) -> Any:
    answer = sandbox.aws.client("sts").assume_role(RoleArn=role, RoleSessionName="here")["Credentials"]
    credentials = {
        "aws_access_key_id": answer["AccessKeyId"],
        "aws_secret_access_key": answer["SecretAccessKey"],
        "aws_session_token": answer["SessionToken"],
        **changed,
    }
    client: Any = boto3.client(service, "us-west-2", endpoint_url=sandbox.aws.endpoint_url, **credentials)
    return client


def test_temporary_credentials_act_as_the_role_with_their_token_only(sandbox: Any, role: str) -> None:
    caller = _as_role(sandbox, role, "sts").get_caller_identity()
    assert caller["Arn"] == f"arn:aws:sts::{sandbox.aws.account_id}:assumed-role/{role.rsplit('/', 1)[1]}/here"
    assert "Buckets" in _as_role(sandbox, role, "s3").list_buckets()
    for service, request, code in (
        ("sts", "get_caller_identity", "InvalidClientTokenId"),
        ("s3", "list_buckets", "InvalidToken"),
        ("kms", "list_keys", "UnrecognizedClientException"),
        ("lambda", "list_functions", "UnrecognizedClientException"),
    ):
        with pytest.raises(ClientError) as error:
            getattr(_as_role(sandbox, role, service, aws_session_token="another"), request)()
        assert error.value.response["Error"]["Code"] == code


def test_an_outbound_token_is_verified_by_the_published_keys(sandbox: Any, role: str) -> None:
    iam = sandbox.aws.client("iam")
    issuer = iam.enable_outbound_web_identity_federation()["IssuerIdentifier"]
    sts = _as_role(sandbox, role, "sts")
    token = sts.get_web_identity_token(Audience=["snowflakecomputing.com"], SigningAlgorithm="ES384")[
        "WebIdentityToken"
    ]
    iam.disable_outbound_web_identity_federation()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{sandbox.aws.endpoint_url}/.well-known/jwks.json") as answer:
        keys = jwt.PyJWKSet.from_dict(json.load(answer))
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(token, key, algorithms=["ES384"], audience="snowflakecomputing.com", issuer=issuer)
    assert claims["sub"] == role


@pytest.mark.parametrize("service", ["sts", "s3", "sqs", "kms"])
def test_a_key_that_nobody_issued_is_refused(sandbox: Any, service: str) -> None:
    key = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "x"}
    client: Any = boto3.client(service, region_name="us-west-2", endpoint_url=sandbox.aws.endpoint_url, **key)
    requests = {"sts": "get_caller_identity", "s3": "list_buckets", "sqs": "list_queues", "kms": "list_keys"}
    with pytest.raises(ClientError) as error:
        getattr(client, requests[service])()
    assert error.value.response["Error"]["Code"] in {
        "InvalidClientTokenId",
        "InvalidAccessKeyId",
        "UnrecognizedClientException",
    }
