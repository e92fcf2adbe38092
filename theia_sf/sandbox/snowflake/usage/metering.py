"""Credits by the hour: of warehouses, of Snowpipe, of serverless tasks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from theia_sf.sandbox.snowflake.catalog_base import FullName, now
from theia_sf.sandbox.snowflake.query_log import Finished
from theia_sf.sandbox.snowflake.usage.queries import attributed_credits
from theia_sf.sandbox.snowflake.usage.rates import (
    LEAST_BILLED_SECONDS,
    SERVERLESS_TASK_CREDITS_PER_HOUR,
    SNOWPIPE_CREDITS_PER_GB,
    WAREHOUSE_CREDITS_PER_HOUR,
    number_of,
)

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.account import Account
    from theia_sf.sandbox.snowflake.catalog import Catalog

Row = dict[str, Any]

HOUR = timedelta(hours=1)


@dataclass
class Run:
    """A stretch of time in which a warehouse of one size ran."""

    start: datetime
    end: datetime
    credits_per_hour: int


def warehouse_runs(queries: list[Finished], catalog: Catalog, moment: datetime) -> list[Run]:
    """When one warehouse ran: from a statement's start until it had been idle for AUTO_SUSPEND seconds.

    `queries` are its own, oldest first. One that never suspends runs on until `moment`; one that is gone, or suspended
    by hand since, is not taken to idle.
    """
    runs: list[Run] = []
    for query in queries:
        if query.warehouse_size is None:
            continue
        warehouse = catalog.warehouses.get(query.warehouse or "")
        end = query.ended
        if warehouse is not None and warehouse.state == "STARTED":
            end = moment if not query.auto_suspend else end + timedelta(seconds=query.auto_suspend)
        rate = WAREHOUSE_CREDITS_PER_HOUR[query.warehouse_size]
        if not runs or query.started > runs[-1].end or rate != runs[-1].credits_per_hour:
            start = query.started
            if runs and rate != runs[-1].credits_per_hour:
                start = max(start, runs[-1].end)
            runs.append(Run(start, start + timedelta(seconds=LEAST_BILLED_SECONDS), rate))
        runs[-1].end = max(runs[-1].end, end)
    for run in runs:
        run.end = min(run.end, max(moment, run.start + timedelta(seconds=LEAST_BILLED_SECONDS)))
    return runs


def warehouse_metering_history(account: Account) -> list[Row]:
    """The credits of each warehouse in each hour in which it ran."""
    by_warehouse: defaultdict[str, list[Finished]] = defaultdict(list)
    for query in sorted(account.query_log.all(), key=lambda query: query.started):
        if query.warehouse is not None:
            by_warehouse[query.warehouse].append(query)
    rows: list[Row] = []
    for name, queries in by_warehouse.items():
        used: defaultdict[datetime, float] = defaultdict(float)
        for run in warehouse_runs(queries, account.catalog, now()):
            for hour, seconds in by_hour(run.start, run.end):
                used[hour] += seconds / 3600 * run.credits_per_hour
        attributed: defaultdict[datetime, float] = defaultdict(float)
        for query in queries:
            attributed[_hour(query.started)] += attributed_credits(query) or 0
        for hour, credits_used in used.items():
            rows.append(
                {
                    "START_TIME": hour,
                    "END_TIME": hour + HOUR,
                    "WAREHOUSE_ID": number_of(name),
                    "WAREHOUSE_NAME": name,
                    "CREDITS_USED": credits_used,
                    "CREDITS_USED_COMPUTE": credits_used,
                    "CREDITS_USED_CLOUD_SERVICES": 0.0,
                    "CREDITS_ATTRIBUTED_COMPUTE_QUERIES": min(attributed[hour], credits_used),
                }
            )
    return rows


def pipe_usage_history(account: Account) -> list[Row]:
    """The files that each pipe loaded in each hour; what the pipe refused is not billed."""
    loaded: defaultdict[tuple[FullName, datetime], list[int]] = defaultdict(list)
    for record in account.snowpipe.loads() if account.snowpipe is not None else ():
        if record.pipe is not None and record.outcome.error is None:
            loaded[record.pipe, _hour(record.finished)].append(record.file.size)
    return [
        {
            "PIPE_ID": number_of(*pipe),
            "PIPE_NAME": pipe[-1],
            "START_TIME": hour,
            "END_TIME": hour + HOUR,
            "CREDITS_USED": sum(sizes) / 10**9 * SNOWPIPE_CREDITS_PER_GB,
            "BYTES_INSERTED": float(sum(sizes)),
            "FILES_INSERTED": str(len(sizes)),
            "BYTES_BILLED": sum(sizes),
        }
        for (pipe, hour), sizes in loaded.items()
    ]


def serverless_task_history(account: Account) -> list[Row]:
    """The time that each task without a warehouse ran in each hour."""
    ran: defaultdict[tuple[FullName, datetime], float] = defaultdict(float)
    for run in account.catalog.task_runs:
        if run.warehouse is None and run.completed_time is not None:
            for hour, seconds in by_hour(run.query_start_time, run.completed_time):
                ran[run.task, hour] += seconds
    return [
        {
            "START_TIME": hour,
            "END_TIME": hour + HOUR,
            "CREDITS_USED": f"{seconds / 3600 * SERVERLESS_TASK_CREDITS_PER_HOUR:.9f}",
            "TASK_ID": number_of(*task),
            "TASK_NAME": task[2],
            "SCHEMA_ID": number_of(*task[:2]),
            "SCHEMA_NAME": task[1],
            "DATABASE_ID": number_of(task[0]),
            "DATABASE_NAME": task[0],
        }
        for (task, hour), seconds in ran.items()
    ]


def by_hour(start: datetime, end: datetime) -> Iterator[tuple[datetime, float]]:
    """Cuts a stretch of time at the hours: (start of the hour, seconds in it)."""
    while start < end:
        hour = _hour(start)
        until = min(end, hour + HOUR)
        yield hour, (until - start).total_seconds()
        start = until


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
