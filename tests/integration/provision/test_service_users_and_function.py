"""Service users and the scheduled function as parts of a real stack, in the sandbox: each update is a whole onboard."""

from __future__ import annotations

import base64
import hashlib
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector

from tests.integration.conftest import Sandbox
from theia_sf.errors import UsageError
from theia_sf.provision import operations, repair
from theia_sf.provision.backend import open_backend
from theia_sf.provision.outputs import PipelineOutputs
from theia_sf.provision.progress import Note, ResourceEvent
from theia_sf.provision.request import FunctionRequest, Schedule, ServiceUser, StackRequest
from theia_sf.provision.state import read_state
from theia_sf.snowflake.settings import resolve

# importing the SDK warns of every deprecated class it holds
pytestmark = pytest.mark.filterwarnings("ignore:.* has been deprecated in favor of:DeprecationWarning")

BUCKET = "theia-sf-users-and-function"
ROLE = "arn:aws:iam::123456789012:role/users-and-function"
DAILY = Schedule("drop-detection", "rate(1 day)", '{"job": "drop-detection"}')


class Stack:
    """Onboards with changes, and tells the last report."""

    def __init__(self, request: StackRequest) -> None:
        self.request = request
        self.seen: list[ResourceEvent | Note] = []

    def onboard(self, **changes: Any) -> PipelineOutputs:
        self.seen.clear()
        return operations.onboard(replace(self.request, **changes), self.seen.append)

    @property
    def report(self) -> str:
        return next(seen.text for seen in reversed(self.seen) if isinstance(seen, Note))

    @property
    def done(self) -> set[tuple[str, str]]:
        """(operation, name) of what was not merely looked at."""
        events = [seen for seen in self.seen if isinstance(seen, ResourceEvent) and seen.status == "done"]
        return {(event.operation, event.name) for event in events if event.operation != "refresh"}


@pytest.fixture
def stack(sandbox_env: Sandbox) -> Iterator[Stack]:
    s3 = sandbox_env.aws.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    made = Stack(StackRequest("users", BUCKET, "us-west-2", snowflake=resolve()))
    yield made
    operations.offboard(made.request)
    for name in ("lambda", "scheduler", "logs"):
        assert not things(sandbox_env, name), "offboard takes everything along"


def things(sandbox: Sandbox, service: str) -> list[str]:
    """The names of the stack's functions, schedules or log groups."""
    client = sandbox.aws.client(service)
    found = {
        "lambda": lambda: [one["FunctionName"] for one in client.list_functions()["Functions"]],
        "scheduler": lambda: [one["Name"] for one in client.list_schedules()["Schedules"]],
        "logs": lambda: [one["logGroupName"] for one in client.describe_log_groups()["logGroups"]],
    }[service]()
    return [name for name in found if "antrea-sf-" in name]


def query(sandbox: Sandbox, sql: str) -> list[tuple[Any, ...]]:
    with snowflake.connector.connect(**sandbox.snowflake) as connection:
        return list(connection.cursor().execute(sql).fetchall())  # type: ignore[union-attr]


def archive(path: Path, text: str) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(zipfile.ZipInfo("theia_sf/scheduled/__init__.py", (1980, 1, 1, 0, 0, 0)), text)
    return path


def test_users_and_a_function_come_stay_change_and_go(stack: Stack, sandbox_env: Sandbox, tmp_path: Path) -> None:
    user = ServiceUser("INTEGRATION_GRAFANA", role_arn=ROLE)
    code, layer = archive(tmp_path / "function.zip", "one"), archive(tmp_path / "layer.zip", "x")
    function = FunctionRequest(code, layer, "arm64", (DAILY,), 30, "python3.13", 512)
    with pytest.raises(UsageError, match="was not onboarded yet"):
        stack.onboard(function=function)

    # A user, a tag, and then the function: the first two are remembered.
    reader = stack.onboard(service_users=(user,), tags={"team": "net"}).reader_role_name
    assert [row[1] for row in query(sandbox_env, "SHOW GRANTS TO USER INTEGRATION_GRAFANA")] == [reader]
    outputs = stack.onboard(function=function)
    assert {operation for operation, _ in stack.done} == {"create"}
    assert {"function", "function-layer", "function-log", "function-user"} <= {name for _, name in stack.done}
    _, options = operations.read_stack(stack.request)
    assert (options.tags, options.service_users) == ({"team": "net"}, (user,))
    live = sandbox_env.aws.client("lambda").get_function(FunctionName=outputs.function_name)["Configuration"]
    digest = hashlib.sha256(function.function_zip.read_bytes()).digest()
    assert live["CodeSha256"] == base64.b64encode(digest).decode()
    assert live["Environment"]["Variables"]["SNOWFLAKE_PORT"] == str(sandbox_env.ports.snowflake)
    _identifiers_follow_from_inputs(stack.request)

    # Without the code at hand the function stays, and is restored from the bucket where it was deleted by hand.
    archive(function.function_zip, "two")
    sandbox_env.aws.client("lambda").delete_function(FunctionName=outputs.function_name)
    query(sandbox_env, "DROP USER INTEGRATION_GRAFANA")
    stack.onboard()
    user_parts = {"service-user-INTEGRATION_GRAFANA", "service-user-INTEGRATION_GRAFANA-role"}
    created = {"function", "function-no-repetition", *user_parts}
    assert stack.done == {("create", name) for name in created}

    # Other code updates the function, and the older code goes; the user is removed.
    stack.onboard(function=function, removed_service_users=(user.name,))
    assert {("update", "function"), ("delete", "service-user-INTEGRATION_GRAFANA")} <= stack.done
    assert ("replace", "function-layer") not in stack.done
    kept = sandbox_env.aws.client("s3").list_objects_v2(Bucket=outputs.bucket_name, Prefix="lambda/")["Contents"]
    _, options = operations.read_stack(stack.request)
    assert options.function is not None
    assert {item["Key"] for item in kept} == {options.function.code_key, options.function.layer_key}
    assert query(sandbox_env, "SHOW USERS LIKE 'INTEGRATION_GRAFANA'") == []

    assert operations.plan(stack.request).changes == []


def _identifiers_follow_from_inputs(request: StackRequest) -> None:
    """What a killed engine leaves half-made is found again by these."""
    state = read_state(open_backend(request))
    assert state is not None
    seen: set[str] = set()
    for found in state.resources:
        identify = repair.IDS.get(found["type"])
        if identify is not None:
            assert identify(found["inputs"], "arn:aws:iam::123456789012:") == found["id"]
            seen.add(found["type"])
    assert {"aws:lambda/function:Function", "aws:scheduler/schedule:Schedule", repair.SERVICE_USER} <= seen
    assert "PRIVATE KEY" not in json.dumps(state.resources)
