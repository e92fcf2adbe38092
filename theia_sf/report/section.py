"""What a section of the report is, and what it is given: the flows to read, and what earlier sections have read.

A section is a module of `theia_sf.report.sections`, a template of the same name, and a line in `sections/__init__.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib.resources import files
from typing import Any, Generic, TypeVar, cast

from theia_sf.flows.ranges import FlowRange
from theia_sf.flows.source import FlowSource
from theia_sf.policies.options import PolicyOptions

Data = TypeVar("Data")


def _none(_: Any) -> Iterable[str]:
    return ()


@dataclass(frozen=True)
class Section(Generic[Data]):
    """One section of the page.

    Attributes:
        id: the HTML id, and the name of the template.
        title: its heading.
        reads: what is being read, for the progress: "Reading the …".
        read: asks the database; raises TheiaError as `FlowSource.rows` does.
        view: what the template is given.
        caveats: what the reader must know about what this section leaves out, one sentence each; the last section of
            the page shows those of all.
    """

    id: str
    title: str
    reads: str
    read: Callable[[Reading], Data]
    view: Callable[[Data, Report], Mapping[str, Any]]
    caveats: Callable[[Data], Iterable[str]] = _none


@dataclass(frozen=True)
class About:
    """What the page says of itself: `generated` is when it was asked for, and what relative times were relative to."""

    database: str
    chosen: FlowRange
    options: PolicyOptions
    version: str

    @property
    def generated(self) -> datetime:
        """When the report was asked for."""
        return self.chosen.now


@dataclass(frozen=True)
class Report:
    """Everything that was read, by the id of the section that read it."""

    about: About
    parts: Mapping[str, Any]

    def part(self, section: Section[Data]) -> Data:
        """Return what a section has read."""
        return cast("Data", self.parts[section.id])


@dataclass(frozen=True)
class Reading:
    """A report that is being read.

    Attributes:
        source: where the flow records are.
        about: which of them, and how to look at them.
        parts: what the sections before have read.
    """

    source: FlowSource
    about: About
    parts: dict[str, Any] = field(default_factory=dict[str, Any])

    def part(self, section: Section[Data]) -> Data:
        """Return what an earlier section has read."""
        return cast("Data", self.parts[section.id])

    def rows(self, name: str, **params: str | int | None) -> Iterator[tuple[Any, ...]]:
        """Run a section's statement over the chosen flows, and yield its rows.

        Args:
            name: its file in `theia_sf.report.sections`, without `.sql`; in it `{flows}` stands for the chosen flows,
                `{all}` for those of the whole database, `{rejected}` for the lines that are no flow record.
            params: values besides those that choose the flows.

        Raises:
            TheiaError: when the statement fails or takes too long.
        """
        sql = _statement(name).replace("{flows}", _statement("chosen"))
        # {all} comes last: chosen.sql itself reads from it
        sql = sql.replace("{rejected}", self.source.rejected).replace("{all}", self.source.flows)
        return self.source.rows(sql, {**self._bounds(), **params})

    def _bounds(self) -> dict[str, str | int | None]:
        window = self.about.chosen.window
        return {
            "start": window.start.isoformat() if window.start else None,
            "end": window.end.isoformat() if window.end else None,
            "cluster": self.about.chosen.cluster,
        }


def _statement(name: str) -> str:
    return files("theia_sf.report.sections").joinpath(f"{name}.sql").read_text(encoding="utf-8")
