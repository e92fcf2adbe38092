"""Time of the report against policy-recommendation over the same flows: eight statements and a page against one."""

from __future__ import annotations

import io
import statistics
import time
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from fakesnow.instance import FakeSnow

from theia_sf.flows.layouts import NUMBER_COLUMNS, TABLE_COLUMNS, TIME_COLUMNS
from theia_sf.flows.ranges import FlowRange
from theia_sf.flows.source import readable_flows, rejected_lines
from theia_sf.flows.time_window import TimeWindow
from theia_sf.policies.garbage import collector_paused
from theia_sf.policies.options import PolicyOptions
from theia_sf.policies.render.documents import documents, to_yaml
from theia_sf.policies.report import recommend_for
from theia_sf.report.assemble import page
from theia_sf.report.read import read_report
from theia_sf.report.section import About
from theia_sf.sandbox.flows import FlowOptions, generate
from theia_sf.sandbox.snowpipe.csv_format import CsvFormat
from theia_sf.sandbox.snowpipe.loading import StagedFile, load_file
from theia_sf.sandbox.snowpipe.statement import parse_copy
from theia_sf_infra.copy import copy_statement

ROWS = 1_000_000
ROUNDS = 3
NAMESPACES = tuple(f"team-{number}" for number in range(40))
_TABLE = "ANTREA_BENCH.THEIA.FLOWS"


def table_type(column: str) -> str:
    """The DuckDB type of a column of FLOWS."""
    if column in TIME_COLUMNS:
        return "TIMESTAMPTZ"
    return "DECIMAL(20, 0)" if column in NUMBER_COLUMNS else "VARCHAR"


class Flows:
    """The flows of generated files, in a database of this process."""

    def __init__(self) -> None:
        connection = FakeSnow().connect(database="ANTREA_BENCH", schema="THEIA")
        self._cursor = connection.cursor()
        self.flows, self.rejected = readable_flows(_TABLE), rejected_lines(_TABLE)
        duck = connection._duck_conn  # noqa: SLF001 (fakesnow's own loading knows no files of this machine)
        columns = ", ".join(f"{column} {table_type(column)}" for column in TABLE_COLUMNS)
        extra = "rejectedRecord VARCHAR, sourceFile VARCHAR, sourceFileRow BIGINT, loadedAt TIMESTAMPTZ"
        duck.execute(f"CREATE TABLE {_TABLE} ({columns}, {extra})")
        statement = parse_copy(copy_statement("FLOWS", "FLOWSTAGE"))
        csv = CsvFormat.from_options(statement.file_format)
        for file in generate(FlowOptions(rows=ROWS, days=7, namespaces=NAMESPACES)):
            staged = StagedFile(file.name, io.BytesIO(file.content), datetime.now(UTC))
            assert load_file(duck, statement, csv, _TABLE, staged).error is None
        assert duck.execute(f"SELECT COUNT(*) FROM {_TABLE}").fetchall() == [(ROWS,)]

    def rows(self, sql: str, params: Any) -> Iterator[tuple[Any, ...]]:
        """Run one statement."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # fakesnow's use of DuckDB's Arrow output
            yield from self._cursor.execute(sql, dict(params)).fetchall()


def seconds(action: Callable[[], object]) -> float:
    """Run something; return how long it took."""
    with collector_paused():
        started = time.perf_counter()
        action()
        return time.perf_counter() - started


def main() -> None:
    """Print the median times and the ratio."""
    flows, options = Flows(), PolicyOptions.parse()
    chosen = FlowRange(TimeWindow(), None, datetime.now(UTC))
    about = About("ANTREA_BENCH", chosen, options, "0")

    def policies() -> None:
        "".join(to_yaml(documents(recommend_for(flows, chosen, options))))

    sizes: list[int] = []

    def report() -> None:
        sizes.append(len(page(read_report(flows, about))))

    pairs = [(seconds(policies), seconds(report)) for _ in range(ROUNDS)]
    alone, whole = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"policy-recommendation {alone:>8.2f} s")
    print(f"report                {whole:>8.2f} s ({sizes[0] / 1e6:.1f} MB)")
    print(f"ratio                 {statistics.median(b / a for a, b in pairs):>8.2f}")


if __name__ == "__main__":
    main()
