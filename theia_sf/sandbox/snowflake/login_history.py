"""Every attempt to sign in, as LOGIN_HISTORY and SYSTEM$GET_LOGIN_FAILURE_DETAILS tell of it."""

from __future__ import annotations

import itertools
import json
import threading
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from theia_sf.sandbox.snowflake.catalog_base import now

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.sign_in.attempt import Attempt
    from theia_sf.sandbox.snowflake.sign_in.refusals import SignInError

KEPT = 10_000
# what the clients call themselves, and what LOGIN_HISTORY calls them
CLIENTS = {
    "PythonConnector": "PYTHON_DRIVER",
    "Go": "GO_DRIVER",
    "JDBC": "JDBC_DRIVER",
    "ODBC": "ODBC_DRIVER",
    "JavaScript": "JAVASCRIPT_DRIVER",
    ".NET": "DOTNET_DRIVER",
}


@dataclass(frozen=True)
class LoginEvent:
    """One attempt. `user` is None if it could not be told whose it was; `reference` is the id in the client's error."""

    id: int
    time: datetime
    user: str | None
    client_ip: str
    client_type: str
    client_version: str | None
    first_factor: str
    second_factor: str | None
    first_factor_id: int | None
    second_factor_id: int | None
    error_code: int | None = None
    error_name: str | None = None
    reference: str | None = None

    def row(self) -> dict[str, Any]:
        """The event by LOGIN_HISTORY's columns; those that are left out are null."""
        return {
            "EVENT_ID": self.id,
            "EVENT_TIMESTAMP": self.time,
            "EVENT_TYPE": "LOGIN",
            "USER_NAME": self.user,
            "CLIENT_IP": self.client_ip,
            "REPORTED_CLIENT_TYPE": self.client_type,
            "REPORTED_CLIENT_VERSION": self.client_version,
            "FIRST_AUTHENTICATION_FACTOR": self.first_factor,
            "SECOND_AUTHENTICATION_FACTOR": self.second_factor,
            "IS_SUCCESS": "YES" if self.error_code is None else "NO",
            "ERROR_CODE": self.error_code,
            "ERROR_MESSAGE": self.error_name,
            "RELATED_EVENT_ID": 0,
            "FIRST_AUTHENTICATION_FACTOR_ID": None if self.first_factor_id is None else str(self.first_factor_id),
            "SECOND_AUTHENTICATION_FACTOR_ID": None if self.second_factor_id is None else str(self.second_factor_id),
        }


class LoginHistory:
    """The account's attempts, the latest ones only."""

    def __init__(self) -> None:
        self._events: deque[LoginEvent] = deque(maxlen=KEPT)
        self._ids = itertools.count(1)
        self._lock = threading.Lock()

    def add(self, attempt: Attempt, refusal: SignInError | None = None) -> None:
        """Notes an attempt and, if it was refused, why."""
        event = LoginEvent(
            id=next(self._ids),
            time=now(),
            user=attempt.user.name if attempt.user else None,
            client_ip=attempt.client_ip,
            client_type=CLIENTS.get(attempt.text("CLIENT_APP_ID"), "OTHER"),
            client_version=attempt.text("CLIENT_APP_VERSION") or None,
            first_factor=attempt.first_factor,
            second_factor=attempt.second_factor,
            first_factor_id=attempt.first_factor_id,
            second_factor_id=attempt.second_factor_id,
            error_code=refusal.errno if refusal else None,
            error_name=refusal.name if refusal else None,
            reference=refusal.reference if refusal else None,
        )
        with self._lock:
            self._events.append(event)

    def all(self) -> list[LoginEvent]:
        """The attempts, oldest first."""
        with self._lock:
            return list(self._events)

    def failure_details(self, reference: str) -> str | None:
        """The JSON of SYSTEM$GET_LOGIN_FAILURE_DETAILS for the id in an error's text; None if there is no such one."""
        for event in self.all():
            if event.reference == reference.lower():
                details = {
                    "clientIP": event.client_ip,
                    "clientType": event.client_type,
                    "clientVersion": event.client_version,
                    "username": event.user,
                    "errorCode": event.error_name,
                    "timestamp": int(event.time.timestamp()),
                }
                return json.dumps(details)
        return None
