"""Statements that have ended, and what the warehouse's time cost that they took."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from theia_sf.sandbox.snowflake.query_log import Finished
from theia_sf.sandbox.snowflake.usage.rates import WAREHOUSE_CREDITS_PER_HOUR, number_of

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.account import Account

Row = dict[str, Any]

TOO_SHORT_SECONDS = 0.1
"""Queries of about that length are not attributed (docs: "QUERY_ATTRIBUTION_HISTORY view", usage notes)."""


def query_history(account: Account) -> list[Row]:
    """Every statement, also those that needed no warehouse."""
    return [
        {
            "QUERY_ID": query.id,
            "QUERY_TEXT": query.text,
            "DATABASE_NAME": query.database,
            "SCHEMA_NAME": query.schema,
            "QUERY_TYPE": query.type,
            "SESSION_ID": query.session_id,
            "USER_NAME": query.user,
            "ROLE_NAME": query.role,
            "WAREHOUSE_NAME": query.warehouse,
            "WAREHOUSE_SIZE": query.warehouse_size,
            "QUERY_TAG": query.tag,
            "EXECUTION_STATUS": "FAIL" if query.error else "SUCCESS",
            "ERROR_CODE": query.error.code if query.error else None,
            "ERROR_MESSAGE": query.error.message if query.error else None,
            "START_TIME": query.started,
            "END_TIME": query.ended,
            "TOTAL_ELAPSED_TIME": round(query.seconds * 1000),
            "BYTES_SCANNED": query.bytes_scanned,
            "ROWS_PRODUCED": query.rows_produced,
            "CREDITS_USED_CLOUD_SERVICES": 0.0,
        }
        for query in account.query_log.all()
    ]


def attributed_credits(query: Finished) -> float | None:
    """The credits of the time that a statement ran in its warehouse; None if it isn't attributed."""
    if query.warehouse_size is None or query.seconds <= TOO_SHORT_SECONDS:
        return None
    return query.seconds / 3600 * WAREHOUSE_CREDITS_PER_HOUR[query.warehouse_size]


def query_attribution_history(account: Account) -> list[Row]:
    """The statements that ran in a warehouse for long enough."""
    attributed = [(query, attributed_credits(query)) for query in account.query_log.all()]
    return [
        {
            "QUERY_ID": query.id,
            "WAREHOUSE_ID": number_of(query.warehouse or ""),
            "WAREHOUSE_NAME": query.warehouse,
            "QUERY_TAG": query.tag,
            "USER_NAME": query.user,
            "START_TIME": query.started,
            "END_TIME": query.ended,
            "CREDITS_ATTRIBUTED_COMPUTE": credits_used,
        }
        for query, credits_used in attributed
        if credits_used is not None
    ]
