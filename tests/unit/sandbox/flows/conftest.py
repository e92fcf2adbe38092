"""Records as the pipe would load them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.sandbox.snowpipe.conftest import FlowsTable


@pytest.fixture
def copied() -> Callable[[list[str]], list[dict[str, Any]]]:
    return lambda lines: FlowsTable().load(*lines)
