"""The jobs themselves: sign in by the function's identity, analyse, write the result."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from math import ceil
from typing import TYPE_CHECKING, Any, Final

from theia_sf import __version__
from theia_sf.detection.report import report_drops
from theia_sf.flows.ranges import FlowRange
from theia_sf.flows.reading import flows_of
from theia_sf.flows.source import FlowSource
from theia_sf.policies.garbage import collector_paused
from theia_sf.policies.render.documents import documents, to_yaml
from theia_sf.policies.report import recommend_for
from theia_sf.policies.summary import summary_lines, warnings
from theia_sf.scheduled.deadline import Deadline
from theia_sf.scheduled.event import as_options
from theia_sf.scheduled.jobs import Job, Request
from theia_sf.scheduled.results import JSON, YAML, Document, ResultStore
from theia_sf.scheduled.unbound import how_to_bind
from theia_sf.snowflake.connect import session
from theia_sf.snowflake.errors import StatementTimedOutError, UnknownWorkloadError
from theia_sf.snowflake.query import execute, fetch_all
from theia_sf.snowflake.settings import ConnectionSettings, resolve

if TYPE_CHECKING:
    from snowflake.connector import SnowflakeConnection

QUERY_TAG: Final = "theia-sf scheduled"


@dataclass(frozen=True)
class Signed:
    """Who the session belongs to, in Snowflake's words; the role is None for a user without one."""

    user: str
    role: str | None
    account: str


@dataclass(frozen=True)
class Outcome:
    """What an analysis made: the documents to keep, and the counts to tell."""

    documents: list[Document]
    counts: dict[str, int]


def run_job(request: Request, limit: Deadline, *, environ: Mapping[str, str], run_id: str) -> dict[str, Any]:
    """Run one job to its end.

    Args:
        request: what to do.
        limit: the function's time limit; learns what is being done.
        environ: the function's environment: the sign-in, and where results go.
        run_id: Lambda's request ID.

    Returns:
        What the function answers: JSON types only.

    Raises:
        ConnectionFailedError: Snowflake was not reached, or refused the sign-in.
        DeadlineReachedError: the query was cancelled, as the function's time would not have sufficed.
        TheiaError: the query, or writing its result, failed.
    """
    store = None if request.chosen is None else ResultStore(environ)
    settings = resolve(environ=environ)
    limit.doing = f"signing in to Snowflake at {settings.hostname}"
    tag = f"{QUERY_TAG} {request.job}"
    with _signed_in(settings, tag) as opened:
        ((user, role, account),) = fetch_all(opened, "SELECT CURRENT_USER(), CURRENT_ROLE(), CURRENT_ACCOUNT()")
        signed = Signed(str(user), None if role is None else str(role), str(account))
        answer: dict[str, Any] = {"job": request.job.value, **asdict(signed)}
        if store is None or request.chosen is None:
            return answer
        about = {
            **answer,
            "database": request.database,
            "query_tag": tag,
            "run_at": request.chosen.now.isoformat(timespec="seconds"),
            "run_id": run_id or None,
            "window": _window(request.chosen),
            "cluster_uuid": request.chosen.cluster,
            "theia_sf_version": __version__,
        }
        outcome = _analyse(opened, settings, request, chosen=request.chosen, limit=limit, about=about)
    limit.doing = f"writing the result to {store.uri(request.job, '')}"
    where = store.write(request.job, outcome.documents, now=datetime.now(UTC), run_id=run_id)
    return {**answer, "window": about["window"], "counts": outcome.counts, **where}


@contextmanager
def _signed_in(settings: ConnectionSettings, query_tag: str) -> Generator[SnowflakeConnection]:
    try:
        with session(settings, query_tag=query_tag) as opened:
            yield opened
    except UnknownWorkloadError as error:
        error.hint = how_to_bind(settings) or error.hint
        raise


def _analyse(
    opened: SnowflakeConnection,
    settings: ConnectionSettings,
    request: Request,
    *,
    chosen: FlowRange,
    limit: Deadline,
    about: dict[str, Any],
) -> Outcome:
    limit.doing = f"reading the flows of {request.database}"
    allowed = limit.for_statement(request.wait_seconds)
    # Snowflake minds the time as well: were this process killed, nobody else would cancel the query for two days.
    execute(opened, f"ALTER SESSION SET STATEMENT_TIMEOUT_IN_SECONDS = {ceil(allowed)}").close()
    try:
        with (
            collector_paused(),
            flows_of(
                opened,
                settings,
                database=request.database,
                warehouse=request.warehouse or settings.warehouse,
                deadline=time.monotonic() + allowed,
            ) as source,
        ):
            return _OUTCOMES[request.job](source, request, chosen, about)
    except StatementTimedOutError as error:
        if allowed < request.wait_seconds:
            raise limit.reached() from error
        raise


def _drops(source: FlowSource, request: Request, chosen: FlowRange, about: dict[str, Any]) -> Outcome:
    found = report_drops(source, chosen, method=request.method, min_drops=request.min_drops)
    counts = {"records": found.records, "dropped": found.dropped, "findings": len(found.findings)}
    options = {"method": request.method.value, "min_drops": request.min_drops}
    report = {
        **about,
        "options": options,
        "counts": counts,
        "notes": list(found.caveats),
        "findings": [one.as_dict() for one in found.findings],
    }
    return Outcome([_json(report)], counts)


def _policies(source: FlowSource, request: Request, chosen: FlowRange, about: dict[str, Any]) -> Outcome:
    found = recommend_for(source, chosen, request.policies)
    text = "".join(to_yaml(documents(found, chosen.cluster)))
    left_out = sum(found.left_out.values())
    counts = {"flows": found.flows, "edges": found.edges, "policies": len(found.policies), "left_out": left_out}
    options = asdict(request.policies)
    notes = [*summary_lines(found), *warnings(found, cluster=chosen.cluster)]
    report = {**about, "options": options, "counts": counts, "notes": [as_options(note) for note in notes]}
    return Outcome([Document("yaml", YAML, text.encode()), _json(report)], counts)


_OUTCOMES: Final[dict[Job, Callable[[FlowSource, Request, FlowRange, dict[str, Any]], Outcome]]] = {
    Job.DROP_DETECTION: _drops,
    Job.POLICY_RECOMMENDATION: _policies,
}


def _json(value: dict[str, Any]) -> Document:
    return Document("json", JSON, (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode())


def _window(chosen: FlowRange) -> dict[str, str | None]:
    bounds = {"start": chosen.window.start, "end": chosen.window.end}
    return {name: moment.isoformat(timespec="seconds") if moment else None for name, moment in bounds.items()}
