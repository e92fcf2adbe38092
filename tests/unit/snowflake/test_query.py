"""What a statement leaves behind when it is stopped."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from snowflake.connector.cursor import exit_handler

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


class CursorStoppedTwice:
    """What the connector does when a second Ctrl-C finds it cancelling the statement."""

    def execute(self, _sql: str, _params: Any, timeout: int) -> None:
        exit_handler()


class Connection:
    def __init__(self, cursor: Cursor | CursorStoppedTwice | None = None) -> None:
        self.made: Any = cursor or Cursor()

    def cursor(self) -> Any:
        return self.made


def test_ctrl_c_ends_the_time_limit_too() -> None:
    connection: Any = Connection()
    with pytest.raises(KeyboardInterrupt):
        execute(connection, "SELECT 1", timeout_seconds=600)
    connection.made.timer.join(5)
    assert not connection.made.timer.is_alive()  # otherwise the process would end ten minutes later


def test_a_second_ctrl_c_is_one_too_and_leaves_stdout_alone(capsys: pytest.CaptureFixture[str]) -> None:
    connection: Any = Connection(CursorStoppedTwice())
    with pytest.raises(KeyboardInterrupt):
        execute(connection, "SELECT 1")
    assert capsys.readouterr().out == ""
