from __future__ import annotations

import pytest
from botocore import exceptions as boto

from theia_sf.aws.errors import AwsError, aws_errors
from theia_sf.errors import ConnectionFailedError, TheiaError, UsageError


def answer(code: str, message: str = "Because.") -> boto.ClientError:
    return boto.ClientError({"Error": {"Code": code, "Message": message}}, "Operation")


@pytest.mark.parametrize(
    ("raised", "kind", "sentence"),
    [
        (boto.NoCredentialsError(), ConnectionFailedError, "There are no AWS credentials."),
        (
            boto.PartialCredentialsError(provider="env", cred_var="x"),
            ConnectionFailedError,
            "There are no AWS credentials.",
        ),
        (
            boto.ProfileNotFound(profile="p"),
            ConnectionFailedError,
            "The AWS credentials are not usable: The config profile",
        ),
        (boto.UnauthorizedSSOTokenError(), ConnectionFailedError, "The AWS credentials are not usable: "),
        (
            boto.EndpointConnectionError(endpoint_url="https://x"),
            ConnectionFailedError,
            "AWS cannot be reached at https://x.",
        ),
        (
            boto.ConnectTimeoutError(endpoint_url="https://x"),
            ConnectionFailedError,
            "AWS cannot be reached at https://x.",
        ),
        (boto.ReadTimeoutError(endpoint_url="https://x"), ConnectionFailedError, "AWS cannot be reached at https://x."),
        (boto.ParamValidationError(report="bad"), UsageError, "Parameter validation failed: bad."),
        (answer("InvalidClientTokenId"), ConnectionFailedError, "AWS refused the credentials: Because."),
        (answer("ExpiredToken"), ConnectionFailedError, "AWS refused the credentials: Because."),
        (answer("SignatureDoesNotMatch"), ConnectionFailedError, "AWS refused the credentials: Because."),
        (answer("AccessDenied"), AwsError, "AWS does not allow you to paint the bucket: Because."),
        (answer("SlowDown"), AwsError, "AWS could not paint the bucket: Because."),
        (answer("500", "<!doctype html>\n<p>oops"), AwsError, "AWS could not paint the bucket: HTTP status "),
        (answer("Odd", ""), AwsError, "AWS could not paint the bucket: Odd."),
    ],
)
def test_what_boto3_raises_is_one_sentence(raised: Exception, kind: type[TheiaError], sentence: str) -> None:
    with pytest.raises(TheiaError) as caught, aws_errors("paint the bucket"):
        raise raised
    assert type(caught.value) is kind
    assert caught.value.message.startswith(sentence)
    assert "\n" not in caught.value.message


def test_our_own_errors_pass() -> None:
    with pytest.raises(UsageError, match="mine"), aws_errors("x"):
        raise UsageError("mine")
