"""GetWebIdentityToken, and the IAM actions that switch it on and off. moto has none of them.

Parameters, limits and errors: STS API Reference, "GetWebIdentityToken"; IAM API Reference,
"EnableOutboundWebIdentityFederation", "DisableOutboundWebIdentityFederation", "GetOutboundWebIdentityFederationInfo".
"""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# moto is only partly typed.

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from moto.core.responses import ActionResult, EmptyResult
from moto.iam.models import iam_backends
from moto.sts.exceptions import STSValidationError

from theia_sf.sandbox.aws import outbound_tokens
from theia_sf.sandbox.aws.assume_role import find_role
from theia_sf.sandbox.aws.errors import AwsError
from theia_sf.sandbox.aws.identities import KeyIdentity, find

_DEFAULT_SECONDS: Final = 300
_LONGEST_SECONDS: Final = 3600
_MOST_AUDIENCES: Final = 10


def get_web_identity_token(response: Any) -> ActionResult:
    """Answer sts:GetWebIdentityToken.

    Raises:
        AwsError: as AWS does; moto writes it as the answer.
    """
    # SLF001: `_get_param` is what moto's own methods call.
    audience: list[str] = response._get_param("Audience", [])  # noqa: SLF001
    algorithm = str(response._get_param("SigningAlgorithm"))  # noqa: SLF001
    seconds = int(response._get_param("DurationSeconds", _DEFAULT_SECONDS))  # noqa: SLF001
    tags: list[dict[str, str]] = response._get_param("Tags", [])  # noqa: SLF001
    _check_request(audience, algorithm, seconds)
    identity = find(response.get_access_key())
    if identity is None or not outbound_tokens.is_enabled(identity.account):
        code = "OutboundWebIdentityFederationDisabledException"
        message = "Outbound web identity federation is not enabled for this account."
        raise AwsError(code, message)
    lifetime = timedelta(seconds=seconds)
    if identity.is_expired(datetime.now(UTC) + lifetime):
        code = "SessionDurationEscalationException"
        message = "The requested token duration would extend the session beyond its original expiration time."
        raise AwsError(code, message)
    token, expiration = outbound_tokens.issue(
        identity,
        audience=audience,
        algorithm=algorithm,
        lifetime=lifetime,
        region=response.region,
        principal_tags=_principal_tags(identity),
        request_tags=_as_mapping(tags),
    )
    return ActionResult({"WebIdentityToken": token, "Expiration": expiration})


def enable(response: Any) -> ActionResult:
    """Answer iam:EnableOutboundWebIdentityFederation.

    Raises:
        AwsError: it is enabled already.
    """
    account: str = response.current_account
    if outbound_tokens.is_enabled(account):
        code = "FeatureEnabledException"
        message = "Outbound web identity federation is already enabled for this account."
        raise AwsError(code, message)
    outbound_tokens.set_enabled(account, True)
    return ActionResult({"IssuerIdentifier": outbound_tokens.issuer_of(account)})


def disable(response: Any) -> ActionResult:
    """Answer iam:DisableOutboundWebIdentityFederation.

    Raises:
        AwsError: it is not enabled.
    """
    _require_enabled(response.current_account)
    outbound_tokens.set_enabled(response.current_account, False)
    return EmptyResult()


def info(response: Any) -> ActionResult:
    """Answer iam:GetOutboundWebIdentityFederationInfo.

    Raises:
        AwsError: it is not enabled.
    """
    account: str = response.current_account
    _require_enabled(account)
    return ActionResult({"IssuerIdentifier": outbound_tokens.issuer_of(account), "JwtVendingEnabled": True})


def _require_enabled(account: str) -> None:
    if not outbound_tokens.is_enabled(account):
        code = "FeatureDisabledException"
        message = "Outbound web identity federation is disabled for this account."
        raise AwsError(code, message)


def _check_request(audience: list[str], algorithm: str, seconds: int) -> None:
    if algorithm not in outbound_tokens.ALGORITHMS:
        _invalid(
            algorithm, "signingAlgorithm", f"Member must satisfy enum value set: {list(outbound_tokens.ALGORITHMS)}"
        )
    if seconds > _LONGEST_SECONDS:
        _invalid(seconds, "durationSeconds", f"Member must have value less than or equal to {_LONGEST_SECONDS}")
    if not 1 <= len(audience) <= _MOST_AUDIENCES:
        _invalid(audience, "audience", f"Member must have length between 1 and {_MOST_AUDIENCES}")


def _invalid(value: object, name: str, constraint: str) -> None:
    message = f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: {constraint}"
    raise STSValidationError(message)


def _principal_tags(identity: KeyIdentity) -> dict[str, str]:
    if identity.role_arn is not None:
        role = find_role(identity.role_arn)
        return _as_mapping(role.tags if role is not None else [])
    backend = iam_backends[identity.account]["aws"]
    return _as_mapping(backend.tagger.list_tags_for_resource(identity.arn)["Tags"])


def _as_mapping(tags: list[dict[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}
