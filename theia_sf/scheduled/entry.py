"""One call of the function: read the event, run the job, log how it went, tell Lambda of a failure in a sentence."""

from __future__ import annotations

import logging
import os
from typing import Any, NoReturn

from theia_sf.errors import TheiaError
from theia_sf.scheduled import log
from theia_sf.scheduled.deadline import deadline
from theia_sf.scheduled.event import parse_event
from theia_sf.scheduled.runs import run_job
from theia_sf.secret import redact

_log = logging.getLogger(__name__)


class UnexpectedError(TheiaError):
    """A fault in theia-sf itself; the log has its traceback."""


def run(event: Any, context: Any) -> dict[str, Any]:
    """Do what `theia_sf.scheduled.handler` promises."""
    run_id = str(getattr(context, "aws_request_id", None) or "")
    log.configure(run_id)
    try:
        with deadline(context) as limit:
            request = parse_event(event, os.environ)
            _log.info("Running %s", request.job)
            answer = run_job(request, limit, environ=os.environ, run_id=run_id)
            _log.info("Done", extra={"fields": {**answer, "seconds": round(limit.spent(), 3)}})
            return answer
    except TheiaError as error:
        _fail(error)
    except Exception as error:
        _log.exception("Unexpected %s", type(error).__name__)
        first_line = (str(error).strip().splitlines() or ["no message"])[0]
        _fail(UnexpectedError(f"Unexpected {type(error).__name__}: {first_line}", hint="This is a fault in theia-sf."))


def _fail(error: TheiaError) -> NoReturn:
    """Log the error, and raise it without where it came from: Lambda shows its type, its text and a traceback.

    The text is what whoever called the function sees, who may not read its log: the sentence, and what to do.
    """
    fields = {"error": type(error).__name__, "hint": error.hint}
    _log.error("%s", error.message, extra={"fields": fields})
    text = f"{error.message} Hint: {error.hint}" if error.hint else error.message
    error.args = (redact(text),)
    raise error.with_traceback(None) from None
