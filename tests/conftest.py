"""What every test starts from."""

from __future__ import annotations

import pytest

from theia_sf import secret


@pytest.fixture(autouse=True)
def _no_secrets_of_other_tests(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction] - pytest finds it
    """A process masks every secret it has seen; a password of one test may be a word in the next one's output."""
    monkeypatch.setattr(secret, "_known", set())
    monkeypatch.setattr(secret, "_longest_first", ())
