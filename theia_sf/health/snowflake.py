"""Checks of Snowflake: sign-in, role, and the privileges that onboard needs. None needs a warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from snowflake.connector import SnowflakeConnection

from theia_sf.health.check import Check, Verdict, guarded
from theia_sf.health.sign_in import ADVISE_AGAINST
from theia_sf.snowflake import keys
from theia_sf.snowflake.authenticators import AUTHENTICATORS, KEY_PAIR, PASSWORD
from theia_sf.snowflake.connect import session
from theia_sf.snowflake.connector_arguments import load_key
from theia_sf.snowflake.errors import StatementFailedError
from theia_sf.snowflake.identifiers import exact
from theia_sf.snowflake.query import fetch_all, fetch_records
from theia_sf.snowflake.settings import ConnectionSettings, SignIn, resolve

# Account privilege -> what needs it. https://docs.snowflake.com/en/user-guide/security-access-control-privileges
NEEDED: Final = {
    "CREATE DATABASE": "onboard creates the database of the flows",
    "CREATE INTEGRATION": "onboard creates the storage and notification integrations",
    "CREATE ROLE": "onboard creates the reader role",
    "CREATE WAREHOUSE": "onboard creates the readers' warehouse, analyses a temporary one",
    "EXECUTE TASK": "the task that deletes old flows runs",
    "EXECUTE MANAGED TASK": "that task runs without a warehouse of yours",
    "MANAGE GRANTS": "future grants to the reader role",
}
# What the system roles may do by definition, whether or not SHOW GRANTS lists it; the rest comes by their hierarchy.
# https://docs.snowflake.com/en/user-guide/security-access-control-overview#system-defined-roles
_BY_DEFINITION: Final = {
    "ACCOUNTADMIN": frozenset(NEEDED),
    "SECURITYADMIN": frozenset({"MANAGE GRANTS"}),
    "USERADMIN": frozenset({"CREATE ROLE"}),
    "SYSADMIN": frozenset({"CREATE DATABASE", "CREATE WAREHOUSE"}),
}


def snowflake(sign_in: SignIn) -> Iterator[Check]:
    """Look at the settings, sign in, and compare the role's privileges with what onboard needs."""
    yield from guarded("Snowflake", lambda: _sign_in(resolve(sign_in)))


def _sign_in(settings: ConnectionSettings) -> Iterator[Check]:
    title = AUTHENTICATORS[settings.authenticator].title
    detail = f"{settings.who} at {settings.account} ({settings.endpoint}) by {title}, from {settings.source}"
    if settings.authenticator == PASSWORD:
        yield Check("Snowflake settings", Verdict.WARNING, detail, ADVISE_AGAINST)
    else:
        yield Check("Snowflake settings", Verdict.OK, detail)
    if settings.authenticator == KEY_PAIR:
        yield Check(
            "Snowflake key",
            Verdict.OK,
            f"{keys.fingerprint(load_key(settings))} (compare RSA_PUBLIC_KEY_FP in DESC USER)",
        )
    with session(settings, query_tag="theia-sf doctor") as connection:
        version, name, organization, region, role = fetch_all(
            connection,
            "SELECT CURRENT_VERSION(), CURRENT_ACCOUNT_NAME(), CURRENT_ORGANIZATION_NAME(), CURRENT_REGION(), "
            "CURRENT_ROLE()",
        )[0]
        yield Check("Snowflake sign-in", Verdict.OK, f"{organization}-{name}, {region}, version {version}, role {role}")
        yield from guarded("Snowflake privileges", lambda: _privileges(connection, str(role)))


def _privileges(connection: SnowflakeConnection, role: str) -> Iterator[Check]:
    held = account_privileges(connection, role)
    for privilege, reason in NEEDED.items():
        name = f"Privilege {privilege}"
        if privilege in held:
            yield Check(name, Verdict.OK, f"held by {role}")
        else:
            advice = f"GRANT {privilege} ON ACCOUNT TO ROLE {exact(role)}, or sign in with a role that has it."
            yield Check(name, Verdict.FAILED, f"{role} lacks it: {reason}", advice)


def account_privileges(connection: SnowflakeConnection, role: str) -> set[str]:
    """Return the account's privileges that a role holds, itself or through the roles granted to it.

    Roles that the session may not look into are taken as holding none. Raises as `theia_sf.snowflake.query.execute`.
    """
    held: set[str] = set()
    to_visit, visited = [role], {role}
    while to_visit:
        current = to_visit.pop()
        held |= _BY_DEFINITION.get(current, frozenset())
        for grant in _grants(connection, current, required=current == role):
            privilege, kind, name = (str(grant.get(key, "")) for key in ("privilege", "granted_on", "name"))
            if kind == "ACCOUNT":
                held.add(privilege)
            elif kind == "ROLE" and privilege == "USAGE" and name not in visited:
                visited.add(name)
                to_visit.append(name)
    return held


def _grants(connection: SnowflakeConnection, role: str, *, required: bool) -> list[dict[str, Any]]:
    try:
        return fetch_records(connection, f"SHOW GRANTS TO ROLE {exact(role)}")
    except StatementFailedError:
        if required:
            raise
        return []
