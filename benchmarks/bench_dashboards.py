"""Seconds of all panels of each dashboard for one day of ten, against the same without time filters, in one run.

The sandbox's engine is DuckDB, which translates each query first (about a tenth of a second); Snowflake's own times are
others. The ratio is what the filter on flowEndSeconds saves, as it skips what lies outside of the range.
"""

from __future__ import annotations

import io
import json
import logging
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from theia_sf.sandbox.flows import FlowOptions, generate
from theia_sf.sandbox.snowflake.account import Account
from theia_sf.sandbox.snowflake.sessions import Session
from theia_sf.sandbox.snowpipe.csv_format import CsvFormat
from theia_sf.sandbox.snowpipe.loading import StagedFile, load_file
from theia_sf.sandbox.snowpipe.statement import parse_copy
from theia_sf_dashboards.interpolation import Scope, Selection, interpolate, interval_of
from theia_sf_dashboards.macros import MacroContext, expand
from theia_sf_infra import migrations
from theia_sf_infra.copy import copy_statement

ROWS, DAYS = 500_000, 10
FOLDER = Path(__file__).parents[1] / "grafana" / "theia_sf_grafana" / "provisioning" / "dashboards"
FLOWS_ONLY = re.compile(r"SNOWFLAKE\.ACCOUNT_USAGE|SYSTEM\$|COPY_HISTORY")
"""Panels that ask for something else than flows are left out."""
FILTER = re.compile(r"\$__timeTzFilter\([^)]*\)")


def account_with_flows(end: datetime) -> tuple[Account, Session]:
    """Return an account in this process whose table holds the flows."""
    account = Account(admin_password="bench")
    session = account.system_session()
    for sql in (
        "CREATE WAREHOUSE W",
        "USE WAREHOUSE W",
        "CREATE DATABASE D",
        "CREATE SCHEMA D.THEIA",
        "USE SCHEMA D.THEIA",
    ):
        account.execute(sql, session)
    for migration in migrations.load():
        account.execute(migration.sql("D", "THEIA"), session)
    statement = parse_copy(copy_statement("D.THEIA.FLOWS", "D.THEIA.FLOWSTAGE"))
    csv = CsvFormat.from_options(statement.file_format)
    cursor = account.fake.duck_conn.cursor()
    for file in generate(FlowOptions(rows=ROWS, days=DAYS, antrea="2.7", end=end)):
        staged = StagedFile(file.name, io.BytesIO(file.content), datetime.now(UTC))
        outcome = load_file(cursor, statement, csv, '"D"."THEIA"."FLOWS"', staged)
        assert outcome.error is None, outcome.error
    return account, session


def queries(dashboard: dict[str, Any], start: datetime, end: datetime) -> Iterator[tuple[str, str]]:
    """Yield the panels' queries as they run, and the same without the time filter."""
    everything = {
        variable["name"]: Selection((), all_chosen=True, all_value=variable["allValue"])
        for variable in dashboard["templating"]["list"]
    }
    for panel in panels(dashboard["panels"]):
        for target in panel.get("targets", []):
            if FLOWS_ONLY.search(target["queryText"]) or not FILTER.search(target["queryText"]):
                continue
            least, points = panel.get("interval") or "", panel.get("maxDataPoints") or 1000
            scope = Scope(start, end, everything, interval_of(start, end, points, least))
            context = MacroContext(start, end)
            filled = interpolate(target["queryText"], scope)
            yield expand(filled, context).sql, expand(FILTER.sub("TRUE", filled), context).sql


def panels(found: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield panels, those in rows too."""
    for panel in found:
        yield panel
        yield from panels(panel.get("panels", []))


def seconds(account: Account, session: Session, sql: str) -> float:
    """Return how long a statement takes."""
    started = time.perf_counter()
    account.execute(sql, session).rows()
    return time.perf_counter() - started


def main() -> None:
    """Print both times of each dashboard and their ratio."""
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    end = datetime(2026, 1, 11, tzinfo=UTC)
    account, session = account_with_flows(end)
    print(f"{ROWS:,} flows over {DAYS} days; panels look at the last one")
    print(f"{'dashboard':24} {'queries':>7} {'seconds':>8} {'unfiltered':>10} {'ratio':>6}")
    totals = [0.0, 0.0]
    for path in sorted(FOLDER.glob("*.json")):
        pairs = list(queries(json.loads(path.read_text(encoding="utf-8")), end - timedelta(days=1), end))
        if not pairs:
            continue
        # in turn, so that whatever else the machine does burdens both
        measured = [[seconds(account, session, sql) for sql in pair] for pair in pairs]
        times = [sum(column) for column in zip(*measured, strict=True)]
        totals = [total + own for total, own in zip(totals, times, strict=True)]
        print(f"{path.stem:24} {len(pairs):>7} {times[0]:>8.2f} {times[1]:>10.2f} {times[1] / times[0]:>6.2f}")
    print(f"{'all':24} {'':>7} {totals[0]:>8.2f} {totals[1]:>10.2f} {totals[1] / totals[0]:>6.2f}")
    account.close()


if __name__ == "__main__":
    main()
