"""SHOW of warehouses, databases, schemas and roles. Columns as the SHOW pages list them."""

from __future__ import annotations

from theia_sf.sandbox.snowflake.results import Column, Result, listing
from theia_sf.sandbox.snowflake.show.filters import read_filter, visible
from theia_sf.sandbox.snowflake.statements.context import Statement

TIME = "timestamp_ltz"


def times(*names: str) -> list[Column]:
    """Columns of points in time."""
    return [Column(name, TIME) for name in names]


def numbers(*names: str) -> list[Column]:
    """Columns of whole numbers."""
    return [Column(name, "fixed") for name in names]


def yes(flag: bool) -> str:
    """Y or N."""
    return "Y" if flag else "N"


def warehouses(statement: Statement) -> Result:
    """SHOW WAREHOUSES."""
    narrowed = read_filter(statement, levels=1)
    columns: list[str | Column] = ["name", "state", "type", "size"]
    columns += numbers("min_cluster_count", "max_cluster_count", "started_clusters", "running", "queued")
    columns += ["is_default", "is_current", *numbers("auto_suspend"), "auto_resume", "available", "provisioning"]
    columns += ["quiescing", "other", *times("created_on", "resumed_on", "updated_on"), "owner", "comment"]
    columns += ["enable_query_acceleration", *numbers("query_acceleration_max_scale_factor"), "resource_monitor"]
    columns += ["actives", "pendings", "failed", "suspended", "uuid", "scaling_policy", "budget", "owner_role_type"]
    columns += ["resource_constraint", "generation"]
    rows: list[tuple[object, ...]] = []
    user = statement.catalog.users.get(statement.session.user)
    for w in narrowed.apply(visible(statement, "WAREHOUSE", statement.catalog.warehouses.values())):
        started = w.state == "STARTED"
        rows.append(
            (
                *(w.name, w.state, w.type, w.size, w.min_cluster_count, w.max_cluster_count, int(started), 0, 0),
                *(
                    yes(user is not None and user.default_warehouse == w.name),
                    yes(statement.session.warehouse == w.name),
                ),
                *(w.auto_suspend, str(w.auto_resume).lower(), "100" if started else "", "0" if started else ""),
                *("0" if started else "", "0" if started else "", w.created_on, w.resumed_on, w.updated_on, w.owner),
                *(w.comment or "", str(w.enable_query_acceleration).lower(), w.query_acceleration_max_scale_factor),
                *(w.resource_monitor or "null", int(started), 0, 0, int(not started), str(abs(hash(w.name)))),
                *(w.scaling_policy, None, "ROLE", w.resource_constraint, w.generation),
            )
        )
    return listing(columns, rows)


def databases(statement: Statement) -> Result:
    """SHOW DATABASES."""
    narrowed = read_filter(statement, levels=1)
    columns = [*times("created_on"), "name", "is_default", "is_current", "origin", "owner", "comment", "options"]
    columns += ["retention_time", "kind", "budget", "owner_role_type", "object_visibility"]
    rows = [
        (
            *(d.created_on, d.name, "N", yes(statement.session.database == d.name), "", d.owner, d.comment or ""),
            *("TRANSIENT" if d.transient else "", d.parameters.get("DATA_RETENTION_TIME_IN_DAYS", "1"), "STANDARD"),
            *(None, "ROLE", None),
        )
        for d in narrowed.apply(visible(statement, "DATABASE", statement.catalog.databases.values()))
    ]
    return listing(columns, rows)


def schemas(statement: Statement) -> Result:
    """SHOW SCHEMAS; each database also has its INFORMATION_SCHEMA, which is not listed here."""
    narrowed = read_filter(statement, levels=2)
    columns = [*times("created_on"), "name", "is_default", "is_current", "database_name", "owner", "comment", "options"]
    columns += ["retention_time", "owner_role_type", "budget"]
    current = (statement.session.database, statement.session.schema)
    rows: list[tuple[object, ...]] = []
    for s in narrowed.apply(visible(statement, "SCHEMA", statement.catalog.schemas.values())):
        options = [word for word, on in (("TRANSIENT", s.transient), ("MANAGED ACCESS", s.managed_access)) if on]
        retention = s.parameters.get("DATA_RETENTION_TIME_IN_DAYS", "1")
        rows.append(
            (
                *(s.created_on, s.name, "N", yes(current == s.full_name), s.database, s.owner, s.comment or ""),
                *(", ".join(options), retention, "ROLE", None),
            )
        )
    return listing(columns, rows)


def roles(statement: Statement) -> Result:
    """SHOW ROLES."""
    narrowed = read_filter(statement, levels=1)
    catalog, session = statement.catalog, statement.session
    columns = [*times("created_on"), "name", "is_default", "is_current", "is_inherited"]
    columns += [*numbers("assigned_to_users", "granted_to_roles", "granted_roles"), "owner", "comment"]
    given = [g for g in catalog.grants if g.granted_on == "ROLE" and g.privilege == "USAGE"]
    user = catalog.users.get(session.user)
    rows = [
        (
            *(
                r.created_on,
                r.name,
                yes(user is not None and user.default_role == r.name),
                yes(session.role == r.name),
                "N",
            ),
            sum(g.name == (r.name,) and g.granted_to == "USER" for g in given),
            sum(g.name == (r.name,) and g.granted_to == "ROLE" for g in given),
            sum(g.grantee == r.name and g.granted_to == "ROLE" for g in given),
            *(r.owner, r.comment or ""),
        )
        for r in narrowed.apply(catalog.roles.values())
    ]
    return listing(columns, rows)
