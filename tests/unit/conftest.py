"""What the unit tests of several packages share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.flows.memory import MemorySource


@pytest.fixture(scope="session")
def memory() -> MemorySource:
    """A FLOWS table in memory; made where a test asks for it, as fakesnow takes a second to import."""
    from tests.unit.flows.memory import MemorySource  # noqa: PLC0415 - see above

    return MemorySource()


@pytest.fixture
def load(memory: MemorySource) -> Callable[[list[dict[str, Any]]], MemorySource]:
    """Return a function that fills the FLOWS table and returns its source."""
    return memory.load
