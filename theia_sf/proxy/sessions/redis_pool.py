"""Connections to the Redis server that a URL names."""

from __future__ import annotations

from typing import Final

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff

from theia_sf.errors import UsageError
from theia_sf.secret import Secret

CONNECTIONS: Final = 64
"""At one time; who comes when all are in use waits, where redis-py by itself would refuse. A step takes Redis well
below a millisecond, so that more of them would only be more open files."""
CONNECT_SECONDS: Final = 3.0
ANSWER_SECONDS: Final = 3.0
_RETRIES: Final = 1
_RETRY_AFTER_SECONDS: Final = 0.05
_IDLE_CHECK_SECONDS: Final = 30


def client(url: str, password: Secret | None) -> Redis:
    """Return a client that connects when it is asked something.

    Args:
        url: `redis://`, `rediss://` or `unix://`, without a password. Options of redis-py may follow it, such as
            `?username=proxy` or `?ssl_ca_certs=/etc/redis-ca.pem`.
        password: of the server, if it wants one.

    Raises:
        UsageError: the URL is none, or has an option that redis-py does not know.
    """
    try:
        pool: BlockingConnectionPool = BlockingConnectionPool.from_url(  # pyright: ignore[reportUnknownMemberType] - its options are untyped
            url,
            max_connections=CONNECTIONS,
            timeout=ANSWER_SECONDS,
            password=password.reveal() if password else None,
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=ANSWER_SECONDS,
            health_check_interval=_IDLE_CHECK_SECONDS,
            retry=Retry(ConstantBackoff(_RETRY_AFTER_SECONDS), _RETRIES),
        )
        pool.make_connection()  # connects to nothing yet, and is where a wrong option shows
    except (TypeError, ValueError) as error:
        reason = str(error).rstrip(".").rpartition("__init__() ")[2]
        message = f"`store.redis` is not the URL of a Redis server: {reason}."
        raise UsageError(message, hint="It looks like redis://127.0.0.1:6379/0, or rediss:// for TLS.") from error
    return Redis.from_pool(pool)
