"""Whom Grafana signs in as: one of the stack's service users, or somebody else who may read the flows."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Final

from theia_sf.errors import TheiaError, UsageError
from theia_sf.grafana.datasource import Method, Reader
from theia_sf.provision.outputs import PipelineOutputs
from theia_sf.provision.request import ServiceUser
from theia_sf.snowflake.identifiers import fold

EXAMPLE: Final = "GRAFANA"


def choose(
    name: str | None, outputs: PipelineOutputs, users: Sequence[ServiceUser], method: Method, onboard: str
) -> Reader:
    """Return who reads the flows for Grafana.

    Args:
        name: the user that a flag names; by default the stack's only service user with a key pair.
        outputs: of the stack.
        users: the stack's service users.
        method: by what the user signs in.
        onboard: the command that onboards the stack, to be told with the options that make a user.

    Raises:
        UsageError: nobody is named, and there is not exactly one who could be meant; the user signs in by its AWS role.
        TheiaError: the stack has no reader role, as an old version of theia-sf made it.
    """
    if not outputs.reader_role_name or not outputs.reader_warehouse_name:
        message = "The stack has no role that reads the flows: an older theia-sf made it."
        raise TheiaError(message, hint=f"Bring it up to date: {onboard}")
    return Reader(
        user=_user(name, users, method, onboard),
        role=outputs.reader_role_name,
        warehouse=outputs.reader_warehouse_name,
        database=outputs.database_name,
        schema=outputs.schema_name,
        method=method,
    )


def _user(name: str | None, users: Sequence[ServiceUser], method: Method, onboard: str) -> str:
    if name is not None:
        user = fold(name)
        if method is Method.KEY_PAIR and any(one.name == user and one.public_key is None for one in users):
            message = f"{user} signs in as an AWS role, which Grafana's data source cannot."
            raise UsageError(message, hint=f"Make a user with a key pair: {_command(onboard)}")
        return user
    candidates = [one.name for one in users if one.public_key is not None]
    if not candidates:
        message = "The stack has no service user with a key pair that Grafana could sign in as."
        raise UsageError(message, hint=f"Make one: {_command(onboard)}")
    if len(candidates) > 1:
        message = f"The stack has several service users with a key pair: {', '.join(candidates)}."
        raise UsageError(message, hint=f"Name Grafana's, such as --user {shlex.quote(candidates[0])}.")
    return candidates[0]


def _command(onboard: str) -> str:
    return f"{onboard} --service-user {EXAMPLE} --public-key grafana.pub"
