"""What is to be deployed: which jobs, when, with which options, and within what limits."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from theia_sf.errors import UsageError
from theia_sf.scheduled.event import DATABASE_VARIABLE, parse_event
from theia_sf.scheduled.jobs import ANALYSES, OPTIONS, Job
from theia_sf.scheduled.schedules import check_schedule

DEFAULT_SCHEDULE: Final = "rate(1 day)"


@dataclass(frozen=True)
class ScheduledJob:
    """A job with its schedule and options, as its event holds them."""

    job: Job
    expression: str = DEFAULT_SCHEDULE
    options: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def event_json(self) -> str:
        """The event that the schedule sends."""
        return json.dumps({"job": self.job.value, **self.options})


def plan_jobs(jobs: Sequence[Job], schedules: Sequence[str], options: Sequence[str]) -> tuple[ScheduledJob, ...]:
    """Put together which jobs run when.

    Args:
        jobs: the analyses to run; none means all of them.
        schedules: one for all jobs, or one for each in the jobs' order; none means daily.
        options: `KEY=VALUE`, each for the jobs that have such an option.

    Raises:
        UsageError: a schedule or an option is malformed, or there are more schedules than jobs.
    """
    chosen = list(dict.fromkeys(jobs)) or list(ANALYSES)
    expressions = [check_schedule(text) for text in schedules] or [DEFAULT_SCHEDULE]
    if len(expressions) == 1:
        expressions *= len(chosen)
    if len(expressions) != len(chosen):
        message = f"There are {len(expressions)} schedules for {len(chosen)} jobs."
        raise UsageError(message, hint="Give --schedule once, or once for each --job, in the same order.")
    given = _options(options, chosen)
    planned: list[ScheduledJob] = []
    for job, expression in zip(chosen, expressions, strict=True):
        own = {key: value for key, value in given.items() if key in OPTIONS[job]}
        parse_event({"job": job.value, **own}, {DATABASE_VARIABLE: "ANY"})  # as the function will
        planned.append(ScheduledJob(job, expression, own))
    return tuple(planned)


def _options(texts: Sequence[str], jobs: Sequence[Job]) -> dict[str, str]:
    given: dict[str, str] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        key = key.strip().removeprefix("--").replace("-", "_")
        known = sorted({option for job in jobs for option in OPTIONS[job]})
        if not equals or key not in known:
            message = f"{text!r} is no option of {' or '.join(jobs)}."
            raise UsageError(message, hint=f"Write KEY=VALUE, where KEY is one of {', '.join(known)}.")
        given[key] = value.strip()
    return given
