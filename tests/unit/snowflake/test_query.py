"""What a statement leaves behind when it is stopped."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from theia_sf.snowflake.query import execute


class Cursor:
    """Stopped by Ctrl-C right after the connector has started its timer."""

    def execute(self, _sql: str, _params: Any, timeout: int) -> None:
        self._timebomb = threading.Timer(timeout, lambda: None)
        self._timebomb.start()
        raise KeyboardInterrupt

    @property
    def timer(self) -> threading.Timer:
        return self._timebomb


class Connection:
    def __init__(self) -> None:
        self.made = Cursor()

    def cursor(self) -> Cursor:
        return self.made


def test_ctrl_c_ends_the_time_limit_too() -> None:
    connection: Any = Connection()
    with pytest.raises(KeyboardInterrupt):
        execute(connection, "SELECT 1", timeout_seconds=600)
    connection.made.timer.join(5)
    assert not connection.made.timer.is_alive()  # otherwise the process would end ten minutes later
