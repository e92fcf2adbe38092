"""What boto3 raises, told as one sentence and what to do."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from botocore import exceptions as boto
from botocore.exceptions import BotoCoreError, ClientError

from theia_sf.errors import ConnectionFailedError, TheiaError, UsageError

_CREDENTIALS_HINT: Final = (
    "Make AWS credentials available as for the AWS CLI: AWS_PROFILE, AWS_ACCESS_KEY_ID…, or a role."
)
_NO_CREDENTIALS: Final = (boto.NoCredentialsError, boto.PartialCredentialsError, boto.NoAuthTokenError)
_BROKEN_CREDENTIALS: Final = (
    boto.CredentialRetrievalError,
    boto.InvalidConfigError,
    boto.ProfileNotFound,
    boto.ConfigNotFound,
    boto.ConfigParseError,
    boto.TokenRetrievalError,
    boto.SSOError,
    boto.MetadataRetrievalError,
)
_NETWORK: Final = (boto.HTTPClientError, boto.ConnectionError)
_REFUSED: Final = frozenset(
    {
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidToken",
        "MissingAuthenticationToken",
        "RequestExpired",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
        "TokenRefreshRequired",
        "UnrecognizedClientException",
    }
)
_DENIED: Final = frozenset(
    {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation", "403"}
)


class AwsError(TheiaError):
    """AWS answered with an error; `code` is AWS's own, such as NoSuchBucket."""

    def __init__(self, message: str, *, code: str, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.code = code


@contextmanager
def aws_errors(action: str) -> Generator[None]:
    """Turn errors of boto3 within the block into TheiaErrors.

    Args:
        action: what is being done, as in "AWS did not let you …": `delete the bucket x`.

    Raises:
        ConnectionFailedError: no, broken or refused credentials; AWS not reached.
        UsageError: AWS's own rules for parameters are broken.
        AwsError: any other answer, by its code.
    """
    try:
        yield
    except ClientError as error:
        raise _from_answer(error, action) from error
    except BotoCoreError as error:
        raise from_botocore(error) from error


def error_code(error: ClientError) -> str:
    """Return AWS's code of an answer; for HEAD requests, which have no body, the HTTP status as text."""
    return str(error.response.get("Error", {}).get("Code", ""))


def from_botocore(error: BotoCoreError) -> TheiaError:
    """Turn what boto3 raises before or without an answer of AWS into a TheiaError."""
    if isinstance(error, _NO_CREDENTIALS):
        return ConnectionFailedError("There are no AWS credentials.", hint=_CREDENTIALS_HINT)
    if isinstance(error, _BROKEN_CREDENTIALS):
        return ConnectionFailedError(f"The AWS credentials are not usable: {_sentence(error)}", hint=_CREDENTIALS_HINT)
    if isinstance(error, _NETWORK):
        where = getattr(error, "kwargs", {}).get("endpoint_url") or "its endpoint"
        hint = (
            "Check the network, any proxy, AWS_ENDPOINT_URL and the region; `theia-sf sandbox status` for the sandbox."
        )
        return ConnectionFailedError(f"AWS cannot be reached at {where}.", hint=hint)
    if isinstance(error, (boto.ParamValidationError, boto.InvalidRegionError, ValueError)):
        return UsageError(_sentence(error))
    return TheiaError(f"The AWS SDK failed: {_sentence(error)}")


def _from_answer(error: ClientError, action: str) -> TheiaError:
    code = error_code(error)
    words = " ".join(str(error.response.get("Error", {}).get("Message", "")).split()).rstrip(".")
    if words.startswith("<"):  # a proxy's or gateway's page in place of an answer of AWS
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        words = f"HTTP status {status}"
    if code in _REFUSED:
        return ConnectionFailedError(f"AWS refused the credentials: {words or code}.", hint=_CREDENTIALS_HINT)
    if code in _DENIED:
        message = f"AWS does not allow you to {action}: {words or code}."
        hint = "Ask for the permission, or use other credentials; `theia-sf doctor` shows whose are in use."
        return AwsError(message, code=code, hint=hint)
    return AwsError(f"AWS could not {action}: {words or code}.", code=code)


def _sentence(error: Exception) -> str:
    one_line = " ".join(str(error).split())
    return one_line if one_line.endswith(".") else one_line + "."
