"""What every new account holds: the system roles and one administrator."""

from __future__ import annotations

from theia_sf.sandbox.snowflake.catalog import Catalog, Grant, Role, SecurityIntegration, User
from theia_sf.sandbox.snowflake.issuer import Issuer
from theia_sf.sandbox.snowflake.passwords import hash_password

ACCOUNT = ("ACCOUNT",)
OAUTH_INTEGRATION = "SANDBOX_OAUTH"
# "Overview of Access Control", system-defined roles and their hierarchy: child -> parent
SYSTEM_ROLES = {
    "ACCOUNTADMIN": None,
    "SECURITYADMIN": "ACCOUNTADMIN",
    "USERADMIN": "SECURITYADMIN",
    "SYSADMIN": "ACCOUNTADMIN",
    "PUBLIC": None,
}
# "Overview of Access Control": what the system roles may do on the account
ACCOUNT_PRIVILEGES = {
    "ACCOUNTADMIN": (
        *("CREATE INTEGRATION", "EXECUTE MANAGED TASK", "EXECUTE TASK", "MONITOR EXECUTION", "MONITOR USAGE"),
        *("CREATE DATABASE", "CREATE ROLE", "CREATE USER", "CREATE WAREHOUSE", "MANAGE GRANTS"),
    ),
    "SECURITYADMIN": ("MANAGE GRANTS",),
    "USERADMIN": ("CREATE USER", "CREATE ROLE"),
    "SYSADMIN": ("CREATE DATABASE", "CREATE WAREHOUSE"),
}


def seed(catalog: Catalog, admin_user: str, admin_password: str | None) -> None:
    """Adds the system roles and the administrator, who may use all of them.

    The administrator has no default secondary roles, so that `USE ROLE` shows what a role may do by itself.
    """
    for name, parent in SYSTEM_ROLES.items():
        catalog.roles[name] = Role(name=name, owner="", comment=f"System role {name}")
        if parent:
            _grant_role(catalog, name, parent, "ROLE")
        for privilege in ACCOUNT_PRIVILEGES.get(name, ()):
            granted = Grant(privilege=privilege, granted_on="ACCOUNT", name=ACCOUNT, grantee=name, granted_by="")
            catalog.grants[granted] = granted
    catalog.users[admin_user] = User(
        name=admin_user,
        login_name=admin_user,
        display_name=admin_user,
        password_hash=hash_password(admin_password) if admin_password else None,
        default_role="ACCOUNTADMIN",
        default_secondary_roles=[],
    )
    _grant_role(catalog, "ACCOUNTADMIN", admin_user, "USER")


def trust_issuer(catalog: Catalog, issuer: Issuer) -> None:
    """Makes the External OAuth integration by which the account takes the access tokens of its own issuer.

    Any role may be asked for, also the privileged ones: the sandbox's administrator has no other.
    """
    catalog.security_integrations[OAUTH_INTEGRATION] = SecurityIntegration(
        name=OAUTH_INTEGRATION,
        comment="Access tokens of the sandbox's own issuer",
        issuer=issuer.url,
        enabled=True,
        jws_keys_urls=[issuer.jwks_url],
        audiences=[issuer.audience],
        user_claims=["sub"],
        any_role_mode="ENABLE",
    )


def _grant_role(catalog: Catalog, role: str, grantee: str, kind: str) -> None:
    grant = Grant(privilege="USAGE", granted_on="ROLE", name=(role,), grantee=grantee, granted_to=kind, granted_by="")
    catalog.grants[grant] = grant
