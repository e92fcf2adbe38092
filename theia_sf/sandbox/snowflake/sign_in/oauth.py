"""OAUTH: access tokens of an authorization server that an External OAuth integration names.

"External OAuth overview", "Configure a custom authorization server for External OAuth". The session gets a role that
the token's scope names (`session:role:R`), or any of the user's (`session:role-any`) where the integration allows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import jwt

from theia_sf.sandbox.snowflake.catalog import SecurityIntegration, User
from theia_sf.sandbox.snowflake.privileges import roles_of_user
from theia_sf.sandbox.snowflake.sign_in import signed_tokens
from theia_sf.sandbox.snowflake.sign_in.attempt import Attempt, expect_login_name, user_by_login
from theia_sf.sandbox.snowflake.sign_in.refusals import (
    SignInError,
    invalid_oauth_token,
    oauth_token_expired,
    oauth_user_differs,
    oauth_user_unknown,
)

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.account import Account

FACTOR = "OAUTH_ACCESS_TOKEN"
ROLE_SCOPE = "session:role:"
ANY_ROLE_SCOPE = "session:role-any"
# "SYSTEM$GET_LOGIN_FAILURE_DETAILS", External OAuth errors
MISSING_ISSUER = "EXTERNAL_OAUTH_MISSING_ISSUER"
ISSUER_NOT_FOUND = "EXTERNAL_OAUTH_ACCESS_TOKEN_ISSUER_NOT_FOUND"
ISSUER_NOT_ENABLED = "EXTERNAL_OAUTH_ACCESS_TOKEN_ISSUER_NOT_ENABLED"
USER_CLAIM_MISSING = "EXTERNAL_OAUTH_USER_CLAIM_MISSING"
FAULTS: dict[type[Exception], str] = {
    signed_tokens.KeysUnavailableError: "EXTERNAL_OAUTH_JWS_CANT_RETRIEVE_PUBLIC_KEY",
    jwt.ImmatureSignatureError: "EXTERNAL_OAUTH_ACCESS_TOKEN_NOT_YET_VALID",
    jwt.InvalidAudienceError: "EXTERNAL_OAUTH_AUDIENCE_VALIDATION_FAILED",
    jwt.InvalidSignatureError: "EXTERNAL_OAUTH_INVALID_SIGNATURE",
    jwt.InvalidAlgorithmError: "EXTERNAL_OAUTH_INVALID_SIGNATURE",
    Exception: "EXTERNAL_OAUTH_JWS_INVALID_FORMAT",
}


def verify(account: Account, attempt: Attempt) -> User:
    """The user whom the access token in TOKEN stands for.

    Raises:
        SignInError: 390303, 390304, 390309, 390318.
    """
    attempt.first_factor = FACTOR
    token = attempt.text("TOKEN")
    integration = _integration(account, token)
    claims = _verified(account, integration, token)
    user = attempt.user = _user(account, integration, claims)
    expect_login_name(attempt, user, oauth_user_differs())
    attempt.roles = frozenset(_roles(account, integration, claims, user))
    return user


def _integration(account: Account, token: str) -> SecurityIntegration:
    try:
        issuer = signed_tokens.unverified(token).get("iss")
    except jwt.PyJWTError as error:
        raise _invalid(error) from error
    if not issuer:
        raise invalid_oauth_token(MISSING_ISSUER)
    found = [i for i in account.catalog.security_integrations.values() if i.issuer == issuer]
    if not found:
        raise invalid_oauth_token(ISSUER_NOT_FOUND)
    if not found[0].enabled:
        raise invalid_oauth_token(ISSUER_NOT_ENABLED)
    return found[0]


def _verified(account: Account, integration: SecurityIntegration, token: str) -> dict[str, Any]:
    """The claims, by whichever of the integration's key sets has the key. The account's URL is always an audience."""
    audiences = [*integration.audiences, account.url]
    fault: Exception = signed_tokens.KeysUnavailableError()
    for url in integration.jws_keys_urls:
        try:
            return signed_tokens.verified(token, signed_tokens.keys_at(account, url), audiences)
        except signed_tokens.KeysUnavailableError as error:
            fault = error
        except jwt.ExpiredSignatureError as error:
            raise oauth_token_expired() from error
        except jwt.PyJWTError as error:
            raise _invalid(error) from error
    raise _invalid(fault)


def _user(account: Account, integration: SecurityIntegration, claims: dict[str, Any]) -> User:
    names = [str(claims[claim]) for claim in integration.user_claims if claims.get(claim)]
    if not names:
        raise invalid_oauth_token(USER_CLAIM_MISSING)
    if integration.user_attribute == "LOGIN_NAME":
        found = user_by_login(account, names[0])
    else:
        users = account.catalog.users.values()
        found = next((u for u in users if (u.email or "").lower() == names[0].lower()), None)
    if found is None:
        raise oauth_user_unknown()
    return found


def _roles(account: Account, integration: SecurityIntegration, claims: dict[str, Any], user: User) -> set[str]:
    """The roles that scope and integration leave to the user."""
    scope: Any = claims.get(integration.scope_claim) or []
    scopes = cast("list[Any]", scope) if isinstance(scope, list) else str(scope).split(integration.scope_delimiter)
    words = [str(word).strip() for word in scopes]
    roles = {word.removeprefix(ROLE_SCOPE).upper() for word in words if word.startswith(ROLE_SCOPE)}
    if ANY_ROLE_SCOPE in words and integration.any_role_mode == "ENABLE":
        roles |= roles_of_user(account.catalog, user.name)
    if integration.allowed_roles:
        roles &= set(integration.allowed_roles)
    return roles - set(integration.blocked_roles)


def _invalid(error: Exception) -> SignInError:
    if isinstance(error, jwt.MissingRequiredClaimError) and error.claim == "aud":
        return invalid_oauth_token("EXTERNAL_OAUTH_MISSING_AUDIENCE")
    return invalid_oauth_token(next(FAULTS[kind] for kind in FAULTS if isinstance(error, kind)))
