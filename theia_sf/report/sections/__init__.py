"""The sections of the report, in their order on the page: a new one is a module, a template and a line here."""

from __future__ import annotations

from typing import Any, Final

from theia_sf.report.section import Section
from theia_sf.report.sections.denied import DENIED
from theia_sf.report.sections.graph import GRAPH
from theia_sf.report.sections.overview import OVERVIEW
from theia_sf.report.sections.policies import POLICIES
from theia_sf.report.sections.talkers import TALKERS
from theia_sf.report.sections.traffic import TRAFFIC
from theia_sf.report.sections.uncovered import UNCOVERED

SECTIONS: Final[tuple[Section[Any], ...]] = (OVERVIEW, TRAFFIC, TALKERS, GRAPH, DENIED, POLICIES, UNCOVERED)
