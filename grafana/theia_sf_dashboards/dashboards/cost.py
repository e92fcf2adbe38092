"""What the pipeline and its readers cost: credits, bytes scanned, storage.

All of it stands in views of the whole account, which the reader role may not read unless an administrator lets it.
"""

from __future__ import annotations

from collections.abc import Sequence

from grafana_foundation_sdk.models.dashboard import Panel

from theia_sf_dashboards import datasource, panels, uids, units
from theia_sf_dashboards.dashboard import Dashboard
from theia_sf_dashboards.layout import Item, Row
from theia_sf_dashboards.limits import LIMITS
from theia_sf_dashboards.sql import statement

_TITLE = "Cost"
_USAGE = "Needs the database role SNOWFLAKE.USAGE_VIEWER."
_GOVERNANCE = "Needs the database role SNOWFLAKE.GOVERNANCE_VIEWER."
_TAGS = (
    "Commands of theia-sf by their query tag, and dashboards by the tag that Grafana's plugin sets; other queries of "
    "the account are left out."
)
_ATTRIBUTED = "Time of queries in a warehouse, without idle time and queries of up to about 100 ms; up to 8 hours late."
_SCANNED = "Up to 45 minutes late."

_ABOUT = """
Snowflake keeps what everything costs in views of the database SNOWFLAKE, which are about the whole account. The reader
role cannot read them: QUERY_HISTORY holds the text of every query of the account. An administrator lets a role read
them with

    GRANT DATABASE ROLE SNOWFLAKE.USAGE_VIEWER TO ROLE <role>;       -- credits and storage
    GRANT DATABASE ROLE SNOWFLAKE.GOVERNANCE_VIEWER TO ROLE <role>;  -- bytes scanned, single queries

where `<role>` is the role of this data source. Without them each panel says that its view does not exist or is not
authorized. Days are those of UTC. The views are late: bytes scanned up to 45 minutes, storage of tables 90 minutes,
credits of warehouses, Snowpipe and tasks 3 hours, credits of queries 8 hours.
"""


def cost(others: Sequence[Dashboard]) -> Dashboard:
    """Return the dashboard, which calls the others' queries by their titles."""
    titles = _titles(others)
    return Dashboard(
        name="cost_dashboard",
        uid=uids.COST,
        title=_TITLE,
        summary="Credits and bytes scanned by command and dashboard, credits of warehouses, Snowpipe and tasks, and "
        "storage. Needs the database roles SNOWFLAKE.USAGE_VIEWER and SNOWFLAKE.GOVERNANCE_VIEWER.",
        panels=lambda: _panels(titles),
        variables=tuple,
        time_from="now-7d",
    )


def _titles(others: Sequence[Dashboard]) -> str:
    """Rows of the uid and the title of each dashboard."""
    known = [(other.uid, other.title) for other in others] + [(uids.COST, _TITLE), (uids.HOME, "Home")]
    return ",\n".join(f"('{uid}', '{title}')" for uid, title in known)


def _panels(titles: str) -> Sequence[Item]:
    return [
        panels.text("What This Needs", "Grants, and how late the figures are.", _ABOUT.strip(), width=24, height=9),
        _total("Credits of Queries", f"{_TAGS} {_ATTRIBUTED} {_USAGE}", "attributed", units.CREDITS, titles),
        _total("Bytes Scanned", f"{_TAGS} {_SCANNED} {_GOVERNANCE}", "scanned", units.BYTES, titles),
        Row(
            "Credits",
            [
                _by_tag("Credits by Query Tag", f"{_TAGS} {_ATTRIBUTED} {_USAGE}", "attributed", units.CREDITS, titles),
                _bars(
                    "Credits of Warehouses",
                    "Every warehouse of the account, idle time and cloud services included; up to 3 hours late. At "
                    f"most {LIMITS['series_limit']}. {_USAGE}",
                    statement("cost/warehouses.sql"),
                    units.CREDITS,
                ),
                _bars(
                    "Credits of Snowpipe and Serverless Tasks",
                    "Loading, and deleting old flows; up to 3 hours late. Snowflake names a pipe without its database "
                    "here, so this is every FLOWPIPE of the account, but the tasks of this database alone. "
                    f"{_USAGE}",
                    statement("cost/serverless.sql"),
                    units.CREDITS,
                ),
                _by_tag(
                    "Bytes Scanned by Query Tag", f"{_TAGS} {_SCANNED} {_GOVERNANCE}", "scanned", units.BYTES, titles
                ),
            ],
        ),
        Row("Storage", _storage()),
        Row("Queries", _queries(titles)),
    ]


def _storage() -> list[Panel]:
    return [
        _bars(
            "Storage of the Database",
            f"The average of each day, of the data source's database; up to 3 hours late. {_USAGE}",
            statement("cost/storage_over_time.sql"),
            units.BYTES,
        ),
        panels.table(
            "Storage of Each Table",
            "What each table of the data source's database is billed for at present, whatever the time range is, also "
            f"after it was dropped; up to 90 minutes late. {_USAGE}",
            statement("cost/storage_by_table.sql"),
            column_units=dict.fromkeys(("Active", "Time Travel", "Fail-safe", "Total"), units.BYTES),
            width=12,
            height=10,
        ),
    ]


def _queries(titles: str) -> list[Panel]:
    return [
        panels.table(
            "Dashboards and Their Panels",
            "What the queries of each panel took in the time range; credits follow up to 8 hours later. A panel's "
            f"number is in its address when it is viewed alone. {_USAGE} {_GOVERNANCE}",
            _of_tags("panels", "scanned", titles, attributed="cost/attributed.sql"),
            column_units={
                "Queries": units.COUNT,
                "Credits": units.CREDITS,
                "Bytes scanned": units.BYTES,
                "Average duration": units.SECONDS,
                "Longest duration": units.SECONDS,
            },
        ),
        panels.table(
            "Most Expensive Queries",
            f"Single queries of theia-sf and of Grafana, at most {LIMITS['row_limit']}. {_ATTRIBUTED} {_USAGE} "
            f"{_GOVERNANCE}",
            _of_tags("queries", "attributed", titles, scanned="cost/scanned.sql"),
            column_units={
                "Credits": units.CREDITS,
                "Bytes scanned": units.BYTES,
                "Duration": units.SECONDS,
                "Rows": units.COUNT,
            },
        ),
    ]


def _total(title: str, description: str, used: str, unit: str, titles: str) -> Panel:
    return panels.stat(title, description, _of_tags("total", used, titles, title=title), unit=unit, width=12)


def _by_tag(title: str, description: str, used: str, unit: str, titles: str) -> Panel:
    return _bars(title, description, _of_tags("by_tag", used, titles), unit)


def _bars(title: str, description: str, sql: str, unit: str) -> Panel:
    return panels.time_series(title, description, sql, unit=unit, bars=True)


def _of_tags(name: str, used: str, titles: str, **more: str) -> str:
    return statement(
        f"cost/{name}.sql",
        used=f"cost/{used}.sql",
        known="cost/known.sql",
        tagged="cost/tagged.sql",
        dashboard_uid="cost/dashboard_uid.sql",
        datasource=datasource.UID,
        titles=titles,
        **more,
    )
