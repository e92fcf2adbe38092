"""GRANT and REVOKE: privileges on objects, all or future objects of a container, and roles.

"GRANT <privileges> … TO ROLE", "GRANT ROLE", "GRANT OWNERSHIP".
"""

from __future__ import annotations

from theia_sf.sandbox.snowflake import privileges
from theia_sf.sandbox.snowflake.catalog import Catalog, FullName, FutureGrant, Grant
from theia_sf.sandbox.snowflake.errors import does_not_exist, insufficient_privileges
from theia_sf.sandbox.snowflake.results import Result, succeeded
from theia_sf.sandbox.snowflake.statements import database_roles
from theia_sf.sandbox.snowflake.statements.context import Statement
from theia_sf.sandbox.snowflake.statements.grant_targets import Target, read_many, read_object

PRIVILEGES_OF_ALL = {
    "DATABASE": ("USAGE", "MONITOR", "MODIFY", "CREATE SCHEMA"),
    "SCHEMA": (
        "USAGE",
        "MONITOR",
        "MODIFY",
        "CREATE TABLE",
        "CREATE VIEW",
        "CREATE STAGE",
        "CREATE PIPE",
        "CREATE TASK",
    ),
    "WAREHOUSE": ("USAGE", "MONITOR", "MODIFY", "OPERATE", "APPLYBUDGET"),
    "INTEGRATION": ("USAGE",),
    "TABLE": ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES"),
    "VIEW": ("SELECT", "REFERENCES"),
    "STAGE": ("USAGE", "READ", "WRITE"),
    "PIPE": ("MONITOR", "OPERATE"),
    "TASK": ("MONITOR", "OPERATE"),
}


def grant(statement: Statement) -> Result:
    """GRANT … TO …"""
    tokens = statement.tokens
    if tokens.looking_at("DATABASE", "ROLE"):
        return database_roles.grant(statement)
    if tokens.looking_at("ROLE"):
        _role_grant(statement, give=True)
        return succeeded()
    wanted, target = _read_grant(statement)
    tokens.expect("TO")
    grantee = _grantee_role(statement)
    option = tokens.accept("WITH", "GRANT", "OPTION")
    ownership = wanted == ["OWNERSHIP"]
    if ownership and not tokens.accept("COPY", "CURRENT", "GRANTS"):
        tokens.accept("REVOKE", "CURRENT", "GRANTS")
    tokens.expect_end()
    catalog, by = statement.catalog, statement.session.role
    with catalog.lock:
        for privilege in _expand(wanted, target.kind):
            if target.future:
                future = FutureGrant(
                    privilege=privilege,
                    grant_on=target.kind,
                    container=target.container,
                    grantee=grantee,
                    grant_option=option,
                    granted_by=by,
                )
                catalog.future_grants.setdefault(future, future)
            for name in target.names:
                if ownership:
                    _pass_ownership(catalog, target.kind, name, grantee)
                privileges.add(
                    catalog,
                    Grant(
                        privilege=privilege,
                        granted_on=target.kind,
                        name=name,
                        grantee=grantee,
                        grant_option=option or ownership,
                        granted_by=grantee if ownership else by,
                    ),
                )
    return succeeded()


def revoke(statement: Statement) -> Result:
    """REVOKE [GRANT OPTION FOR] … FROM …"""
    tokens = statement.tokens
    if tokens.looking_at("DATABASE", "ROLE"):
        return database_roles.revoke(statement)
    if tokens.looking_at("ROLE"):
        _role_grant(statement, give=False)
        return succeeded()
    tokens.accept("GRANT", "OPTION", "FOR")
    wanted, target = _read_grant(statement)
    tokens.expect("FROM")
    grantee = _grantee_role(statement)
    if not tokens.accept("CASCADE"):
        tokens.accept("RESTRICT")
    tokens.expect_end()
    gone = set(_expand(wanted, target.kind))
    catalog = statement.catalog
    with catalog.lock:
        for future in [f for f in catalog.future_grants if target.future]:
            same = (future.grant_on, future.container, future.grantee) == (target.kind, target.container, grantee)
            if same and future.privilege in gone:
                del catalog.future_grants[future]
        for held in list(catalog.grants):
            same = (held.granted_on, held.granted_to, held.grantee) == (target.kind, "ROLE", grantee)
            if same and held.name in target.names and held.privilege in gone:
                del catalog.grants[held]
    return succeeded()


