"""The function's log: one JSON object per line on stdout, which Lambda sends to CloudWatch Logs."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, TextIO

from theia_sf.logs import quieten_libraries
from theia_sf.secret import redact


class _Formatter(logging.Formatter):
    """One JSON object per record: time, level, logger, message, the run's ID, and the record's `fields`; masked."""

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self._run_id = run_id

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "run_id": self._run_id,
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return redact(json.dumps(line, ensure_ascii=False))


class _StdoutHandler(logging.StreamHandler[TextIO]):
    """Its own class, so that a later call in the same process finds and replaces it."""


def configure(run_id: str) -> None:
    """Let theia-sf's records go to stdout, and the libraries say nothing: they log SQL and headers.

    A function's process serves many calls: each sets its own `run_id`.
    """
    handler = _StdoutHandler(sys.stdout)
    handler.setFormatter(_Formatter(run_id))
    ours = logging.getLogger("theia_sf")
    for old in [one for one in ours.handlers if isinstance(one, _StdoutHandler)]:
        ours.removeHandler(old)
    ours.addHandler(handler)
    ours.setLevel(logging.INFO)
    ours.propagate = False  # Lambda's own handler would print each line again
    quieten_libraries(logging.CRITICAL)
