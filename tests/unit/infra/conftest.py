"""The Pulumi program run against mocks: what it declares, without an engine, a provider or an account."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
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
    _imported = (aws.iam.Role, aws.s3.Bucket, aws.sns.Topic, aws.sqs.Queue)

SUFFIX = "abcdefgh01234567"
ROLE_MADE = "2026-01-02 03:04:05.000 +0000 UTC"
CALLER = "arn:aws:sts::123456789012:assumed-role/admin/me"


class Mocks(pulumi.runtime.Mocks):
    """Answers as the providers would, for the outputs that the program reads."""

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        outputs = dict(args.inputs)
        name = outputs.get("name", args.name)
        match args.typ:
            case "random:index/randomString:RandomString":
                outputs["result"] = SUFFIX
            case "aws:s3/bucket:Bucket":
                outputs |= {"arn": f"arn:aws:s3:::{args.inputs['bucket']}", "region": "eu-west-1"}
            case "aws:sns/topic:Topic":
                outputs["arn"] = f"arn:aws:sns:eu-west-1:123456789012:{name}"
            case "aws:sqs/queue:Queue":
                outputs["arn"] = f"arn:aws:sqs:eu-west-1:123456789012:{name}"
                outputs["url"] = f"https://sqs.eu-west-1.amazonaws.com/123456789012/{name}"
            case "aws:iam/role:Role" | "aws:iam/policy:Policy":
                outputs["arn"] = f"arn:aws:iam::123456789012:{args.typ.rsplit(':', 1)[1].lower()}/{name}"
            case "snowflake:index/storageIntegrationAws:StorageIntegrationAws":
                identity = {"iamUserArn": "arn:aws:iam::999999999999:user/storage", "externalId": "STORAGE_ID"}
                outputs["describeOutputs"] = [identity]
            case "snowflake:index/notificationIntegration:NotificationIntegration":
                outputs["awsSnsIamUserArn"] = "arn:aws:iam::999999999999:user/errors"
                outputs["awsSnsExternalId"] = "ERRORS_ID"
            case "snowflake:index/schema:Schema":
                outputs["fullyQualifiedName"] = f'"{args.inputs["database"]}"."{name}"'
            case "snowflake:index/accountRole:AccountRole":
                outputs["showOutputs"] = [{"name": name, "createdOn": ROLE_MADE}]
            case "snowflake:index/pipe:Pipe":
                outputs["notificationChannel"] = "arn:aws:sqs:eu-west-1:999999999999:sf-snowpipe"
            case _:
                pass
        return f"{args.name}-id", outputs

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
def run_program() -> Callable[..., Program]:
    """Runs the program with the given configuration (keys without the namespace)."""

    def run(**config: str) -> Program:
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
