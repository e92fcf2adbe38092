"""Which environment variables the engine sees, and which the Pulumi program must not see.

The providers read their credentials from the engine's environment, so these never become part of the state. The
program runs in this process, where `pulumi_snowflake.Provider` would read SNOWFLAKE_PASSWORD, _HOST and others from
`os.environ` into its inputs, hence into the state: while a program runs they are taken out.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager

from theia_sf.provision.request import StackRequest
from theia_sf.snowflake import provider_environment

_HIDDEN_PREFIXES = ("SNOWFLAKE_",)


def engine_environment(request: StackRequest, backend_url: str) -> dict[str, str]:
    """Variables for the engine, on top of this process's own (without Snowflake's).

    Both names of the region are set: boto3 reads AWS_DEFAULT_REGION, the engine's Go SDK reads AWS_REGION. PULUMI_HOME
    stays as it is, so that plugins already installed are found.
    """
    variables = {
        "PULUMI_BACKEND_URL": backend_url,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DIY_BACKEND_NO_LEGACY_WARNING": "true",
        "AWS_REGION": request.region,
        "AWS_DEFAULT_REGION": request.region,
    }
    if not passphrase_given(os.environ):
        variables["PULUMI_CONFIG_PASSPHRASE"] = ""
    if request.snowflake is not None:
        # An empty value means that the variable is not to be set; this process's own are hidden, see below.
        variables.update({name: value for name, value in provider_environment(request.snowflake).items() if value})
    return variables


def passphrase_given(environ: Mapping[str, str]) -> bool:
    """Whether the user set a passphrase for stacks without a KMS key."""
    return bool(environ.get("PULUMI_CONFIG_PASSPHRASE") or environ.get("PULUMI_CONFIG_PASSPHRASE_FILE"))


@contextmanager
def without_credentials() -> Generator[None]:
    """Takes Snowflake's variables out of this process's environment for as long as a Pulumi program runs in it."""
    hidden = {name: value for name, value in os.environ.items() if name.startswith(_HIDDEN_PREFIXES)}
    for name in hidden:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(hidden)
