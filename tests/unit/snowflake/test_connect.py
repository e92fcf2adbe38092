"""What the connector raises that is none of its own errors."""

from __future__ import annotations

import pytest

from theia_sf.errors import UsageError
from theia_sf.secret import Secret
from theia_sf.snowflake import connect
from theia_sf.snowflake.settings import ConnectionSettings


@pytest.mark.parametrize(("words", "told"), [("No such port.\nAt all.", "No such port"), ("", "ValueError")])
def test_settings_that_the_connector_does_not_accept(monkeypatch: pytest.MonkeyPatch, words: str, told: str) -> None:
    def refuse(**_: object) -> None:
        raise ValueError(words)

    monkeypatch.setattr(connect, "_OneLogin", refuse)
    settings = ConnectionSettings("ORG-ACCT", "ALICE", "OAUTH", token=Secret("a-token"))
    with pytest.raises(UsageError, match=f"does not accept the settings: {told}") as refused:
        connect.connect(settings)
    assert "At all" not in str(refused.value)
