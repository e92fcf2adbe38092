"""SYSTEM$PIPE_STATUS: the keys of docs.snowflake.com/en/sql-reference/functions/system_pipe_status."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from theia_sf.sandbox.snowflake.catalog import Catalog
from theia_sf.sandbox.snowpipe.pipes import PipeState


def execution_state(catalog: Catalog, state: PipeState) -> str:
    """RUNNING, PAUSED, or the reason why the pipe is stopped."""
    if state.statement.stage not in catalog.stages:
        return "STOPPED_STAGE_DROPPED"
    if state.statement.table not in catalog.relations:
        return "STOPPED_MISSING_TABLE"
    integration = state.pipe.error_integration
    if integration is not None and integration not in catalog.notification_integrations:
        return "STOPPED_NOTIFICATION_INTEGRATION_DROPPED"
    return "PAUSED" if state.pipe.paused else "RUNNING"


def pipe_status(catalog: Catalog, state: PipeState, messages_waiting: int) -> dict[str, Any]:
    """The status; keys that don't apply are left out, as Snowflake does."""
    with state.lock:
        oldest = next(iter(state.pending.values()), None)
        status: dict[str, Any] = {
            "executionState": execution_state(catalog, state),
            "pendingFileCount": len(state.pending),
            "oldestPendingFilePath": oldest and oldest.key,
            "oldestFileTimestamp": oldest and _text(oldest.received),
            "lastIngestedTimestamp": state.last_ingested and _text(state.last_ingested[0]),
            "lastIngestedFilePath": state.last_ingested and state.last_ingested[1],
            "notificationChannelName": state.pipe.notification_channel,
            "numOutstandingMessagesOnChannel": messages_waiting + len(state.outstanding),
            "lastReceivedMessageTimestamp": state.last_received and _text(state.last_received),
            "lastForwardedMessageTimestamp": state.last_forwarded and _text(state.last_forwarded[0]),
            "lastForwardedFilePath": state.last_forwarded and state.last_forwarded[1],
            "lastPulledFromChannelTimestamp": state.last_pulled and _text(state.last_pulled),
            "lastPipeErrorTimestamp": state.error_at and _text(state.error_at),
            "error": state.error,
        }
    return {key: value for key, value in status.items() if value is not None}


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
