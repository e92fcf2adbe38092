"""A FLOWS table that tests fill."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.flows.memory import MemorySource


@pytest.fixture(scope="session")
def _memory() -> MemorySource:
    return MemorySource()


@pytest.fixture
def load(_memory: MemorySource) -> Callable[[list[dict[str, Any]]], MemorySource]:
    """Return a function that fills the FLOWS table and returns its source."""
    return _memory.load
