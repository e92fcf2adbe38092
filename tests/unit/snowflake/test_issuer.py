from __future__ import annotations

import pytest

from theia_sf.snowflake.issuer import reason


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"error": "invalid_scope", "error_description": "no such\\nrole"}', "invalid_scope: no such role"),
        (b'{"error": "invalid_client"}', "invalid_client"),
        (b'{"message": "no"}', "HTTP status 401"),
        (b"<html>no</html>", "HTTP status 401"),
        (b"[1]", "HTTP status 401"),
        (b"\xff", "HTTP status 401"),
    ],
)
def test_the_issuers_reason_in_one_line(body: bytes, told: str) -> None:
    assert reason(body, 401) == told
