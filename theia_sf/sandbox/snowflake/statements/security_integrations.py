"""External OAuth integrations. "CREATE SECURITY INTEGRATION (External OAuth)"."""

from __future__ import annotations

from theia_sf.sandbox.snowflake.catalog import SecurityIntegration
from theia_sf.sandbox.snowflake.errors import invalid_value, unsupported
from theia_sf.sandbox.snowflake.results import Result, status
from theia_sf.sandbox.snowflake.statements import objects
from theia_sf.sandbox.snowflake.statements.context import Statement
from theia_sf.sandbox.snowflake.statements.integrations import require_options
from theia_sf.sandbox.snowflake.statements.parse import Tokens
from theia_sf.sandbox.snowflake.statements.properties import (
    Property,
    assign,
    boolean,
    parse_properties,
    strings,
    text,
    upper,
)

# EXTERNAL_OAUTH_BLOCKED_ROLES_LIST: "by default, Snowflake prevents these roles" (the account's parameter
# EXTERNAL_OAUTH_ADD_PRIVILEGED_ROLES_TO_BLOCKED_LIST)
PRIVILEGED_ROLES = ["ACCOUNTADMIN", "ORGADMIN", "GLOBALORGADMIN", "SECURITYADMIN"]
ANY_ROLE_MODES = {"DISABLE", "ENABLE", "ENABLE_FOR_PRIVILEGE"}
USER_ATTRIBUTES = {"LOGIN_NAME", "EMAIL_ADDRESS"}


def texts(tokens: Tokens) -> list[str]:
    """One string, or several in parentheses."""
    return strings(tokens) if tokens.looking_at("(") else [tokens.string()]


def roles(tokens: Tokens) -> list[str]:
    """Names of roles in parentheses, in upper case."""
    return [name.upper() for name in strings(tokens)]


def any_role_mode(tokens: Tokens) -> str:
    """DISABLE, ENABLE or ENABLE_FOR_PRIVILEGE."""
    return _one_of(tokens, ANY_ROLE_MODES, "EXTERNAL_OAUTH_ANY_ROLE_MODE")


def user_attribute(tokens: Tokens) -> str:
    """LOGIN_NAME or EMAIL_ADDRESS."""
    return _one_of(tokens, USER_ATTRIBUTES, "EXTERNAL_OAUTH_SNOWFLAKE_USER_MAPPING_ATTRIBUTE")


GRAMMAR = {
    "TYPE": Property(upper, "type"),
    "ENABLED": Property(boolean, "enabled", unset=False),
    "EXTERNAL_OAUTH_TYPE": Property(upper, "oauth_type"),
    "EXTERNAL_OAUTH_ISSUER": Property(text, "issuer"),
    "EXTERNAL_OAUTH_JWS_KEYS_URL": Property(texts, "jws_keys_urls"),
    "EXTERNAL_OAUTH_AUDIENCE_LIST": Property(strings, "audiences", []),
    "EXTERNAL_OAUTH_TOKEN_USER_MAPPING_CLAIM": Property(texts, "user_claims"),
    "EXTERNAL_OAUTH_SNOWFLAKE_USER_MAPPING_ATTRIBUTE": Property(user_attribute, "user_attribute"),
    "EXTERNAL_OAUTH_SCOPE_MAPPING_ATTRIBUTE": Property(text, "scope_claim", "scp"),
    "EXTERNAL_OAUTH_SCOPE_DELIMITER": Property(text, "scope_delimiter", ","),
    "EXTERNAL_OAUTH_ANY_ROLE_MODE": Property(any_role_mode, "any_role_mode", "DISABLE"),
    "EXTERNAL_OAUTH_ALLOWED_ROLES_LIST": Property(roles, "allowed_roles", []),
    "EXTERNAL_OAUTH_BLOCKED_ROLES_LIST": Property(roles, "blocked_roles", PRIVILEGED_ROLES),
    "COMMENT": Property(text, "comment"),
}
SECURITY_INTEGRATION = objects.Kind(
    "SECURITY INTEGRATION", 1, lambda c: c.security_integrations, GRAMMAR, "CREATE INTEGRATION", "INTEGRATION"
)


def create(statement: Statement) -> Result:
    """CREATE [OR REPLACE] SECURITY INTEGRATION [IF NOT EXISTS] … TYPE = EXTERNAL_OAUTH."""
    name, answer = objects.prepare_create(statement, SECURITY_INTEGRATION)
    if answer:
        return answer
    values = parse_properties(statement.tokens, GRAMMAR, "INTEGRATION")
    require_options(
        values,
        *("TYPE", "ENABLED", "EXTERNAL_OAUTH_TYPE", "EXTERNAL_OAUTH_ISSUER", "EXTERNAL_OAUTH_JWS_KEYS_URL"),
        *("EXTERNAL_OAUTH_TOKEN_USER_MAPPING_CLAIM", "EXTERNAL_OAUTH_SNOWFLAKE_USER_MAPPING_ATTRIBUTE"),
    )
    kind = values.pop("TYPE")
    if kind != "EXTERNAL_OAUTH":
        feature = f"SECURITY INTEGRATION with type {kind}"
        raise unsupported(feature)
    integration = SecurityIntegration(name=name[0], blocked_roles=list(PRIVILEGED_ROLES))
    assign(integration, GRAMMAR, values)
    if "EXTERNAL_OAUTH_BLOCKED_ROLES_LIST" in values:
        integration.blocked_roles = sorted({*values["EXTERNAL_OAUTH_BLOCKED_ROLES_LIST"], *PRIVILEGED_ROLES})
    objects.store(statement, SECURITY_INTEGRATION, integration, name)
    return status(f"Integration {name[0]} successfully created.")


def alter(statement: Statement) -> Result:
    """ALTER SECURITY INTEGRATION … SET | UNSET."""
    name, target = objects.begin_alter(statement, SECURITY_INTEGRATION)
    return objects.alter(statement, SECURITY_INTEGRATION, name, target, move=False)


def _one_of(tokens: Tokens, known: set[str], name: str) -> str:
    value = tokens.text().upper()
    if value not in known:
        raise invalid_value(value, name)
    return value
