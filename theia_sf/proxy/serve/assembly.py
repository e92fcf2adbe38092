"""The parts of the proxy, opened as the configuration says, and put together."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from theia_sf.proxy.access.load import load_policy, open_access
from theia_sf.proxy.audit.log import AuditLog, open_audit
from theia_sf.proxy.audit.model import AuditUnavailableError
from theia_sf.proxy.config.model import ProxyConfig
from theia_sf.proxy.errors import RefusalError
from theia_sf.proxy.metrics import Metrics
from theia_sf.proxy.protocol.services import Services
from theia_sf.proxy.serve.health import Check
from theia_sf.proxy.serve.rates import Rates
from theia_sf.proxy.sessions.opening import open_store
from theia_sf.proxy.upstream.accounts import Accounts
from theia_sf.proxy.users.authentication import RegisteredUsers

_COUNTED_EVERY: Final = 10.0  # seconds; counting sessions reads them all


@dataclass(frozen=True)
class Parts:
    """What is served, and what is asked about it.

    Attributes:
        checks: for readiness.
        refresh: brings up to date what is counted only when asked.
    """

    services: Services
    metrics: Metrics
    checks: Mapping[str, Check]
    refresh: Check


async def assemble(config: ProxyConfig, where: Path) -> Parts:
    """Open everything that the proxy works with; `services.close` closes it.

    Args:
        config: the configuration; `where` is its file, for what is said of a wrong policy in it.

    Raises:
        TheiaError: a file of the configuration cannot be used, or a key not be decrypted.
    """
    metrics = Metrics()
    users = RegisteredUsers(config.users, config.upstreams)
    access = open_access(load_policy(config.policy, where), config.upstreams)
    sessions = open_store(config.store)
    try:
        audit = open_audit(config.audit, prefix=config.tokens.prefix)
    except BaseException:
        await sessions.close()
        raise
    services = Services(
        config=config,
        users=users,
        sessions=sessions,
        access=access,
        audit=audit,
        accounts=Accounts(config.upstreams),
        observer=metrics,
        rates=Rates(config.limits, metrics),
    )

    async def audit_check() -> None:
        failing = audit.failing
        if failing is not None:
            reason = f"{failing}."
            raise AuditUnavailableError(reason)

    async def accounts_check() -> None:
        for account in services.accounts:
            for identity in account.config.identities:
                await account.client(identity)

    checks = {"store": sessions.check, "audit": audit_check, "accounts": accounts_check}
    return Parts(services, metrics, checks, _refresher(services, audit, metrics))


def _refresher(services: Services, audit: AuditLog, metrics: Metrics) -> Check:
    counted = -math.inf

    async def refresh() -> None:
        nonlocal counted
        status = audit.status()
        metrics.audit_records.set(status.records)
        metrics.audit_waiting.set(status.waiting)
        metrics.audit_lost.set(status.lost)
        metrics.audit_failing.set(status.failing is not None)
        if status.table is not None:
            metrics.audit_table_behind.set(status.table.behind)
            metrics.audit_table_failing.set(status.table.failing is not None)
        if time.monotonic() - counted > _COUNTED_EVERY:
            counted = time.monotonic()
            try:
                metrics.sessions.set(len(await services.sessions.all()))
            except RefusalError:
                metrics.sessions.set(math.nan)

    return refresh
