"""What probes get to hear."""

from __future__ import annotations

import asyncio
import math

import httpx
import pytest

from theia_sf.errors import TheiaError
from theia_sf.proxy.errors import RefusalError
from theia_sf.proxy.metrics import Metrics
from theia_sf.proxy.serve import health
from theia_sf.proxy.serve.health import Check, Readiness, create_health_app
from theia_sf.secret import Secret


async def fine() -> None:
    pass


async def broken() -> None:
    raise RefusalError("390199", "The store does not answer.")


async def leaking() -> None:
    raise TheiaError(f"Wrong password {Secret('hunter2hunter2').reveal()}.")


async def hanging() -> None:
    await asyncio.sleep(60)


async def failing() -> None:
    raise ZeroDivisionError


def asked(path: str, checks: dict[str, Check], *, draining: bool = False, accept: str = "*/*") -> httpx.Response:
    metrics = Metrics()
    metrics.sessions.set(math.nan)

    async def ask() -> httpx.Response:
        readiness = Readiness(checks, metrics)
        if draining:
            readiness.drain()
        transport = httpx.ASGITransport(create_health_app(readiness, metrics, fine))
        async with httpx.AsyncClient(transport=transport, base_url="http://proxy") as client:
            return await client.get(path, headers={"accept": accept})

    return asyncio.run(ask())


def test_ready_if_all_parts_are() -> None:
    answer = asked("/ready", {"store": fine, "audit": fine})
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "checks": {"store": "ok", "audit": "ok"}})


@pytest.mark.parametrize(
    ("check", "sentence"),
    [
        (broken, "The store does not answer."),
        (leaking, "Wrong password ***."),
        (hanging, "It does not answer within 0.05 seconds."),
        (failing, "The check failed: ZeroDivisionError."),
    ],
)
def test_not_ready_if_one_part_is_not(check: Check, sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_TIMEOUT", 0.05)
    answer = asked("/readyz", {"store": check, "audit": fine})
    told = {"status": "not ready", "checks": {"store": sentence, "audit": "ok"}}
    assert (answer.status_code, answer.json()) == (503, told)
    assert asked("/health", {"store": check}).status_code == 200  # the process is alive, and a new one would not help


def test_not_ready_once_it_is_told_to_end() -> None:
    answer = asked("/ready", {"store": fine}, draining=True)
    assert (answer.status_code, answer.json()["status"]) == (503, "draining")
    assert "theia_sf_proxy_draining 1.0" in asked("/metrics", {}, draining=True).text


def test_metrics_as_json_have_no_number_where_there_is_none() -> None:
    told = asked("/metrics", {}, accept="application/json").json()
    assert told["theia_sf_proxy_sessions"]["samples"][0]["value"] is None
    assert told["theia_sf_proxy_connections"]["type"] == "gauge"


def test_checks_are_not_made_more_often_than_once_a_second() -> None:
    count = 0

    async def counted() -> None:
        nonlocal count
        count += 1

    async def ask() -> None:
        readiness = Readiness({"store": counted}, Metrics())
        await asyncio.gather(*(readiness.answer() for _ in range(50)))

    asyncio.run(ask())
    assert count == 1
