"""The Pulumi program run against mocks: what it declares, without an engine, a provider or an account."""

from __future__ import annotations

import asyncio
import json
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pytest
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import set_root_resource
from pulumi.runtime.sync_await import _sync_await

with warnings.catch_warnings():
    # importing the SDK warns of every deprecated class it holds; using one is an error in these tests
    warnings.simplefilter("ignore", DeprecationWarning)
    import pulumi_aws as aws

    from theia_sf_infra.pipeline import program

    # the SDK imports a service when it is first used
    _imported = (
        *(aws.iam.Role, aws.s3.Bucket, aws.sns.Topic, aws.sqs.Queue),
        *(aws.cloudwatch.LogGroup, aws.lambda_.Function, aws.scheduler.Schedule),
    )

SUFFIX = "abcdefgh01234567"
ROLE_MADE = "2026-01-02 03:04:05.000 +0000 UTC"
CALLER = "arn:aws:sts::123456789012:assumed-role/admin/me"


def _arn(service: str, resource: str, name: str) -> dict[str, str]:
    region = "" if service == "iam" else "eu-west-1"
    return {"arn": f"arn:aws:{service}:{region}:123456789012:{resource}{name}"}


def _queue(name: str) -> dict[str, str]:
    return {**_arn("sqs", "", name), "url": f"https://sqs.eu-west-1.amazonaws.com/123456789012/{name}"}


# What the providers would answer, beyond the inputs, to a resource of this type; from its inputs and its name.
ANSWERS: dict[str, Callable[[Mapping[str, Any], str], dict[str, Any]]] = {
    "random:index/randomString:RandomString": lambda _, __: {"result": SUFFIX},
    "aws:s3/bucket:Bucket": lambda inputs, _: {"arn": f"arn:aws:s3:::{inputs['bucket']}", "region": "eu-west-1"},
    "aws:sns/topic:Topic": lambda _, name: _arn("sns", "", name),
    "aws:sqs/queue:Queue": lambda _, name: _queue(name),
    "aws:iam/role:Role": lambda _, name: _arn("iam", "role/", name),
    "aws:iam/policy:Policy": lambda _, name: _arn("iam", "policy/", name),
    "aws:lambda/function:Function": lambda _, name: _arn("lambda", "function:", name),
    "aws:lambda/layerVersion:LayerVersion": lambda inputs, _: _arn("lambda", "layer:", f"{inputs['layerName']}:1"),
    "aws:cloudwatch/logGroup:LogGroup": lambda _, name: _arn("logs", "log-group:", name),
    "snowflake:index/storageIntegrationAws:StorageIntegrationAws": lambda _, __: {
        "describeOutputs": [{"iamUserArn": "arn:aws:iam::999999999999:user/storage", "externalId": "STORAGE_ID"}]
    },
    "snowflake:index/notificationIntegration:NotificationIntegration": lambda _, __: {
        "awsSnsIamUserArn": "arn:aws:iam::999999999999:user/errors",
        "awsSnsExternalId": "ERRORS_ID",
    },
    "snowflake:index/schema:Schema": lambda inputs, name: {
        "fullyQualifiedName": f'"{inputs["database"]}"."{name}"',
    },
    "snowflake:index/accountRole:AccountRole": lambda _, name: {
        "showOutputs": [{"name": name, "createdOn": ROLE_MADE}],
    },
    "snowflake:index/serviceUser:ServiceUser": lambda _, name: {"fullyQualifiedName": f'"{name}"'},
    "snowflake:index/pipe:Pipe": lambda inputs, name: {
        "notificationChannel": "arn:aws:sqs:eu-west-1:999999999999:sf-snowpipe",
        "fullyQualifiedName": f'"{inputs["database"]}"."{inputs["schema"]}"."{name}"',
    },
}


class Mocks(pulumi.runtime.Mocks):
    """Answers as the providers would, for the outputs that the program reads."""

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        answer = ANSWERS.get(args.typ, lambda _, __: {})
        return f"{args.name}-id", {**args.inputs, **answer(args.inputs, args.inputs.get("name", args.name))}

    def call(self, args: pulumi.runtime.MockCallArgs) -> dict[str, Any]:
        assert args.token == "aws:index/getCallerIdentity:getCallerIdentity"
        return {"arn": CALLER, "accountId": "123456789012", "userId": "me", "id": "123456789012"}


@dataclass(frozen=True)
class Declared:
    """One resource as the program registered it: its type, inputs and options."""

    type: str
    inputs: dict[str, Any]
    request: Any

    @property
    def dependencies(self) -> set[str]:
        """The names of the resources that it waits for."""
        return {urn.rsplit("::", 1)[1] for urn in self.request.dependencies}


@dataclass
class Program:
    """Everything that one run of the program declared, by resource name."""

    resources: dict[str, Declared] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)

    def of_type(self, prefix: str) -> dict[str, Declared]:
        return {name: resource for name, resource in self.resources.items() if resource.type.startswith(prefix)}

    def policy(self, name: str, key: str = "policy") -> list[dict[str, Any]]:
        """The statements of a policy document among a resource's inputs."""
        return json.loads(self.resources[name].inputs[key])["Statement"]


class RecordingMonitor(MockMonitor):
    """A mock monitor that keeps the requests, which alone tell a resource's options."""

    def __init__(self, mocks: Mocks, program: Program) -> None:
        super().__init__(mocks)
        self.program = program

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802  the method's name in the protocol
        response = super().RegisterResource(request)
        if request.type != "pulumi:pulumi:Stack":
            inputs = pulumi.runtime.rpc.deserialize_properties(request.object)
            assert request.name not in self.program.resources, "resource names are unique"
            self.program.resources[request.name] = Declared(request.type, inputs, request)
        return response

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802  the method's name in the protocol
        if "pulumi:pulumi:Stack" in request.urn:
            self.program.outputs = pulumi.runtime.rpc.deserialize_properties(request.outputs)
        return super().RegisterResourceOutputs(request)


@pytest.fixture(scope="session")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """What Pulumi's mocks run on."""
    made = asyncio.new_event_loop()
    yield made
    made.close()


@pytest.fixture(scope="session")
def run_program(loop: asyncio.AbstractEventLoop) -> Callable[..., Program]:
    """Runs the program with the given configuration (keys without the namespace)."""

    def run(**config: str) -> Program:
        try:
            asyncio.get_event_loop()
        except RuntimeError:  # other tests' asyncio.run leaves the thread without one
            asyncio.set_event_loop(loop)
        declared = Program()
        mocks = Mocks()
        monitor = RecordingMonitor(mocks, declared)
        pulumi.runtime.set_mocks(mocks, project="theia-sf", stack="default", monitor=monitor)
        pulumi.runtime.set_all_config(
            {"theia-sf:region": "eu-west-1"}
            | {f"theia-sf:{key.replace('_', '-')}": text for key, text in config.items()}
        )
        set_root_resource(None)  # set_mocks makes a stack of its own; run_in_stack makes the one with the outputs
        _sync_await(pulumi.runtime.run_in_stack(program))
        return declared

    return run


@pytest.fixture(scope="session")
def declared(run_program: Callable[..., Program]) -> Program:
    """The program run with nothing but a region."""
    return run_program()
