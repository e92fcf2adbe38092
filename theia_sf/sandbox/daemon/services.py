"""Everything that runs in the sandbox's process."""

from __future__ import annotations

import contextlib
import logging
import secrets
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import uvicorn
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.types import ASGIApp

from theia_sf.sandbox.aws.accounts import SNOWFLAKE_ACCOUNT_ID
from theia_sf.sandbox.aws.endpoint import DEFAULT_REGION, AwsEndpoint
from theia_sf.sandbox.aws.server import AwsServer
from theia_sf.sandbox.daemon.state import Ports
from theia_sf.sandbox.providers.aws.provider import AwsProvider
from theia_sf.sandbox.providers.random import RandomProvider
from theia_sf.sandbox.providers.server import ProviderServer
from theia_sf.sandbox.providers.snowflake.provider import SnowflakeProvider
from theia_sf.sandbox.providers.snowflake.session import Login
from theia_sf.sandbox.snowflake.account import Account
from theia_sf.sandbox.snowflake.app import create_app
from theia_sf.sandbox.snowpipe.service import Snowpipe
from theia_sf.snowflake.keys import pem
from theia_sf.snowflake.public_keys import public_text

logger = logging.getLogger(__name__)

HOST: Final = "127.0.0.1"
USER: Final = "THEIA"
ROLE: Final = "ACCOUNTADMIN"
_KEY_BITS: Final = 2048  # what Snowflake asks for at least
_READY_SECONDS: Final = 20.0


@dataclass(frozen=True)
class Services:
    """The running services: where they listen, and the accounts behind them."""

    ports: Ports
    aws: AwsEndpoint
    account: Account
    login: Login
    private_key: str = field(repr=False)


@contextmanager
def running(ports: Ports) -> Generator[Services]:
    """Run AWS, Snowflake, Snowpipe and the providers while the context is open.

    Args:
        ports: where to listen; 0 takes a free port.

    Raises:
        OSError, RuntimeError: a port is in use.
    """
    with contextlib.ExitStack() as stack:
        server = AwsServer(ports.aws)
        aws = server.start()
        stack.callback(server.stop)

        password = secrets.token_urlsafe(24)
        account = Account(
            admin_user=USER,
            admin_password=password,
            region=DEFAULT_REGION,
            snowflake_aws_account_id=SNOWFLAKE_ACCOUNT_ID,
        )
        snowpipe = Snowpipe(account, aws)
        account.snowpipe = snowpipe
        stack.callback(account.close)
        snowflake_port = stack.enter_context(_asgi_server(create_app(account), ports.snowflake))
        account.serve_at(f"http://{HOST}:{snowflake_port}")
        snowpipe.start()
        stack.callback(snowpipe.stop)

        key = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
        account.catalog.users[USER].rsa_public_key = public_text(key.public_key())
        login = Login(
            account=f"{account.organization_name}-{account.account_name}",
            host=HOST,
            port=snowflake_port,
            user=USER,
            password=password,
            role=ROLE,
        )
        providers = [
            ProviderServer(AwsProvider(aws), ports.provider_aws),
            ProviderServer(SnowflakeProvider(login), ports.provider_snowflake),
            ProviderServer(RandomProvider(), ports.provider_random),
        ]
        for provider in providers:
            provider.start()
            stack.callback(provider.stop)
        aws_port = int(aws.endpoint_url.rsplit(":", 1)[1])
        listening = Ports(aws_port, snowflake_port, *(provider.port for provider in providers))
        yield Services(listening, aws, account, login, pem(key))


@contextmanager
def _asgi_server(app: ASGIApp, port: int) -> Generator[int]:
    """Serve an ASGI application from a thread, and give its port."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((HOST, port))
    config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), name="sandbox-snowflake", daemon=True)
    thread.start()
    waited = threading.Event()
    for _ in range(int(_READY_SECONDS / 0.01)):
        if server.started:
            break
        waited.wait(0.01)
    else:
        message = "the Snowflake server did not start"
        raise RuntimeError(message)
    try:
        yield int(listener.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
