from __future__ import annotations

import os

import pytest

from theia_sf.cli import main
from theia_sf.errors import TheiaError


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("THEIA_SF_", "SNOWFLAKE_", "AWS_")):
            monkeypatch.delenv(name)
    monkeypatch.setattr(main, "_debug", False)


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """Have the program raise the exception that the test puts into the list."""
    raised: list[BaseException] = [TheiaError("nothing was set")]

    def app(**_: object) -> None:
        raise raised[-1]

    monkeypatch.setattr(main, "app", app)
    return raised
