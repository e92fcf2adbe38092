"""Who may do what: the role hierarchy and the privileges a session has."""

from __future__ import annotations

from theia_sf.sandbox.snowflake.catalog import Catalog


def roles_of_user(catalog: Catalog, user: str) -> set[str]:
    """The roles a user may assume: granted ones, those these inherit, and PUBLIC."""
    direct = {
        g.name[0]
        for g in list(catalog.grants)
        if g.granted_on == "ROLE" and g.granted_to == "USER" and g.grantee == user
    }
    return inherited_roles(catalog, direct) | {"PUBLIC"}


def inherited_roles(catalog: Catalog, roles: set[str]) -> set[str]:
    """The roles themselves and all roles granted to them, directly or not."""
    children: dict[str, set[str]] = {}
    for grant in list(catalog.grants):
        if grant.granted_on == "ROLE" and grant.granted_to == "ROLE":
            children.setdefault(grant.grantee, set()).add(grant.name[0])
    found: set[str] = set()
    waiting = list(roles)
    while waiting:
        role = waiting.pop()
        if role not in found:
            found.add(role)
            waiting.extend(children.get(role, ()))
    return found
