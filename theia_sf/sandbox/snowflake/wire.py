"""Between the protocol's JSON and the account: bindings in, outcome of a statement out."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# fakesnow is untyped

from __future__ import annotations

import logging
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from fakesnow.converter import from_binding
from starlette.responses import JSONResponse

from theia_sf.sandbox.snowflake.catalog import now
from theia_sf.sandbox.snowflake.errors import SnowflakeError, internal_error
from theia_sf.sandbox.snowflake.handshake import CLIENT_PARAMETERS
from theia_sf.sandbox.snowflake.results import Column, Result

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.account import Account
    from theia_sf.sandbox.snowflake.queries import Query

logger = logging.getLogger(__name__)

QUERY_IN_PROGRESS = "333333"
LONGEST_POLL_SECONDS = 45.0

# values for one run of the statement, or one set per row of an array binding
Bound = dict[str, Any] | tuple[Any, ...] | list[tuple[Any, ...]] | None


def bindings(raw: dict[str, dict[str, Any]] | None) -> Bound:
    """The values a client bound.

    Returns:
        a dictionary for named bindings, a tuple for positional ones, a list of tuples for an array binding.
    """
    if not raw:
        return None
    if not all(key.isdigit() for key in raw):
        return {name: _bound(value) for name, value in raw.items()}
    ordered = [raw[str(position)] for position in range(1, len(raw) + 1)]
    if any(isinstance(value["value"], list) for value in ordered):
        columns = [[_bound({**value, "value": cell}) for cell in value["value"]] for value in ordered]
        return list(zip(*columns, strict=True))
    return tuple(_bound(value) for value in ordered)


def _bound(binding: dict[str, Any]) -> Any:
    """One value. fakesnow takes every FIXED for a whole number."""
    value = binding.get("value")
    if value is None:
        return None
    if binding.get("type") == "FIXED" and not value.lstrip("-").isdigit():
        return Decimal(value)
    return from_binding(binding)


def parameters(raw: dict[str, Any] | None) -> dict[str, str]:
    """Session or statement parameters of a request, as text by upper-case name."""
    values = raw or {}
    return {name.upper(): str(v).lower() if isinstance(v, bool) else str(v) for name, v in values.items()}


def run(account: Account, query: Query, values: Bound, *, describe_only: bool) -> None:
    """Runs a statement and leaves its result or error in `query`; never raises."""
    try:
        if isinstance(values, list):
            query.result = _run_batch(account, query, values)
        else:
            query.result = account.execute(
                query.sql, query.session, bindings=values, query=query, describe_only=describe_only
            )
    except SnowflakeError as error:
        query.error = error
    except Exception as error:
        query.error = internal_error(query.id)
        logger.exception("statement %s failed unexpectedly: %s", query.id, type(error).__name__)
    finally:
        query.ended = now()
        query.done.set()


def outcome(query: Query) -> JSONResponse:
    """The response for a finished statement."""
    session = query.session
    if query.error is not None or query.result is None:
        gone = SnowflakeError(709, "02000", f"Statement {query.id} not found")
        return JSONResponse(refusal(query.error or gone, query.id))
    query.result.query_id = query.id
    data = {
        "parameters": [{"name": "TIMEZONE", "value": CLIENT_PARAMETERS["TIMEZONE"]}],
        "finalDatabaseName": session.database,
        "finalSchemaName": session.schema,
        "finalWarehouseName": session.warehouse,
        "finalRoleName": session.role,
        "databaseProvider": None,
        "numberOfBinds": 0,
        "arrayBindSupported": False,
        "version": 1,
        **query.result.payload(as_json=session.rows_as_json),
    }
    return JSONResponse({"data": data, "code": None, "message": None, "success": True})


def in_progress(query: Query, code: str) -> JSONResponse:
    """The answer that sends a client to poll for the result."""
    data = {"getResultUrl": f"/queries/{query.id}/result", "queryId": query.id, "progressDesc": None}
    return JSONResponse({"data": data, "code": code, "message": None, "success": True})


def refusal(error: SnowflakeError, query_id: str | None = None) -> dict[str, Any]:
    """The body of a request that failed."""
    return {
        "data": {
            "internalError": False,
            "errorCode": error.code,
            "sqlState": error.sqlstate,
            "queryId": query_id,
            "age": 0,
            "line": -1,
            "pos": -1,
            "type": "COMPILATION",
        },
        "code": error.code,
        "message": error.message,
        "success": False,
        "headers": None,
    }


def monitored(query: Query) -> dict[str, Any]:
    """What the monitoring endpoint tells of a statement."""
    return {
        "id": query.id,
        "status": query.status,
        "state": query.status,
        "sqlText": query.sql,
        "startTime": int(query.started.timestamp() * 1000),
        "errorCode": query.error.code if query.error else None,
        "errorMessage": query.error.message if query.error else None,
        "sessionId": query.session.id,
    }


def _run_batch(account: Account, query: Query, rows: Sequence[tuple[Any, ...]]) -> Result:
    """An array binding is one statement to Snowflake: run row by row, the numbers of affected rows added up."""
    result, affected = Result(), 0
    for row in rows:
        result = account.execute(query.sql, query.session, bindings=row, query=query)
        affected += int(result.rows()[0][0])
    names = result.column_names or ["number of rows inserted"]
    return Result([Column(names[0], "fixed")], [(affected,)], result.type_id)
