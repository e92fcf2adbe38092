"""Rates of requests and logins."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from theia_sf.proxy.config.limits import Limits
from theia_sf.proxy.errors import RefusalError
from theia_sf.proxy.metrics import PREFIX, Metrics
from theia_sf.proxy.protocol.answers import refused
from theia_sf.proxy.serve import rates
from theia_sf.proxy.serve.rates import Rate, Rates, TooManyRequestsError
from theia_sf.proxy.users.model import Peer


def test_a_burst_goes_through_and_the_rest_gets_its_turn() -> None:
    rate = Rate(10, 1.0, lambda: 100.0)
    waits = [rate.take("ann", 5) for _ in range(13)]
    assert waits[:10] == [0.0] * 10
    assert waits[10:] == pytest.approx([0.1, 0.2, 0.3])
    assert rate.take("bob", 5) == 0.0


def test_a_turn_that_is_too_far_away_is_not_taken() -> None:
    now = [0.0]
    rate = Rate(2, 1.0, lambda: now[0])
    assert [rate.take("ann", 0.5) for _ in range(5)] == [0.0, 0.0, 0.5, None, None]
    now[0] = 0.5
    assert rate.take("ann", 0.5) == 0.5  # those that were refused take no turn from the others


@given(st.lists(st.floats(0, 0.4), max_size=60))
def test_no_more_than_the_rate_in_any_time(gaps: list[float]) -> None:
    now, turns = [0.0], list[float]()
    rate = Rate(5, 1.0, lambda: now[0])
    for gap in gaps:
        now[0] += gap
        wait = rate.take("ann", 5)
        if wait is not None:
            turns.append(now[0] + wait)
    for start in turns:  # a burst of a second's worth, and what comes in the second itself
        assert sum(start <= turn < start + 0.999 for turn in turns) <= 10


def test_addresses_that_have_gone_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "_PRUNED_FROM", 100)
    now = [0.0]
    rate = Rate(1, 1.0, lambda: now[0])
    for number in range(1000):
        now[0] += 0.1
        rate.take(str(number), 0)
    assert len(rate._arrivals) <= 100


def test_a_request_over_the_rate_waits_and_one_far_over_it_is_to_be_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    metrics = Metrics()
    limited = Rates(Limits(requests_per_second=20), metrics)

    async def ask() -> tuple[float, int]:
        loop = asyncio.get_running_loop()
        began = loop.time()
        await asyncio.gather(*(limited.request("ann") for _ in range(22)))
        seconds = loop.time() - began
        results = await asyncio.gather(*(limited.request("bob") for _ in range(200)), return_exceptions=True)
        return seconds, sum(isinstance(result, TooManyRequestsError) for result in results)

    monkeypatch.setattr(rates, "LONGEST_WAIT", 0.2)
    seconds, over = asyncio.run(ask())
    assert 0.09 < seconds < 2
    assert over in range(170, 177)
    assert refused(TooManyRequestsError("bob", 20)).status_code == 429
    assert (metrics.registry.get_sample_value(PREFIX + "limited_total", {"limit": "requests_per_second"}) or 0) > 170


def test_a_login_over_the_rate_is_refused_with_a_sentence() -> None:
    limited = Rates(Limits(logins_per_minute=3), Metrics(), lambda: 7.0)

    async def log_in() -> None:
        for _ in range(3):
            await limited.login(Peer("192.0.2.1"))
        await limited.login(Peer("192.0.2.2"))
        for number in range(3):
            await limited.login(Peer(f"2001:db8::{number}"))
        with pytest.raises(RefusalError):  # of the same host
            await limited.login(Peer("2001:db8::3"))
        await limited.login(Peer("192.0.2.1"))

    with pytest.raises(RefusalError, match=r"^More than 3 logins within a minute came from 192\.0\.2\.1: try") as told:
        asyncio.run(log_in())
    assert refused(told.value).status_code == 200
