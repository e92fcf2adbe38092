"""What a scheduled function can be asked to do, and the options of each job."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from theia_sf.detection.method import DEFAULT_MIN_DROPS, Method
from theia_sf.flows.ranges import FlowRange
from theia_sf.policies.options import PolicyOptions


class Job(StrEnum):
    """The values of an event's `job`; the analyses are named as their commands."""

    DROP_DETECTION = "drop-detection"
    POLICY_RECOMMENDATION = "policy-recommendation"
    CURRENT_USER = "current-user"


ANALYSES: Final = (Job.DROP_DETECTION, Job.POLICY_RECOMMENDATION)

_READING: Final = ("start", "end", "start_ts", "end_ts", "cluster_uuid", "database_name", "warehouse_name")
# Job -> the options that its events may have, named as those of the command, in snake_case.
OPTIONS: Final[dict[Job, tuple[str, ...]]] = {
    Job.DROP_DETECTION: (*_READING, "wait_timeout", "method", "min_drops"),
    Job.POLICY_RECOMMENDATION: (*_READING, "wait_timeout", "limit", "policy_type", "ns_allow", "label_ignore"),
    Job.CURRENT_USER: (),
}


@dataclass(frozen=True)
class Request:
    """An event, read and checked.

    Attributes:
        job: what to do.
        chosen: which flows to read; None for `current-user`.
        database: name of the database that holds the flows.
        warehouse: name of the warehouse; None for the session's own, or a temporary one.
        wait_seconds: how long the query may take, if the function's own time limit leaves so much.
        method: how `drop-detection` tells abnormal days.
        min_drops: with the method `mad`, the fewest drops that are worth telling.
        policies: the options of `policy-recommendation`.
    """

    job: Job
    chosen: FlowRange | None = None
    database: str = ""
    warehouse: str | None = None
    wait_seconds: float = 0
    method: Method = Method.MAD
    min_drops: int = DEFAULT_MIN_DROPS
    policies: PolicyOptions = field(default_factory=PolicyOptions)
