"""What a client learns when it signs in: tokens, session, and the parameters it behaves by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from theia_sf.sandbox.snowflake.sessions import MASTER_LIFE, SESSION_LIFE

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.sessions import Session

SERVER_VERSION = "9.34.0"

# What the connectors read at sign-in. Telemetry off: nothing here keeps it. A binding threshold of 0 keeps array
# bindings inline instead of staging them through a PUT.
CLIENT_PARAMETERS: dict[str, Any] = {
    "AUTOCOMMIT": True,
    "TIMEZONE": "Etc/UTC",
    "BINARY_OUTPUT_FORMAT": "HEX",
    "DATE_OUTPUT_FORMAT": "YYYY-MM-DD",
    "TIME_OUTPUT_FORMAT": "HH24:MI:SS",
    "TIMESTAMP_OUTPUT_FORMAT": "YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM",
    "CLIENT_PREFETCH_THREADS": 4,
    "CLIENT_RESULT_CHUNK_SIZE": 160,
    "CLIENT_SESSION_KEEP_ALIVE": False,
    "CLIENT_SESSION_KEEP_ALIVE_HEARTBEAT_FREQUENCY": 3600,
    "CLIENT_STAGE_ARRAY_BINDING_THRESHOLD": 0,
    "CLIENT_TELEMETRY_ENABLED": False,
    "CLIENT_OUT_OF_BAND_TELEMETRY_ENABLED": False,
    "QUERY_CONTEXT_CACHE_SIZE": 5,
}


def parameter_list() -> list[dict[str, Any]]:
    """The parameters in the form of the protocol."""
    return [{"name": name, "value": value} for name, value in CLIENT_PARAMETERS.items()]


def login_data(session: Session, token: str, master: str) -> dict[str, Any]:
    """The `data` of a successful login."""
    return {
        "token": token,
        "masterToken": master,
        "validityInSeconds": int(SESSION_LIFE.total_seconds()),
        "masterValidityInSeconds": int(MASTER_LIFE.total_seconds()),
        "displayUserName": session.user,
        "serverVersion": SERVER_VERSION,
        "firstLogin": False,
        "remMeToken": None,
        "remMeValidityInSeconds": 0,
        "healthCheckInterval": 45,
        "newClientForUpgrade": None,
        "sessionId": session.id,
        "parameters": parameter_list(),
        "sessionInfo": {
            "databaseName": session.database,
            "schemaName": session.schema,
            "warehouseName": session.warehouse,
            "roleName": session.role,
        },
        "idToken": None,
        "idTokenValidityInSeconds": 0,
        "mfaToken": None,
        "mfaTokenValidityInSeconds": 0,
        "responseData": None,
    }


def renewal_data(session: Session, token: str, master: str) -> dict[str, Any]:
    """The `data` of a renewed session token."""
    return {
        "sessionToken": token,
        "validityInSecondsST": int(SESSION_LIFE.total_seconds()),
        "masterToken": master,
        "validityInSecondsMT": int(MASTER_LIFE.total_seconds()),
        "sessionId": session.id,
    }
