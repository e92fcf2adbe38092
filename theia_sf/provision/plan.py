"""What an update would change, or has changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pulumi.automation import StepEventMetadata

# Pulumi's steps by what they mean to a user. A replacement is announced as three steps; "replace" is the one counted.
_MEANING = {"create": "create", "import": "create", "update": "update", "replace": "replace", "delete": "delete"}
PIPE_TYPE = "snowflake:index/pipe:Pipe"


@dataclass(frozen=True)
class Change:
    """One resource that changes: operation is create, update, replace or delete; properties are those that differ."""

    urn: str
    type: str
    operation: str
    properties: list[str]


@dataclass(frozen=True)
class Plan:
    """How many resources an update creates, updates, replaces, deletes and leaves alone; and each that changes."""

    create: int = 0
    update: int = 0
    replace: int = 0
    delete: int = 0
    same: int = 0
    changes: list[Change] = field(default_factory=list[Change])

    @property
    def makes_pipe(self) -> bool:
        """Whether there will be a new pipe, without Snowflake's memory of the files that the old one loaded."""
        return any(change.type == PIPE_TYPE and change.operation in {"create", "replace"} for change in self.changes)

    def as_dict(self) -> dict[str, Any]:
        """The plan as plain data, for JSON."""
        return asdict(self)

    def summary(self) -> str:
        """One line: what would change, or that nothing does."""
        return self._said("{} to create", "{} to update", "{} to replace", "{} to delete", "nothing to change")

    def report(self) -> str:
        """One line: what has changed, or that nothing did."""
        return self._said("{} created", "{} updated", "{} replaced", "{} deleted", "nothing changed")

    def _said(self, create: str, update: str, replace: str, delete: str, nothing: str) -> str:
        counts = {create: self.create, update: self.update, replace: self.replace, delete: self.delete}
        said = ", ".join(words.format(number) for words, number in counts.items() if number) or nothing
        return f"{said}; {self.same} as they should be" if self.same else said


def plan_of(steps: Iterable[StepEventMetadata], same: int) -> Plan:
    """A plan out of the steps that the engine announced, in their order."""
    changes: list[Change] = []
    for step in steps:
        operation = _MEANING.get(step.op.value)
        if operation is not None:
            differing = {*(step.diffs or []), *(step.keys or []), *(step.detailed_diff or {})}
            changes.append(Change(step.urn, step.type, operation, sorted(differing)))
    counts = Counter(change.operation for change in changes)
    return Plan(counts["create"], counts["update"], counts["replace"], counts["delete"], same, changes)
