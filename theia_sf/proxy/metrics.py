"""What the proxy counts. Labels hold names of the configuration and of the protocol, never what clients write."""

from __future__ import annotations

import math
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
PREFIX: Final = "theia_sf_proxy_"
_BUCKETS: Final = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)


class Metrics:
    """All metrics of one proxy, in a registry of their own; an `Observer` of the routes.

    Attributes:
        registry: of all metrics.
        sessions: in the store, counted when asked; NaN if the store does not tell.
        audit_records: written since the start; `audit_waiting` those that are not yet, `audit_lost` those that never
            will be, `audit_failing` 1 while nothing can be written.
        audit_table_behind: records that the copy in Snowflake lacks; `audit_table_failing` 1 while none can be copied.
        connections: open ones; `connections_ended` counts those that the proxy ended, by `reason`.
        limited: requests over a rate, by `limit`.
        certificate_expires: Unix seconds; `certificate_reloads` by `outcome`.
        draining: 1 once the proxy is told to end.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = self._counter("requests", "Requests answered.", "route", "outcome")
        self._request_seconds = self._histogram("request_seconds", "Duration of requests.", "route")
        self._logins = self._counter("logins", "Logins of clients.", "account", "outcome")
        self._statements = self._counter("statements", "Statements of clients.", "account", "kind", "outcome")
        self._statement_seconds = self._histogram("statement_seconds", "Duration of statements.", "account")
        self._denials = self._counter("denied", "Logins and statements that the policy denied.", "rule")
        self._upstream_seconds = self._histogram(
            "upstream_seconds", "Time until the first bytes of an account's answer.", "account"
        )
        self._scrubbed = self._counter("scrubbed", "Secrets taken out of answers of an account.", "account")
        self.sessions = self._gauge("sessions", "Sessions in the store.")
        self.audit_records = self._gauge("audit_records", "Records of the audit written since the start.")
        self.audit_waiting = self._gauge("audit_waiting", "Records of the audit that are not written yet.")
        self.audit_lost = self._gauge("audit_lost", "Records of the audit that could not be written.")
        self.audit_failing = self._gauge("audit_failing", "1 while the audit cannot be written.")
        self.audit_table_behind = self._gauge("audit_table_behind", "Records that the copy in Snowflake lacks.")
        self.audit_table_failing = self._gauge("audit_table_failing", "1 while no record can be copied to Snowflake.")
        self.connections = self._gauge("connections", "Open connections of clients.")
        self.connections_ended = self._counter("connections_ended", "Connections that the proxy ended.", "reason")
        self.limited = self._counter("limited", "Requests over a rate.", "limit")
        self.certificate_expires = self._gauge("certificate_expires_seconds", "End of the certificate, Unix seconds.")
        self.certificate_reloads = self._counter("certificate_reloads", "Certificates read anew.", "outcome")
        self.draining = self._gauge("draining", "1 once the proxy is told to end.")
        ProcessCollector(registry=self.registry)

    def request(self, route: str, outcome: str, seconds: float) -> None:
        """A request was answered."""
        self._requests.labels(route, outcome).inc()
        self._request_seconds.labels(route).observe(seconds)

    def login(self, account: str, outcome: str) -> None:
        """Somebody signed in, or did not get in."""
        self._logins.labels(account, outcome).inc()

    def statement(self, account: str, kinds: tuple[str, ...], outcome: str, seconds: float) -> None:
        """A statement ended."""
        kind = kinds[0] if len(kinds) == 1 else "several" if kinds else "unknown"
        self._statements.labels(account, kind, outcome).inc()
        if outcome != "denied":  # it never ran
            self._statement_seconds.labels(account).observe(seconds)

    def denied(self, rule: str) -> None:
        """A rule of the policy refused something."""
        self._denials.labels(rule).inc()

    def upstream(self, account: str, seconds: float) -> None:
        """An account answered."""
        self._upstream_seconds.labels(account).observe(seconds)

    def scrubbed(self, account: str, count: int) -> None:
        """Secrets were taken out of an answer."""
        self._scrubbed.labels(account).inc(count)

    def text(self) -> bytes:
        """Return all values in Prometheus' text format, version 0.0.4."""
        return generate_latest(self.registry)

    def document(self) -> dict[str, Any]:
        """Return all values as JSON: name of the metric to type, help and samples; null where there is no number."""
        return {
            family.name: {
                "type": family.type,
                "help": family.documentation,
                "samples": [
                    {
                        "name": sample.name,
                        "labels": sample.labels,
                        "value": sample.value if math.isfinite(sample.value) else None,
                    }
                    for sample in family.samples
                ],
            }
            for family in self.registry.collect()
        }

    def _counter(self, name: str, told: str, *labels: str) -> Counter:
        return Counter(PREFIX + name, told, labels, registry=self.registry)

    def _gauge(self, name: str, told: str, *labels: str) -> Gauge:
        return Gauge(PREFIX + name, told, labels, registry=self.registry)

    def _histogram(self, name: str, told: str, *labels: str) -> Histogram:
        return Histogram(PREFIX + name, told, labels, buckets=_BUCKETS, registry=self.registry)
