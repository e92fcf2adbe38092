"""End sessions from beside the proxy: in the store that it shares, and at Snowflake."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from theia_sf.errors import TheiaError
from theia_sf.proxy.audit.events import Kind
from theia_sf.proxy.audit.log import instance_name
from theia_sf.proxy.config.model import ProxyConfig
from theia_sf.proxy.errors import RefusalError
from theia_sf.proxy.protocol import record
from theia_sf.proxy.protocol.services import Services
from theia_sf.proxy.protocol.session import log_out
from theia_sf.proxy.serve.assembly import assemble
from theia_sf.proxy.sessions.model import SessionRecord

INSTANCE: Final = "-operator"
"""Appended to the instance's name in the audit: the proxy itself may be writing to its own files."""
PATIENCE: Final = 5.0
"""Seconds that Snowflake gets to end a session, which has ended here by then: an operator does not wait for minutes."""
_log = logging.getLogger(__name__)


async def end_sessions(config: ProxyConfig, where: Path, found: Iterable[SessionRecord]) -> None:
    """End sessions, each after it was recorded that an operator did: soon, whether Snowflake answers or not.

    Args:
        config: the proxy's configuration; `where` is its file.
        found: the sessions.

    Raises:
        UsageError: a file of the configuration cannot be used, or another operator is at it.
        TheiaError: it cannot be recorded, or the store does not answer.
    """
    instance = instance_name(config.audit)[: 63 - len(INSTANCE)] + INSTANCE
    audit = config.audit.model_copy(update={"instance": instance, "snowflake": None})
    parts = await assemble(config.model_copy(update={"audit": audit}), where)
    services = parts.services
    try:
        sessions = list(found)
        for session in sessions:
            await services.audit.record(record.event(Kind.SESSION_ENDED, session, session.peer_address, by="operator"))
        ended = await asyncio.gather(*(_end(services, session) for session in sessions), return_exceptions=True)
        for error in ended:  # each of them got its chance
            if error is not None:
                raise error
    except RefusalError as error:
        raise TheiaError(error.message) from error
    finally:
        await services.close()


async def _end(services: Services, session: SessionRecord) -> None:
    try:
        async with asyncio.timeout(PATIENCE):
            await log_out(services, session)
    except TimeoutError:
        _log.warning("The session %s is not ended at Snowflake: it does not answer.", session.id)
