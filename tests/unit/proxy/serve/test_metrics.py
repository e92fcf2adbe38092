"""What is counted under which names."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from theia_sf.proxy.metrics import PREFIX, Metrics
from theia_sf.proxy.protocol.services import Observer

ORDER = ("account", "route", "kind", "rule", "outcome", "le")


def test_what_happens_is_counted() -> None:
    metrics = Metrics()
    observer: Observer = metrics
    observer.request("query", "success", 0.02)
    observer.login("production", "refused")
    observer.statement("production", ("select",), "success", 0.02)
    observer.statement("production", ("select", "insert"), "denied", 0.0)
    observer.statement("production", (), "failure", 0.0)
    observer.denied("analysts")
    observer.upstream("production", 0.01)
    observer.scrubbed("production", 3)
    samples = {
        (
            sample.name.removeprefix(PREFIX),
            *(sample.labels[name] for name in ORDER if name in sample.labels),
        ): sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }
    assert samples["requests_total", "query", "success"] == 1
    assert samples["request_seconds_count", "query"] == 1
    assert samples["logins_total", "production", "refused"] == 1
    assert samples["statements_total", "production", "select", "success"] == 1
    assert samples["statements_total", "production", "several", "denied"] == 1
    assert samples["statements_total", "production", "unknown", "failure"] == 1
    assert samples["statement_seconds_count", "production"] == 2  # what was denied never ran
    assert samples["denied_total", "analysts"] == 1
    assert samples["upstream_seconds_sum", "production"] == 0.01
    assert samples["scrubbed_total", "production"] == 3


def test_two_proxies_in_one_process_count_apart() -> None:
    one, other = Metrics(), Metrics()
    one.denied("analysts")
    assert b'rule="analysts"' in one.text()
    assert b'rule="analysts"' not in other.text()
