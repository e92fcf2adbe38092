"""The environment variables that point every tool at the sandbox, and the shell lines that set and undo them.

Real accounts must be out of reach in a shell that uses the sandbox, so variables of AWS, Snowflake and Pulumi that
are set already are taken away, and come back with `--unset`. The lines copy a value from variable to variable inside
the shell: no value of the user's is ever printed.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from theia_sf.credentials.fields import FIELDS, Part, of_part
from theia_sf.sandbox.daemon.ports import HOST
from theia_sf.sandbox.daemon.state import SandboxState

SAVED_PREFIX: Final = "THEIA_SF_SANDBOX_SAVED_"
ACTIVE: Final = "THEIA_SF_SANDBOX_ACTIVE"

_PREFIXES: Final = ("AWS_", "SNOWFLAKE_", "PULUMI_")
_OTHERS: Final = frozenset({"THEIA_SF_KMS_KEY_ID"})  # a key of a real account
# Say how a tool behaves, not which account it works with.
_HARMLESS: Final = frozenset(
    {
        "AWS_CA_BUNDLE",
        "AWS_MAX_ATTEMPTS",
        "AWS_PAGER",
        "AWS_RETRY_MODE",
        "PULUMI_CONFIG_PASSPHRASE",
        "PULUMI_CONFIG_PASSPHRASE_FILE",
        "PULUMI_HOME",
        "PULUMI_SKIP_UPDATE_CHECK",
        "SNOWFLAKE_HOME",
    }
)
_PROXIES: Final = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
_NO_PROXY: Final = ("NO_PROXY", "no_proxy")


class Shell(StrEnum):
    """The values of `sandbox env --shell`."""

    BASH = "bash"
    FISH = "fish"
    JSON = "json"


def exports(state: SandboxState, environ: Mapping[str, str], *, key_pair: bool = False) -> dict[str, str]:
    """The variables that lead to a running sandbox.

    Args:
        state: the sandbox.
        environ: the present environment; where it has a proxy, loopback is taken out of the proxy's hands.
        key_pair: sign in to Snowflake by the user's key pair instead of the password.
    """
    ports = state.ports
    credential = (
        {"SNOWFLAKE_PRIVATE_KEY_PATH": state.snowflake_private_key_path}
        if key_pair
        else {"SNOWFLAKE_PASSWORD": state.snowflake_password}
    )
    variables = {
        "AWS_ENDPOINT_URL": f"http://{HOST}:{ports.aws}",
        "AWS_ACCESS_KEY_ID": state.keys[state.account].key_id,
        "AWS_SECRET_ACCESS_KEY": state.keys[state.account].secret,
        "AWS_REGION": state.region,
        "AWS_DEFAULT_REGION": state.region,
        # Neither a profile nor the machine's role may answer instead.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "SNOWFLAKE_ACCOUNT": state.snowflake_account,
        "SNOWFLAKE_USER": state.snowflake_user,
        **credential,
        "SNOWFLAKE_ROLE": state.snowflake_role,
        "SNOWFLAKE_HOST": HOST,
        "SNOWFLAKE_PORT": str(ports.snowflake),
        "SNOWFLAKE_PROTOCOL": "http",
        # Without it the connector sends no workload's attestation to a host that is not Snowflake's.
        "SNOWFLAKE_WIF_ALLOWED_HOST_SUFFIXES": HOST,
        "PULUMI_DEBUG_PROVIDERS": (
            f"aws:{ports.provider_aws},snowflake:{ports.provider_snowflake},random:{ports.provider_random}"
        ),
        # The engine attaches to its providers; without this it first looks for them on the internet, at each command.
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }
    if any(environ.get(name) or environ.get(name.lower()) for name in _PROXIES):
        hosts = [host for host in (environ.get("NO_PROXY") or environ.get("no_proxy") or "").split(",") if host]
        hosts += [host for host in (HOST, "localhost") if host not in hosts]
        variables |= dict.fromkeys(_NO_PROXY, ",".join(hosts))
    return variables


def interfering(environ: Mapping[str, str], variables: Mapping[str, str]) -> list[str]:
    """The variables of the environment that could lead elsewhere, other than those that are set anyway."""
    return sorted(
        name
        for name in environ
        if (name.startswith(_PREFIXES) or name in _OTHERS) and name not in _HARMLESS and name not in variables
    )


def changes(state: SandboxState, environ: Mapping[str, str], *, key_pair: bool = False) -> dict[str, str | None]:
    """What a program must change in its environment: a value to set, or None to take the variable away."""
    variables = exports(state, environ, key_pair=key_pair)
    return {**dict.fromkeys(interfering(environ, variables)), **variables}


def undone(environ: Mapping[str, str]) -> dict[str, str | None]:
    """The reverse of `changes` for a program: what the sandbox set is taken away or put back."""
    return {name: environ.get(SAVED_PREFIX + name) for name in _managed(environ)}


def shell_lines(state: SandboxState, environ: Mapping[str, str], shell: Shell, *, key_pair: bool = False) -> list[str]:
    """The lines that a shell evaluates to use the sandbox; evaluating them again changes nothing."""
    wanted = changes(state, environ, key_pair=key_pair)
    lines: list[str] = []
    # What a sandbox set before is not the user's own, and must not be kept as such.
    replaced = [] if ACTIVE in environ else [name for name in wanted if name in environ]
    lines += [_copy(shell, name, SAVED_PREFIX + name) for name in replaced]
    lines += [_unset(shell, name) if value is None else _set(shell, name, value) for name, value in wanted.items()]
    return [*lines, _set(shell, ACTIVE, "1")]


def sign_in_lines(variables: Mapping[str, str], environ: Mapping[str, str], shell: Shell) -> list[str]:
    """The lines that make a shell in the sandbox sign in to Snowflake otherwise.

    Args:
        variables: those of the new way; every other credential that the shell holds is taken away.
        environ: the present environment.
        shell: whose syntax.
    """
    others = [name for field in of_part(Part.CREDENTIALS) for name in FIELDS[field].variables if name not in variables]
    lines = [_unset(shell, name) for name in sorted(others) if name in environ]
    return [*lines, *(_set(shell, name, value) for name, value in variables.items())]


def undo_lines(environ: Mapping[str, str], shell: Shell) -> list[str]:
    """The lines that take a shell back to what it was before; none outside the sandbox."""
    lines: list[str] = []
    for name in _managed(environ):
        saved = SAVED_PREFIX + name
        lines += [_copy(shell, saved, name), _unset(shell, saved)] if saved in environ else [_unset(shell, name)]
    return [*lines, _unset(shell, ACTIVE)] if ACTIVE in environ else lines


def _managed(environ: Mapping[str, str]) -> list[str]:
    """What the sandbox set or took away in this environment."""
    if ACTIVE not in environ:
        return []
    saved = {name.removeprefix(SAVED_PREFIX) for name in environ if name.startswith(SAVED_PREFIX)}
    present = {name for name in environ if name.startswith(_PREFIXES) and name not in _HARMLESS}
    return sorted(saved | present | {name for name in _NO_PROXY if name in environ})


def _set(shell: Shell, name: str, value: str) -> str:
    if shell is Shell.FISH:
        escaped = value.replace("\\", "\\\\").replace("'", "\\'")
        return f"set -gx {name} '{escaped}';"
    return f"export {name}={shlex.quote(value)}"


def _copy(shell: Shell, source: str, target: str) -> str:
    return f'set -gx {target} "${source}";' if shell is Shell.FISH else f'export {target}="${source}"'


def _unset(shell: Shell, name: str) -> str:
    return f"set -e {name};" if shell is Shell.FISH else f"unset {name}"
