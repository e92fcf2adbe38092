"""What an operation reports while it runs, and how the engine's events become that."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pulumi.automation import EngineEvent, StepEventMetadata

Status = Literal["started", "done", "failed"]
# Steps that change nothing in the cloud; "refresh" reads.
QUIET = frozenset(
    {"same", "refresh", "read", "read-replacement", "discard", "discard-replaced", "remove-pending-replace"}
)
_HIDDEN_TYPES = ("pulumi:pulumi:", "pulumi:providers:")


@dataclass(frozen=True)
class ResourceEvent:
    """One step on one resource: `operation` is Pulumi's word (create, update, delete, refresh, …)."""

    urn: str
    type: str
    operation: str
    status: Status
    seconds: float

    @property
    def name(self) -> str:
        """The resource's name in the program."""
        return self.urn.rsplit("::", 1)[-1]


@dataclass(frozen=True)
class Note:
    """One sentence about the operation as a whole."""

    text: str
    level: Literal["info", "warning"] = "info"


Progress = Callable[[ResourceEvent | Note], None]


def ignore(_event: ResourceEvent | Note) -> None:
    """Progress for callers that want none."""


class EventReader:
    """Turns the engine's events into progress, and keeps what the end of the operation needs.

    Attributes:
        errors: diagnostics of severity error, as (urn or None, message).
        steps: the step of each change that was announced, in order (a preview's plan, an update's work).
        same: the URNs of the resources that are as they should be.
        underway: steps begun and not ended, by urn and operation.
    """

    def __init__(self, progress: Progress) -> None:
        self.errors: list[tuple[str | None, str]] = []
        self.steps: list[StepEventMetadata] = []
        self.same: set[str] = set()
        self.underway: dict[tuple[str, str], float] = {}
        self._progress = progress

    def __call__(self, event: EngineEvent) -> None:
        """Takes one event; runs on a thread of the SDK."""
        diagnostic = event.diagnostic_event
        if diagnostic is not None:
            if diagnostic.severity == "error":
                self.errors.append((diagnostic.urn or None, diagnostic.message))
        elif event.resource_pre_event is not None:
            self._begin(event.resource_pre_event.metadata)
        elif event.res_outputs_event is not None:
            self._end(event.res_outputs_event.metadata, "done")
        elif event.res_op_failed_event is not None:
            self._end(event.res_op_failed_event.metadata, "failed")

    def unfinished(self) -> list[str]:
        """The names of the resources whose change had begun and not ended."""
        return sorted({urn.rsplit("::", 1)[-1] for urn, operation in self.underway if operation not in QUIET})

    def _begin(self, step: StepEventMetadata) -> None:
        operation = step.op.value
        if step.type.startswith(_HIDDEN_TYPES) or _is_component(step):
            return
        if operation not in QUIET:
            self.steps.append(step)
        if operation == "same":
            self.same.add(step.urn)
        else:
            self.underway[step.urn, operation] = time.monotonic()
            self._progress(ResourceEvent(step.urn, step.type, operation, "started", 0.0))

    def _end(self, step: StepEventMetadata, status: Status) -> None:
        operation = step.op.value
        begun = self.underway.pop((step.urn, operation), None)
        if begun is not None:
            seconds = time.monotonic() - begun
            self._progress(ResourceEvent(step.urn, step.type, operation, status, seconds))


def _is_component(step: StepEventMetadata) -> bool:
    """Whether a step is about a mere group of resources, which exists in no cloud; the engine leaves out a false."""
    state = step.new or step.old
    return state is not None and not state.custom
