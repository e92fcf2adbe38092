"""The views of SNOWFLAKE.ACCOUNT_USAGE that this account has, and who may read them. They lag behind in no way.

A role needs ACCOUNTADMIN, or one of the database roles of SNOWFLAKE that have the view (docs.snowflake.com, "SNOWFLAKE
database roles"). IMPORTED PRIVILEGES on the database can't be granted here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from theia_sf.sandbox.snowflake import history_columns, privileges
from theia_sf.sandbox.snowflake.catalog import FullName
from theia_sf.sandbox.snowflake.errors import does_not_exist
from theia_sf.sandbox.snowflake.usage import columns, metering, queries, sign_ins, storage

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.account import Account
    from theia_sf.sandbox.snowflake.sessions import Session

SCHEMA = ("SNOWFLAKE", "ACCOUNT_USAGE")
DATABASE_ROLE = "DATABASE_ROLE"
"""The kind of object that a database role is, in grants."""
DATABASE_ROLES = ("GOVERNANCE_VIEWER", "OBJECT_VIEWER", "SECURITY_VIEWER", "USAGE_VIEWER")
Row = dict[str, Any]


@dataclass(frozen=True)
class View:
    """A view: its columns with DuckDB types, where its rows come from, and the database roles that may read it."""

    columns: dict[str, str]
    rows: Callable[[Account], list[Row]]
    roles: tuple[str, ...]


VIEWS = {
    "CREDENTIALS": View(history_columns.CREDENTIALS, sign_ins.credentials, ("SECURITY_VIEWER",)),
    "DATABASE_STORAGE_USAGE_HISTORY": View(
        columns.DATABASE_STORAGE_USAGE_HISTORY, storage.database_storage_usage_history, ("USAGE_VIEWER",)
    ),
    "LOGIN_HISTORY": View(history_columns.LOGIN_HISTORY, sign_ins.login_history, ("SECURITY_VIEWER",)),
    "PIPE_USAGE_HISTORY": View(columns.PIPE_USAGE_HISTORY, metering.pipe_usage_history, ("USAGE_VIEWER",)),
    "QUERY_ATTRIBUTION_HISTORY": View(
        columns.QUERY_ATTRIBUTION_HISTORY, queries.query_attribution_history, ("USAGE_VIEWER", "GOVERNANCE_VIEWER")
    ),
    "QUERY_HISTORY": View(columns.QUERY_HISTORY, queries.query_history, ("GOVERNANCE_VIEWER",)),
    "SERVERLESS_TASK_HISTORY": View(
        columns.SERVERLESS_TASK_HISTORY, metering.serverless_task_history, ("USAGE_VIEWER",)
    ),
    "TABLE_STORAGE_METRICS": View(columns.TABLE_STORAGE_METRICS, storage.table_storage_metrics, ("USAGE_VIEWER",)),
    "WAREHOUSE_METERING_HISTORY": View(
        columns.WAREHOUSE_METERING_HISTORY, metering.warehouse_metering_history, ("USAGE_VIEWER",)
    ),
}


def check(account: Account, session: Session, name: FullName) -> None:
    """Makes sure that a view is there, and that the session may read it.

    Raises:
        SnowflakeError: 002003.
    """
    view = VIEWS.get(name[2]) if name[:2] == SCHEMA else None
    if view is None or not _may_read(account, session, view):
        raise does_not_exist(".".join(name), "Object")


def _may_read(account: Account, session: Session, view: View) -> bool:
    catalog = account.catalog
    return privileges.is_admin(catalog, session) or any(
        privileges.privileges_on(catalog, session, DATABASE_ROLE, (SCHEMA[0], role)) for role in view.roles
    )
