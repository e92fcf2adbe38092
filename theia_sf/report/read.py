"""Reads a report, section by section."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from theia_sf.flows.source import FlowSource
from theia_sf.report.section import About, Reading, Report
from theia_sf.report.sections import SECTIONS


def read_report(
    source: FlowSource, about: About, working: Callable[[str], AbstractContextManager[None]] | None = None
) -> Report:
    """Ask for everything that the page shows.

    Args:
        source: where the flow records are.
        about: which of them, and how to look at them.
        working: is entered while a section is read, with what is being done as one sentence.

    Raises:
        TheiaError: a statement failed or took too long.
    """
    reading = Reading(source, about)
    for section in SECTIONS:
        with working(f"Reading the {section.reads}") if working and section.reads else nullcontext():
            reading.parts[section.id] = section.read(reading)
    return Report(about, reading.parts)
