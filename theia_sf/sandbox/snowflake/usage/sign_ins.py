"""Who signed in, and with what."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from theia_sf.sandbox.snowflake.catalog import User
from theia_sf.sandbox.snowflake.show.credentials import token_status
from theia_sf.sandbox.snowflake.sign_in.key_pair import fingerprint, parse_public_key
from theia_sf.sandbox.snowflake.workload_identities import details

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.account import Account

Row = dict[str, Any]


def login_history(account: Account) -> list[Row]:
    """Every attempt to sign in."""
    return [event.row() for event in account.logins.all()]


def credentials(account: Account) -> list[Row]:
    """What users sign in with, passwords aside."""
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
