"""When a session's last use is written down."""

from __future__ import annotations

import pytest

from theia_sf.proxy.sessions import touches
from theia_sf.proxy.sessions.touches import INTERVAL, Touches


def test_once_in_an_interval_for_each_session() -> None:
    noted = Touches()
    assert [noted.due("a", now) for now in (0.0, 1.0, INTERVAL - 0.1, INTERVAL, INTERVAL + 1)] == [
        True,
        False,
        False,
        True,
        False,
    ]
    assert noted.due("b", 1.0)
    noted.forget("a")
    assert noted.due("a", INTERVAL + 2)


def test_sessions_that_are_long_over_take_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(touches, "_MOST", 10)
    noted = Touches()
    for number in range(100):
        noted.due(f"session-{number}", number * INTERVAL)
    assert len(noted._written) <= 10
