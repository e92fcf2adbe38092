"""Who may do what: the role hierarchy, and the checks that statements make before they act.

A deliberate simplification ("docs/sandbox-snowflake.md"): a session that has ACCOUNTADMIN may do everything.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from theia_sf.sandbox.snowflake.bootstrap import ACCOUNT
from theia_sf.sandbox.snowflake.catalog import Catalog, FullName, Grant
from theia_sf.sandbox.snowflake.errors import does_not_exist, insufficient_privileges

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.sessions import Session

ADMIN = "ACCOUNTADMIN"
VISIBLE_THROUGH_CHILDREN = {"DATABASE", "SCHEMA"}


def roles_of_user(catalog: Catalog, user: str) -> set[str]:
    """The roles a user may assume: granted ones, those these inherit, and PUBLIC."""
    direct = {
        grant.name[0]
        for grant in list(catalog.grants)
        if grant.granted_on == "ROLE" and grant.granted_to == "USER" and grant.grantee == user
    }
    return inherited_roles(catalog, direct) | {"PUBLIC"}


def inherited_roles(catalog: Catalog, roles: Iterable[str]) -> set[str]:
    """The roles themselves and all roles granted to them, directly or not."""
    children: dict[str, set[str]] = {}
    for grant in list(catalog.grants):
        if grant.granted_on == "ROLE" and grant.granted_to == "ROLE" and grant.privilege == "USAGE":
            children.setdefault(grant.grantee, set()).add(grant.name[0])
    found: set[str] = set()
    waiting = list(roles)
    while waiting:
        role = waiting.pop()
        if role not in found:
            found.add(role)
            waiting.extend(children.get(role, ()))
    return found


def active_roles(catalog: Catalog, session: Session) -> set[str]:
    """The roles whose privileges a session has: its role, what that inherits, and secondary roles if switched on."""
    own = inherited_roles(catalog, {session.role}) | {"PUBLIC"}
    return own | roles_of_user(catalog, session.user) if session.secondary_roles else own


def is_admin(catalog: Catalog, session: Session) -> bool:
    """Whether the session may do everything."""
    return ADMIN in active_roles(catalog, session)


def privileges_on(catalog: Catalog, session: Session, kind: str, name: FullName) -> set[str]:
    """The privileges of a session on one object."""
    roles = active_roles(catalog, session)
    return {
        grant.privilege
        for grant in list(catalog.grants)
        if grant.granted_on == kind and grant.name == name and grant.granted_to == "ROLE" and grant.grantee in roles
    }


def can_see(catalog: Catalog, session: Session, kind: str, name: FullName) -> bool:
    """Whether SHOW lists the object for this session: any privilege on it, or on something inside of it."""
    roles = active_roles(catalog, session)
    if ADMIN in roles:
        return True
    depth = len(name)
    for grant in list(catalog.grants):
        if grant.granted_to != "ROLE" or grant.grantee not in roles:
            continue
        if grant.granted_on == kind and grant.name == name:
            return True
        if kind in VISIBLE_THROUGH_CHILDREN and len(grant.name) > depth and grant.name[:depth] == name:
            return True
    return False


def require(catalog: Catalog, session: Session, kind: str, name: FullName, *wanted: str) -> None:
    """Makes sure that the session has one of the privileges, or owns the object.

    Raises:
        SnowflakeError: 002003 when the session has no privilege at all on it, 003001 when it has others.
    """
    if is_admin(catalog, session):
        return
    held = privileges_on(catalog, session, kind, name)
    if held & {*wanted, "OWNERSHIP", "ALL"}:
        return
    shown = ".".join(name)
    raise insufficient_privileges(shown, kind) if held else does_not_exist(shown, kind)


def require_on_account(catalog: Catalog, session: Session, privilege: str) -> None:
    """Makes sure that the session has a privilege on the account, such as CREATE DATABASE.

    Raises:
        SnowflakeError: 003001.
    """
    if is_admin(catalog, session) or privilege in privileges_on(catalog, session, "ACCOUNT", ACCOUNT):
        return
    raise insufficient_privileges(ACCOUNT[0], "account")


def require_usage(catalog: Catalog, session: Session, database: str, schema: str | None) -> None:
    """Makes sure that the session may use the containers of an object.

    Raises:
        SnowflakeError: 002003.
    """
    if is_admin(catalog, session):
        return
    if not privileges_on(catalog, session, "DATABASE", (database,)) & {"USAGE", "OWNERSHIP", "ALL"}:
        raise does_not_exist(database, "Database")
    if schema is None or schema == "INFORMATION_SCHEMA":
        return
    if not privileges_on(catalog, session, "SCHEMA", (database, schema)) & {"USAGE", "OWNERSHIP", "ALL"}:
        raise does_not_exist(".".join((database, schema)), "Schema")


def own(catalog: Catalog, kind: str, name: FullName, role: str) -> None:
    """Gives a new object to a role, and applies the future grants of its schema (else database)."""
    add(
        catalog,
        Grant(privilege="OWNERSHIP", granted_on=kind, name=name, grantee=role, grant_option=True, granted_by=role),
    )
    futures = list(catalog.future_grants)
    for container in (name[:2], name[:1]):
        matching = [
            f for f in futures if f.grant_on == kind and f.container == container and len(name) > len(container)
        ]
        for future in matching:
            add(
                catalog,
                Grant(
                    privilege=future.privilege,
                    granted_on=kind,
                    name=name,
                    grantee=future.grantee,
                    grant_option=future.grant_option,
                    granted_by=role,
                ),
            )
        if matching:
            return  # "Considerations": future grants on a schema take precedence over those on its database


def add(catalog: Catalog, grant: Grant) -> None:
    """Records a grant; one that is there already keeps its time."""
    catalog.grants.setdefault(grant, grant)


def forget(catalog: Catalog, kind: str, name: FullName) -> None:
    """Drops every grant on an object; for a database or schema also those on what is inside."""
    depth = len(name)
    inside = kind in VISIBLE_THROUGH_CHILDREN
    for grant in list(catalog.grants):
        if (grant.granted_on == kind and grant.name == name) or (
            inside
            and grant.granted_on not in {"ROLE", "ACCOUNT"}
            and len(grant.name) > depth
            and grant.name[:depth] == name
        ):
            del catalog.grants[grant]
    if inside:
        for future in [f for f in catalog.future_grants if f.container[:depth] == name]:
            del catalog.future_grants[future]


def rename(catalog: Catalog, kind: str, old: FullName, new: FullName) -> None:
    """Moves the grants on an object to its new name."""
    for grant in [g for g in catalog.grants if g.granted_on == kind and g.name == old]:
        del catalog.grants[grant]
        add(catalog, replace(grant, name=new))
