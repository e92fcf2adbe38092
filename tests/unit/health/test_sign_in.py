from __future__ import annotations

from datetime import UTC, datetime

import jwt

from theia_sf.health.check import Verdict
from theia_sf.health.sign_in import token_check

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
KEY = "0123456789abcdef0123456789abcdef"


def token(**claims: object) -> str:
    return jwt.encode(claims, KEY, algorithm="HS256")


def test_a_token_tells_its_end_and_whose_it_is() -> None:
    text = token(iss="https://issuer", sub="grafana", exp=int(NOW.timestamp()) + 60)
    found = token_check(text, NOW)
    assert found.verdict is Verdict.OK
    assert found.detail == "good until 2026-07-01 12:01:00 UTC (iss https://issuer, sub grafana)"
    assert text not in repr(found)


def test_a_token_that_has_ended() -> None:
    found = token_check(token(exp=int(NOW.timestamp())), NOW)
    assert found.verdict is Verdict.FAILED
    assert found.detail == "it ended at 2026-07-01 12:00:00 UTC"
    assert found.advice


def test_a_token_that_tells_nothing() -> None:
    assert token_check("not-a-jwt", NOW).detail == "its end cannot be read from it"
    assert token_check(token(), NOW).detail == "it does not tell its end"
    assert token_check(token(sub="x", exp="soon"), NOW).verdict is Verdict.OK
