"""The views of SNOWFLAKE.ACCOUNT_USAGE that tell who signs in, and with what. They lag behind in no way.

A role needs ACCOUNTADMIN for them: IMPORTED PRIVILEGES on the database SNOWFLAKE can't be granted here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from theia_sf.sandbox.snowflake import privileges
from theia_sf.sandbox.snowflake.catalog import FullName, User
from theia_sf.sandbox.snowflake.errors import does_not_exist
from theia_sf.sandbox.snowflake.history_columns import CREDENTIALS, LOGIN_HISTORY
from theia_sf.sandbox.snowflake.show.credentials import token_status
from theia_sf.sandbox.snowflake.sign_in.key_pair import fingerprint, parse_public_key
from theia_sf.sandbox.snowflake.workload_identities import details

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.account import Account
    from theia_sf.sandbox.snowflake.sessions import Session

SCHEMA = ("SNOWFLAKE", "ACCOUNT_USAGE")
Row = dict[str, Any]


def check(account: Account, session: Session, name: FullName) -> None:
    """Makes sure that a view is there, and that the session may read it.

    Raises:
        SnowflakeError: 002003.
    """
    if name[:2] != SCHEMA or name[2] not in VIEWS or not privileges.is_admin(account.catalog, session):
        raise does_not_exist(".".join(name), "Object")


def _login_history(account: Account) -> list[Row]:
    return [event.row() for event in account.logins.all()]


def _credentials(account: Account) -> list[Row]:
    users = list(account.catalog.users.values())
    return [{"USER_NAME": user.name, **row} for user in users for row in (*_tokens(user), *_methods(user))]


def _tokens(user: User) -> list[Row]:
    return [
        {
            "CREDENTIAL_ID": token.id,
            "NAME": token.name,
            "TYPE": "PAT",
            "DOMAIN": "PROGRAMMATIC_ACCESS_TOKEN",
            "COMMENT": token.comment,
            "STATUS": token_status(user, token),
            "ADDITIONAL_DETAILS": json.dumps(
                ({"ROLE_RESTRICTION": [token.role_restriction]} if token.role_restriction else {})
                | ({"ROTATED_TO": token.rotated_to} if token.rotated_to else {})
            ),
            "CREATED_BY": token.created_by,
            "CREATED_ON": token.created_on,
            "LAST_USED_ON": token.last_used,
            "EXPIRATION_DATE": token.expires_at,
        }
        for token in user.tokens.values()
    ]


def _methods(user: User) -> list[Row]:
    """Workload identities, key pairs and the authenticator app."""
    rows: list[Row] = [
        {
            "CREDENTIAL_ID": identity.id,
            "NAME": identity.name,
            "TYPE": identity.type,
            "DOMAIN": "WORKLOAD_IDENTITY_FEDERATION_METHOD",
            "COMMENT": identity.comment,
            "STATUS": "DISABLED" if identity.disabled else "ACTIVE",
            "ADDITIONAL_DETAILS": json.dumps(details(identity, snake_case=True)),
            "CREATED_BY": identity.created_by,
            "CREATED_ON": identity.created_on,
            "LAST_USED_ON": identity.last_used,
        }
        for identity in user.workload_identities.values()
    ]
    for name, body in (("RSA_PUBLIC_KEY", user.rsa_public_key), ("RSA_PUBLIC_KEY_2", user.rsa_public_key_2)):
        if body:
            key = parse_public_key(body)
            facts = {"KEY_TYPE": "RSA" if isinstance(key, RSAPublicKey) else "EC", "PUBLIC_KEY_FP": fingerprint(key)}
            rows.append(
                {
                    "NAME": name,
                    "TYPE": "KEYPAIR",
                    "DOMAIN": "KEYPAIR",
                    "STATUS": "ACTIVE",
                    "ADDITIONAL_DETAILS": json.dumps(facts),
                }
            )
    if user.totp is not None:
        rows.append(
            {
                "CREDENTIAL_ID": user.totp.id,
                "NAME": user.totp.name,
                "TYPE": "TOTP",
                "DOMAIN": "MFA_METHOD",
                "COMMENT": user.totp.comment,
                "STATUS": "ENROLLED",
                "CREATED_BY": user.name,
                "CREATED_ON": user.totp.created_on,
                "LAST_USED_ON": user.totp.last_used,
            }
        )
    return rows


# view -> its columns with DuckDB types, and its rows
VIEWS: dict[str, tuple[dict[str, str], Callable[[Account], list[Row]]]] = {
    "LOGIN_HISTORY": (LOGIN_HISTORY, _login_history),
    "CREDENTIALS": (CREDENTIALS, _credentials),
}
