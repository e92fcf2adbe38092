"""SHOW rows as provider outputs: of the published provider's types, or it could not read a state of the sandbox."""

from __future__ import annotations

import pytest

from theia_sf.sandbox.providers.snowflake.names import output_row


@pytest.mark.parametrize(
    ("column", "shown", "given_out"),
    [
        ("auto_resume", "true", {"autoResume": True}),
        ("is_current", "Y", {"isCurrent": True}),
        ("has_credentials", "N", {"hasCredentials": False}),
        ("available", "", {"available": 0.0}),
        ("quiescing", "12.5", {"quiescing": 12.5}),
        ("auto_suspend", 60, {"autoSuspend": 60}),
        ("comment", "for readers", {"comment": "for readers"}),
        ("dropped_on", None, {}),
        ("task_relations", '{"Predecessors":[]}', {}),
    ],
)
def test_a_column_has_the_published_type(column: str, shown: object, given_out: dict[str, object]) -> None:
    assert output_row({column: shown}) == given_out
