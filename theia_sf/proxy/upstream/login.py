"""Sign a client's session in to Snowflake, as the identity that the policy names."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from theia_sf.proxy.access.decision import Context, Grant
from theia_sf.proxy.upstream.accounts import Account
from theia_sf.proxy.upstream.errors import RefusedByAccountError
from theia_sf.proxy.upstream.told import accepted
from theia_sf.proxy.upstream.transport import Headers
from theia_sf.snowflake.identifiers import written

LOGIN_PATH: Final = "/session/v1/login-request"

# What drivers prove themselves with (auth/ of snowflake-connector-python, and the same fields of the others); the
# identity's own takes its place.
_CREDENTIAL_FIELDS: Final = frozenset(
    {
        "AUTHENTICATOR",
        "BROWSER_MODE_REDIRECT_PORT",
        "CHOSEN_NEW_PASSWORD",
        "EXT_AUTHN_DUO_METHOD",
        "OAUTH_TYPE",
        "PASSCODE",
        "PASSWORD",
        "PROOF_KEY",
        "PROVIDER",
        "RAW_SAML_RESPONSE",
        "SPCS_TOKEN",
        "TOKEN",
    }
)
_OWN_FIELDS: Final = frozenset(
    {"ACCOUNT_NAME", "CLIENT_ENVIRONMENT", "LOGIN_NAME", "SECONDARY_ROLES", "SESSION_PARAMETERS"}
)
"""What is looked at here. In another spelling it was not, though Snowflake could read it."""
_CONTEXT_PARAMETERS: Final = frozenset({"databasename", "schemaname", "warehouse", "rolename"})
_IDS: Final = ("request_id", "requestId")


async def sign_in(
    account: Account,
    grant: Grant,
    body: Mapping[str, Any],
    query: Mapping[str, str],
    headers: Headers,
) -> tuple[dict[str, Any], str]:
    """Ask Snowflake for a session; once, whatever it says.

    Args:
        account: where.
        grant: as whom, and with what context and parameters.
        body: the client's login request.
        query: the parameters of its URL.
        headers: what to send besides.

    Returns:
        Snowflake's answer, and Snowflake's user.

    Raises:
        RefusedByAccountError: Snowflake refuses.
        RefusalError: the identity cannot sign in, or the account does not answer.
    """
    credentials = account.credentials(grant.identity)
    fields = await credentials.fields()
    settings = await credentials.settings()
    account.reached_at(grant.identity, settings)
    client = await account.client(grant.identity)
    url = f"{LOGIN_PATH}?{urlencode(_query(query, completed(grant.context, await credentials.context())))}"
    answer = await client.ask("POST", url, headers, json.dumps(_body(body, grant, fields)).encode())
    try:
        return await accepted(answer, account.name, credentials.secrets()), settings.user
    except RefusedByAccountError:
        credentials.refused()
        raise


def _body(body: Mapping[str, Any], grant: Grant, fields: dict[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = {key: value for key, value in body["data"].items() if _is_passed_on(key)}
    environment = _object(data.get("CLIENT_ENVIRONMENT")) | _object(fields.get("CLIENT_ENVIRONMENT"))
    data["SESSION_PARAMETERS"] = grant.merge(_object(data.get("SESSION_PARAMETERS")))
    data |= fields
    if not grant.secondary_roles:  # users have all of them by default, whatever the client asked for
        data["SECONDARY_ROLES"] = "NONE"
    if environment:
        data["CLIENT_ENVIRONMENT"] = environment
    return {"data": data}


def _is_passed_on(key: str) -> bool:
    name = key.upper()
    return name not in _CREDENTIAL_FIELDS and (name not in _OWN_FIELDS or key == name)


def _object(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, dict) else {}  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - JSON


def completed(context: Context, default: Context) -> Context:
    """Return a context with what an identity's settings say where it says nothing.

    A schema of theirs is one of their database, and of no other.
    """
    schema = context.schema
    if schema is None and context.database in (None, default.database):
        schema = default.schema
    return Context(
        role=context.role or default.role,
        warehouse=context.warehouse or default.warehouse,
        database=context.database or default.database,
        schema=schema,
    )


def _query(query: Mapping[str, str], context: Context) -> dict[str, str]:
    """The parameters of the URL: the client's, but the context."""
    kept = {key: value for key, value in query.items() if key.lower() not in _CONTEXT_PARAMETERS}
    if not any(key in kept for key in _IDS):
        kept["request_id"] = str(uuid.uuid4())
    named = {
        "databaseName": context.database,
        "schemaName": context.schema,
        "warehouse": context.warehouse,
        "roleName": context.role,
    }
    return kept | {key: written(name) for key, name in named.items() if name}