def _read_grant(statement: Statement) -> tuple[list[str], Target]:
    tokens = statement.tokens
    wanted: list[str] = []
    words: list[str] = []
    while not tokens.looking_at("ON"):
        if tokens.at_end:
            raise tokens.unexpected()
        if tokens.accept(","):
            wanted.append(" ".join(words))
            words = []
        else:
            words.append(tokens.text().upper())
    wanted.append(" ".join(words))
    tokens.expect("ON")
    every = tokens.accept_any("ALL", "FUTURE")
    target = read_many(statement, future=every == "FUTURE") if every else read_object(statement)
    _check_may_grant(statement, wanted, target)
    return wanted, target


def _check_may_grant(statement: Statement, wanted: list[str], target: Target) -> None:
    """The owner, a holder with the grant option, and MANAGE GRANTS may grant."""
    catalog, session = statement.catalog, statement.session
    managing = "MANAGE GRANTS" in privileges.privileges_on(catalog, session, "ACCOUNT", privileges.ACCOUNT)
    if privileges.is_admin(catalog, session) or managing:
        return
    roles = privileges.active_roles(catalog, session)
    for name in target.names or (target.container,):
        options = {
            g.privilege
            for g in catalog.grants
            if g.name == name and g.grantee in roles and g.granted_to == "ROLE" and g.grant_option
        }
        if "OWNERSHIP" not in options and not set(wanted) <= options:
            raise insufficient_privileges(".".join(name), target.kind)


def _expand(wanted: list[str], kind: str) -> list[str]:
    if wanted in (["ALL"], ["ALL PRIVILEGES"]):
        return list(PRIVILEGES_OF_ALL.get(kind, ("USAGE",)))
    return wanted


def _pass_ownership(catalog: Catalog, kind: str, name: FullName, role: str) -> None:
    for held in [g for g in catalog.grants if (g.granted_on, g.name, g.privilege) == (kind, name, "OWNERSHIP")]:
        del catalog.grants[held]
    one_level = {"DATABASE": catalog.databases, "WAREHOUSE": catalog.warehouses, "ROLE": catalog.roles}
    stores: dict[str, dict[FullName, object]] = {
        "SCHEMA": dict(catalog.schemas),
        "TABLE": dict(catalog.relations),
        "VIEW": dict(catalog.relations),
        "STAGE": dict(catalog.stages),
        "PIPE": dict(catalog.pipes),
        "TASK": dict(catalog.tasks),
    }
    target = one_level[kind].get(name[0]) if kind in one_level else stores.get(kind, {}).get(name)
    if target is not None:
        target.__dict__["owner"] = role


def _grantee_role(statement: Statement) -> str:
    statement.tokens.accept("ROLE")
    role = statement.tokens.identifier()
    if role not in statement.catalog.roles:
        raise does_not_exist(role, "Role")
    return role


def _role_grant(statement: Statement, *, give: bool) -> None:
    """GRANT | REVOKE ROLE r TO | FROM ROLE | USER x."""
    tokens, catalog = statement.tokens, statement.catalog
    tokens.expect("ROLE")
    role = tokens.identifier()
    tokens.expect("TO" if give else "FROM")
    kind = tokens.accept_any("ROLE", "USER")
    if not kind:
        raise tokens.unexpected()
    grantee = tokens.identifier()
    tokens.expect_end()
    for found, name, what in (
        (catalog.roles, role, "Role"),
        (catalog.roles if kind == "ROLE" else catalog.users, grantee, kind),
    ):
        if name not in found:
            raise does_not_exist(name, what)
    managing = "MANAGE GRANTS" in privileges.privileges_on(catalog, statement.session, "ACCOUNT", privileges.ACCOUNT)
    if not managing:
        privileges.require(catalog, statement.session, "ROLE", (role,), "OWNERSHIP")
    entry = Grant(
        privilege="USAGE",
        granted_on="ROLE",
        name=(role,),
        grantee=grantee,
        granted_to=kind,
        granted_by=statement.session.role,
    )
    with catalog.lock:
        held = [g for g in catalog.grants if g.granted_on == "ROLE" and g.privilege == "USAGE" and g.name == (role,)]
        for old in [g for g in held if (g.granted_to, g.grantee) == (kind, grantee)]:
            del catalog.grants[old]
        if give:
            privileges.add(catalog, entry)
