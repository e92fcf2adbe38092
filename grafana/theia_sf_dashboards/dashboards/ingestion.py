"""Whether flow files arrive, load, and how late."""

from __future__ import annotations

from collections.abc import Sequence

from grafana_foundation_sdk.models.dashboard import Panel

from theia_sf_dashboards import panels, uids, units, variables
from theia_sf_dashboards.dashboard import Dashboard
from theia_sf_dashboards.layout import Item, Row
from theia_sf_dashboards.limits import LIMITS
from theia_sf_dashboards.sql import statement

_LATE = {300.0: "orange", 900.0: "red"}
"""Seconds: the Flow Aggregator uploads once a minute, and Snowpipe is through with a file in about another."""
_ANY = {1.0: "red"}
_AVERAGE = "By the time at which they were loaded, for each minute; the average where an interval is longer."
_REJECTED = "Lines that are no flow records have no cluster, so they are shown whatever is selected."
_MONITOR = (
    "Needs MONITOR on the pipe, which `theia-sf onboard` grants to the reader role; another role gets it by "
    "GRANT MONITOR ON PIPE."
)


def _panels() -> Sequence[Item]:
    return [
        panels.stat(
            "Age of the Newest Flow",
            "Time since the end of the newest flow record of the time range. Empty when it has none.",
            statement("ingestion/newest.sql"),
            unit=units.SECONDS,
            thresholds=_LATE,
            width=6,
        ),
        _number("Rows Loaded", f"Rows that were loaded in the time range. {_REJECTED}", "COUNT(*)"),
        _number("Files Loaded", "Files of which rows were loaded in the time range.", "COUNT(DISTINCT file_name)"),
        _number("Rejected Lines", f"Lines that are no flow records. {_REJECTED}", "COUNT(rejected)", alarm=True),
        panels.time_series(
            "Rows Loaded Per Minute",
            f"{_AVERAGE} {_REJECTED}",
            statement("ingestion/rows_per_minute.sql"),
            unit=units.PER_MINUTE,
        ),
        panels.time_series(
            "Files Loaded Per Minute",
            f"{_AVERAGE} A file without a single row is not seen here.",
            statement("ingestion/files_per_minute.sql"),
            unit=units.PER_MINUTE,
        ),
        panels.table(
            "Newest Flow of Each Cluster",
            "The end of the newest flow record, its age, and when the last one was loaded; the latest cluster first. "
            "Clusters without a flow in the time range are missing.",
            statement("ingestion/newest_by_cluster.sql"),
            column_units={"Age": units.SECONDS, "Flow records": units.COUNT},
            width=12,
            height=10,
        ),
        panels.time_series(
            "Lag",
            "By the end of the flow, time until its record was written by the Flow Aggregator, and until it was "
            "loaded: half of the records and 95 % of them took no longer.",
            statement("ingestion/lag.sql"),
            unit=units.SECONDS,
        ),
        Row("Pipe", _pipe()),
        Row("Rejected lines", _rejected()),
    ]


def _pipe() -> list[Panel]:
    return [
        panels.table(
            "Pipe State",
            "What SYSTEM$PIPE_STATUS tells at present, whatever the time range is; RUNNING is as it should be. "
            f"{_MONITOR}",
            statement("ingestion/pipe_status.sql"),
            column_units=dict.fromkeys(("Pending files", "Messages in the queue"), units.COUNT),
            height=5,
        ),
        panels.table(
            "Files That Failed",
            f"Files of which nothing or not everything was loaded, and the first error, at most {LIMITS['row_limit']}; "
            "`theia-sf ingestion retry` loads them again. Of the 14 days that Snowflake keeps, 13 are shown. Without "
            "MONITOR on the pipe its name is missing.",
            statement("ingestion/failed_files.sql"),
            column_units={
                "Size": units.BYTES,
                "Line": units.PLAIN,
                "Errors": units.COUNT,
                "Rows loaded": units.COUNT,
            },
            height=10,
        ),
    ]


def _rejected() -> list[Panel]:
    return [
        panels.time_series(
            "Rejected Lines",
            f"By the time at which they were loaded. {_REJECTED}",
            statement("ingestion/rejected_over_time.sql"),
            unit=units.COUNT,
            bars=True,
            width=24,
            height=8,
        ),
        panels.table(
            "Newest Rejected Lines",
            f"The file, the line's number in it, and its first 1000 characters; at most {LIMITS['row_limit']}.",
            statement("ingestion/rejected.sql"),
            column_units={"Row": units.PLAIN},
        ),
    ]


def _number(title: str, description: str, number: str, *, alarm: bool = False) -> Panel:
    sql = statement("ingestion/loaded.sql", number=number, title=title)
    return panels.stat(title, description, sql, thresholds=_ANY if alarm else None, width=6)


DASHBOARD = Dashboard(
    name="ingestion_dashboard",
    uid=uids.INGESTION,
    title="Ingestion Health",
    summary="Whether flow files arrive and load: rows, files, the newest flow, lag, the pipe, and what was rejected.",
    panels=_panels,
    variables=lambda: (variables.cluster(),),
    time_from="now-6h",
)
