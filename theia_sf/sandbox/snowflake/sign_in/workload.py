"""WORKLOAD_IDENTITY: a workload signs in as the service user that its own platform's identity belongs to.

"Workload identity federation". The request names no user: the attestation says who the caller is, and exactly one
identity matches it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jwt

from theia_sf.sandbox.snowflake import workload_identities
from theia_sf.sandbox.snowflake.catalog import User, now
from theia_sf.sandbox.snowflake.sign_in import caller_identity, signed_tokens
from theia_sf.sandbox.snowflake.sign_in.attempt import Attempt, expect_login_name
from theia_sf.sandbox.snowflake.sign_in.refusals import SignInError, invalid_attestation
from theia_sf.sandbox.snowflake.workload_identities import DEFAULT_AUDIENCE, AwsPrincipal, WorkloadIdentity

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.account import Account

FACTOR = "WORKLOAD_IDENTITY"
JWT_PARTS = 3
NO_USER = "WORKLOAD_IDENTITY_USER_NOT_FOUND"
INVALID_TOKEN = "WORKLOAD_IDENTITY_TOKEN_INVALID"  # noqa: S105 - a reason

FAULTS: dict[type[Exception], str] = {
    signed_tokens.KeysUnavailableError: "the key that signed it is not among its issuer's",
    jwt.ExpiredSignatureError: "it has expired",
    jwt.ImmatureSignatureError: "it is not valid yet",
    jwt.InvalidAudienceError: "it is for another audience",
    jwt.InvalidSignatureError: "its signature does not match",
    Exception: "it is malformed",
}


def verify(account: Account, attempt: Attempt) -> User:
    """The service user whose identity the attestation in TOKEN proves.

    Raises:
        SignInError: it proves nothing, or belongs to nobody.
    """
    attempt.first_factor = FACTOR
    provider, token = attempt.text("PROVIDER").upper(), attempt.text("TOKEN")
    is_jwt = len(token.split(".")) == JWT_PARTS
    if provider == "AWS":
        found = _by_outbound_token(account, token) if is_jwt else _by_caller_identity(account, token)
    elif provider == "OIDC":
        found = _by_id_token(account, attempt, token)
    else:
        text = f"Workload identity provider {provider} is not supported."
        raise invalid_attestation(text, INVALID_TOKEN)
    user, identity = found
    attempt.user = user
    attempt.first_factor_id = identity.id
    differs = "The user you were trying to authenticate as differs from the user of the workload identity."
    expect_login_name(attempt, user, invalid_attestation(differs, "WORKLOAD_IDENTITY_USERNAMES_MISMATCH"))
    if identity.disabled or user.type not in {"SERVICE", "LEGACY_SERVICE"}:
        text = "The workload identity is disabled."
        raise invalid_attestation(text, "WORKLOAD_IDENTITY_DISABLED")
    identity.last_used = now()
    return user


def _by_caller_identity(account: Account, token: str) -> tuple[User, WorkloadIdentity]:
    """A role's session is matched by account and role, an IAM user by account and user."""
    caller = caller_identity.verify(account.aws, token)
    principal = workload_identities.aws_principal(caller.arn)
    for user, identity in workload_identities.all_of(account.catalog):
        if identity.principal == principal and principal is not None:
            return user, identity
    text = "Unable to find an associated Snowflake user for the verified AWS Caller Identity."
    raise invalid_attestation(text, NO_USER)


def _by_outbound_token(account: Account, token: str) -> tuple[User, WorkloadIdentity]:
    """The subject is the role's ARN with its path, of which only the name counts; the issuer must be the user's."""
    claims = _verified(token, account.aws.jwks(), [DEFAULT_AUDIENCE])
    principal = _path_free(str(claims["sub"]))
    for user, identity in workload_identities.all_of(account.catalog):
        if identity.principal == principal and principal is not None and identity.issuer == claims["iss"]:
            return user, identity
    text = "Unable to find an associated Snowflake user for the verified AWS JWT."
    raise invalid_attestation(text, NO_USER)


def _by_id_token(account: Account, attempt: Attempt, token: str) -> tuple[User, WorkloadIdentity]:
    """Issuer and subject lead to the identity, which says for whom the token must be."""
    claimed = _readable(token)
    key = (claimed.get("iss"), claimed.get("sub"))
    for user, identity in workload_identities.all_of(account.catalog):
        if identity.type != "OIDC" or (identity.issuer, identity.subject) != key:
            continue
        attempt.user = user
        keys = _keys(account, identity)
        _verified(token, keys, identity.audiences or [DEFAULT_AUDIENCE])
        return user, identity
    text = "Unable to find an associated Snowflake user for the OIDC token's issuer and subject."
    raise invalid_attestation(text, NO_USER)


def _path_free(arn: str) -> AwsPrincipal | None:
    head, _, resource = arn.partition(":role/")
    return workload_identities.aws_principal(f"{head}:role/{resource.rsplit('/', 1)[-1]}" if resource else arn)


def _keys(account: Account, identity: WorkloadIdentity) -> dict[str, Any]:
    try:
        return signed_tokens.keys_of_issuer(account, str(identity.issuer))
    except signed_tokens.KeysUnavailableError as error:
        raise _invalid(error) from error


def _readable(token: str) -> dict[str, Any]:
    try:
        return signed_tokens.unverified(token)
    except jwt.PyJWTError as error:
        raise _invalid(error) from error


def _verified(token: str, keys: dict[str, Any], audiences: list[str]) -> dict[str, Any]:
    try:
        return signed_tokens.verified(token, keys, audiences)
    except (signed_tokens.KeysUnavailableError, jwt.PyJWTError) as error:
        raise _invalid(error) from error


def _invalid(error: Exception) -> SignInError:
    reason = next(FAULTS[kind] for kind in FAULTS if isinstance(error, kind))
    return invalid_attestation(f"The workload identity token is invalid: {reason}.", INVALID_TOKEN)
