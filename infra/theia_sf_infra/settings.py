"""What a stack is made from, read from its configuration."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import pulumi

PROJECT = "theia-sf"


@dataclass(frozen=True)
class ServiceUserSettings:
    """A user for a program that reads: bound to an AWS role (its ARN without a path), or to a public key.

    `given` tells that this update was given the binding; it is not remembered.
    """

    name: str
    role_arn: str | None = None
    public_key: str | None = None
    given: bool = False


@dataclass(frozen=True)
class ScheduleSettings:
    """When the function runs which job, and the event that tells it to."""

    job: str
    expression: str
    event_json: str


@dataclass(frozen=True)
class FunctionSettings:
    """The scheduled function: its code in the flows bucket, and what it runs with.

    Attributes:
        code_key, layer_key: in the flows bucket.
        code_hash, layer_hash: SHA-256 in base64.
        environment: the variables that say where Snowflake is.
    """

    code_key: str
    code_hash: str
    layer_key: str
    layer_hash: str
    architecture: str
    runtime: str
    timeout_seconds: int
    memory_megabytes: int
    schedules: Sequence[ScheduleSettings]
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Settings:
    """What a stack is made from.

    Attributes:
        region: AWS region of the bucket, the topic and the queue.
        tags: on every AWS resource that takes tags.
        reader_warehouse: an existing warehouse for the reader role; None makes one that belongs to the stack.
        service_users: of programs that read the flows.
        function: None makes none.
        options: as they were given, without defaults: what the stack remembers of them, as one JSON text.
        snowflake_account: the account's name, ORGANIZATION-ACCOUNT, only to be found again among the outputs.
    """

    region: str
    tags: Mapping[str, str]
    reader_warehouse: str | None
    service_users: Sequence[ServiceUserSettings] = ()
    function: FunctionSettings | None = None
    options: str = "{}"
    snowflake_account: str | None = field(default=None, kw_only=True)


def read_settings() -> Settings:
    """The settings from the stack's configuration.

    Raises:
        pulumi.RunError: `tags`, `service-users` or `function` is not the JSON that it is to be.
    """
    config = pulumi.Config(PROJECT)
    tags, warehouse = _tags(config), config.get("reader-warehouse")
    given: list[Any] = _json(config, "service-users", list) or []
    users = [_made(ServiceUserSettings, "service-users", user) for user in given]
    function = _function(config)
    options: dict[str, Any] = {
        "tags": tags,
        "reader_warehouse": warehouse,
        "service_users": [_remembered(user) for user in users],
        "function": asdict(function) if function else None,
    }
    return Settings(
        config.require("region"),
        {"project": PROJECT, "stack": pulumi.get_stack()} if tags is None else tags,
        warehouse,
        users,
        function,
        json.dumps({name: value for name, value in options.items() if value}, sort_keys=True),
        snowflake_account=config.get("snowflake-account"),
    )


def _remembered(user: ServiceUserSettings) -> dict[str, str]:
    return {key: value for key, value in asdict(user).items() if value and key != "given"}


def _tags(config: pulumi.Config) -> dict[str, str] | None:
    given: dict[str, Any] | None = _json(config, "tags", dict)
    if given is not None and not all(isinstance(value, str) for value in given.values()):
        message = f"{PROJECT}:tags must be a JSON object whose values are strings"
        raise pulumi.RunError(message)
    return given


def _function(config: pulumi.Config) -> FunctionSettings | None:
    given: dict[str, Any] | None = _json(config, "function", dict)
    if given is None:
        return None
    schedules = [_made(ScheduleSettings, "function", schedule) for schedule in given.get("schedules", [])]
    return _made(FunctionSettings, "function", {**given, "schedules": schedules})


def _json(config: pulumi.Config, name: str, kind: type) -> Any:
    given: Any = config.get_object(name)
    if given is not None and not isinstance(given, kind):
        message = f"{PROJECT}:{name} must be a JSON {'object' if kind is dict else 'list'}"
        raise pulumi.RunError(message)
    return given


def _made(kind: type[Any], name: str, given: Any) -> Any:
    try:
        return kind(**given)
    except TypeError as error:
        message = f"{PROJECT}:{name} is not what theia-sf writes: {error}"
        raise pulumi.RunError(message) from error
