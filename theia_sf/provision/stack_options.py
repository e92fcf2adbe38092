"""The options of a stack, remembered with it: a later onboard keeps what its flags do not change.

The Pulumi program gets them as configuration and exports them as one output, `options` (JSON, written by
`theia_sf_infra.pipeline.Settings`), which is read here before the next operation. They hold public keys and ARNs, and
no secret.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from theia_sf.errors import TheiaError, UsageError
from theia_sf.provision.request import PROJECT, Schedule, ServiceUser, StackRequest

OUTPUT = "options"


@dataclass(frozen=True)
class Function:
    """The deployed function; its code stays in the flows bucket for as long as it stands.

    Attributes:
        code_key, layer_key: in the flows bucket; a key names one content only.
        code_hash, layer_hash: SHA-256 in base64, as Lambda tells it.
        environment: the variables that say where Snowflake is; those about the stack are the program's to add.
    """

    code_key: str
    code_hash: str
    layer_key: str
    layer_hash: str
    architecture: str
    runtime: str
    timeout_seconds: int
    memory_megabytes: int
    schedules: tuple[Schedule, ...]
    environment: Mapping[str, str]


@dataclass(frozen=True)
class StackOptions:
    """What a stack is made with; None and empty are the defaults.

    Attributes:
        tags: those given in place of the default ones.
        reader_warehouse: an existing one in place of the stack's own.
        service_users: sorted by name.
        function: None for a stack that has none.
    """

    tags: Mapping[str, str] | None = None
    reader_warehouse: str | None = None
    service_users: tuple[ServiceUser, ...] = ()
    function: Function | None = None

    @classmethod
    def from_outputs(cls, outputs: Mapping[str, Any]) -> StackOptions:
        """The options among a stack's outputs; the defaults for a stack that remembers none.

        Raises:
            TheiaError: they were written by another version of theia-sf, and cannot be read.
        """
        text = outputs.get(OUTPUT)
        if text is None:
            return cls()
        try:
            return _parse(json.loads(text))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            msg = "The options that the stack remembers cannot be read."
            raise TheiaError(msg, hint="A newer theia-sf wrote them: use that one, or a still newer one.") from error

    def config(self, given: Collection[str] = ()) -> dict[str, str]:
        """The configuration of the Pulumi program that says the same.

        Args:
            given: names of the service users whose bindings were asked for just now.
        """
        values: dict[str, str] = {}
        if self.tags:
            values["tags"] = json.dumps(dict(self.tags))
        if self.reader_warehouse:
            values["reader-warehouse"] = self.reader_warehouse
        if self.service_users:
            values["service-users"] = json.dumps(
                [{**_filled(asdict(user)), "given": user.name in given} for user in self.service_users]
            )
        if self.function:
            values["function"] = json.dumps(asdict(self.function))
        return {f"{PROJECT}:{name}": value for name, value in values.items()}


def changed(remembered: StackOptions, request: StackRequest, function: Function | None = None) -> StackOptions:
    """What the stack is to be made with: what it remembers, but for what the request says.

    Args:
        remembered: the options of the stack as it stands.
        request: its flags.
        function: the request's function, described (`theia_sf.provision.function_code.describe`).

    Raises:
        UsageError: a service user or a function is to be removed that the stack does not have.
    """
    users = {user.name: user for user in remembered.service_users}
    for name in request.removed_service_users:
        if users.pop(name, None) is None:
            msg = f"The stack {request.stack_name} has no service user {name}."
            known = f"It has {', '.join(users)}." if users else "`theia-sf status` shows those of a stack."
            raise UsageError(msg, hint=known)
    users |= {user.name: user for user in request.service_users}
    if request.remove_function and remembered.function is None:
        msg = f"The stack {request.stack_name} has no function."
        raise UsageError(msg, hint="theia-sf workload-identity lambda --deploy gives it one.")
    kept = None if request.remove_function else remembered.function
    return replace(
        remembered,
        tags=remembered.tags if request.tags is None else request.tags or None,
        reader_warehouse=(
            remembered.reader_warehouse if request.reader_warehouse is None else request.reader_warehouse or None
        ),
        service_users=tuple(users[name] for name in sorted(users)),
        function=kept if function is None else function,
    )


def _parse(values: Mapping[str, Any]) -> StackOptions:
    function: dict[str, Any] | None = values.get("function")
    return StackOptions(
        tags=values.get("tags"),
        reader_warehouse=values.get("reader_warehouse"),
        service_users=tuple(ServiceUser(**user) for user in values.get("service_users", ())),
        function=_function(function) if function else None,
    )


def _function(values: Mapping[str, Any]) -> Function:
    settings: dict[str, Any] = dict(values)
    settings["schedules"] = tuple(Schedule(**schedule) for schedule in values["schedules"])
    return Function(**settings)


def _filled(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
