"""How the rest of the sandbox reaches its AWS: an endpoint, and clients of each account."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# Clients are made by a name that is known only at run time, so the stubs have nothing to say.

from __future__ import annotations

import threading
from typing import Any

import boto3
from botocore.config import Config

from theia_sf.sandbox.aws.accounts import ACCOUNT_ID, SNOWFLAKE_ACCOUNT_ID, STRANGER_ACCOUNT_ID, AccessKey

DEFAULT_REGION = "us-west-2"


class AwsEndpoint:
    """The AWS of a running sandbox.

    Args:
        endpoint_url: where it listens, `http://127.0.0.1:PORT`.
        keys: the access key of each account, by account id.

    `client` acts as the user, `snowflake_client` as Snowflake (its queues, its IAM users), `stranger_client` as a
    third party whose buckets are forbidden to both. Clients are cached and may be shared between threads.
    """

    def __init__(self, endpoint_url: str, keys: dict[str, AccessKey]) -> None:
        self.endpoint_url = endpoint_url
        self.account_id = ACCOUNT_ID
        self.snowflake_account_id = SNOWFLAKE_ACCOUNT_ID
        self.keys = keys
        self._clients: dict[tuple[str, str, str], Any] = {}
        self._lock = threading.Lock()

    def client(self, name: str, region: str = DEFAULT_REGION) -> Any:
        """A boto3 client of the user's account, for example `client("s3", "us-west-2")`."""
        return self._client_of(ACCOUNT_ID, name, region)

    def snowflake_client(self, name: str, region: str = DEFAULT_REGION) -> Any:
        """A boto3 client of Snowflake's account."""
        return self._client_of(SNOWFLAKE_ACCOUNT_ID, name, region)

    def stranger_client(self, name: str, region: str = DEFAULT_REGION) -> Any:
        """A boto3 client of someone else's account."""
        return self._client_of(STRANGER_ACCOUNT_ID, name, region)

    def _client_of(self, account_id: str, name: str, region: str) -> Any:
        with self._lock:
            known = self._clients.get((account_id, name, region))
            if known is not None:
                return known
            key = self.keys[account_id]
            client: Any = boto3.client(  # pyright: ignore[reportCallIssue] - the stubs want a service's literal name
                name,  # pyright: ignore[reportArgumentType] - as above
                region_name=region,
                endpoint_url=self.endpoint_url,
                aws_access_key_id=key.key_id,
                aws_secret_access_key=key.secret,
                # A proxy of the machine must not be asked for loopback addresses.
                config=Config(proxies={}, max_pool_connections=20, s3={"addressing_style": "path"}),
            )
            self._clients[account_id, name, region] = client
            return client
