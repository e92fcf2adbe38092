"""What Lambda refuses of a function's settings and packages."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from botocore.exceptions import ClientError

from theia_sf.sandbox.aws.accounts import ACCOUNT_ID
from theia_sf.sandbox.aws.functions import packages
from theia_sf.sandbox.aws.functions.packages import UNTRUSTED


def _zip(content: str = "def handler(event, context):\n    return event\n") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("app.py", content)
    return stream.getvalue()


def _role(cloud: Any, name: str, principal: dict[str, str]) -> str:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return cloud.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=policy)["Role"]["Arn"]


@pytest.fixture
def role(cloud: Any) -> str:
    return _role(cloud, "worker", {"Service": "lambda.amazonaws.com"})


def _create(cloud: Any, role: str, **more: Any) -> Any:
    settings = {"Runtime": "python3.13", "Handler": "app.handler", "Code": {"ZipFile": _zip()}, **more}
    return cloud.client("lambda").create_function(FunctionName="job", Role=role, **settings)


def _refusal(call: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call()
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_role_that_lambda_may_not_assume_is_refused(cloud: Any, role: str) -> None:
    other = _role(cloud, "people", {"AWS": ACCOUNT_ID})
    assert _refusal(lambda: _create(cloud, other)) == ("InvalidParameterValueException", UNTRUSTED)
    assert cloud.client("lambda").list_functions()["Functions"] == []
    _create(cloud, role)
    change = {"FunctionName": "job", "Role": other}
    assert _refusal(lambda: cloud.client("lambda").update_function_configuration(**change))[1] == UNTRUSTED


def test_variables_that_lambda_sets_itself_are_refused(cloud: Any, role: str) -> None:
    variables = {"Variables": {"AWS_REGION": "us-west-2", "_HANDLER": "x", "MINE": "1"}}
    code, message = _refusal(lambda: _create(cloud, role, Environment=variables))
    assert code == "InvalidParameterValueException"
    assert message.endswith("Reserved keys used in this request: AWS_REGION, _HANDLER")


def test_what_is_no_zip_file_is_refused(cloud: Any, role: str) -> None:
    code, message = _refusal(lambda: _create(cloud, role, Code={"ZipFile": b"no zip"}))
    assert (code, message.startswith("Could not unzip")) == ("InvalidParameterValueException", True)


def test_code_is_taken_from_a_bucket(cloud: Any, role: str) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="code", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    s3.put_object(Bucket="code", Key="function.zip", Body=_zip())
    created = _create(cloud, role, Code={"S3Bucket": "code", "S3Key": "function.zip"})
    assert (created["CodeSize"], created["State"]) == (len(_zip()), "Active")


def test_code_that_is_not_in_the_bucket_is_refused(cloud: Any, role: str) -> None:
    where = {"LocationConstraint": "us-west-2"}
    cloud.client("s3").create_bucket(Bucket="code", CreateBucketConfiguration=where)
    code, message = _refusal(lambda: _create(cloud, role, Code={"S3Bucket": "code", "S3Key": "missing.zip"}))
    assert (code, "NoSuchKey" in message) == ("InvalidParameterValueException", True)


def test_function_and_layers_unzipped_have_a_largest_size(
    cloud: Any, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = cloud.client("lambda")
    layer = client.publish_layer_version(LayerName="libraries", Content={"ZipFile": _zip("#" * 600)})
    created = _create(cloud, role, Layers=[layer["LayerVersionArn"]])
    assert client.get_layer_version(LayerName="libraries", VersionNumber=1)["Content"]["CodeSize"] > 0
    assert created["Layers"][0]["Arn"] == layer["LayerVersionArn"]
    monkeypatch.setattr(packages, "LARGEST_UNZIPPED", 1000)
    larger = {"FunctionName": "job", "ZipFile": _zip("#" * 500)}
    code, message = _refusal(lambda: client.update_function_code(**larger))
    assert (code, "Unzipped size" in message) == ("InvalidParameterValueException", True)
    after = client.get_function_configuration(FunctionName="job")
    assert after["CodeSha256"] == created["CodeSha256"]  # the function is as it was
    client.update_function_configuration(FunctionName="job", Layers=[])
    client.update_function_code(**larger)
    code, _ = _refusal(
        lambda: client.update_function_configuration(FunctionName="job", Layers=[layer["LayerVersionArn"]])
    )
    assert code == "InvalidParameterValueException"
    assert client.get_function_configuration(FunctionName="job").get("Layers", []) == []
