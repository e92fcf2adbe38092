from __future__ import annotations

from pulumi.automation import EngineEvent

from theia_sf.provision.plan import Change, plan_of
from theia_sf.provision.progress import EventReader, ResourceEvent

PIPE = "snowflake:index/pipe:Pipe"


def urn(kind: str, name: str) -> str:
    return f"urn:pulumi:default::theia-sf::{kind}::{name}"


def event(kind: str, operation: str, resource_type: str, name: str, **metadata: object) -> EngineEvent:
    step = {"op": operation, "urn": urn(resource_type, name), "type": resource_type, "provider": "", **metadata}
    return EngineEvent.from_json({"sequence": 1, "timestamp": 1, kind: {"metadata": step}})


def read(*events: EngineEvent) -> tuple[EventReader, list[ResourceEvent]]:
    seen: list[ResourceEvent] = []
    reader = EventReader(lambda found: seen.append(found) if isinstance(found, ResourceEvent) else None)
    for found in events:
        reader(found)
    return reader, seen


def test_a_plan_counts_each_resource_once_and_names_what_differs():
    reader, _ = read(
        event("resourcePreEvent", "refresh", PIPE, "pipe"),
        event("resourcePreEvent", "same", "pulumi:pulumi:Stack", "theia-sf-default"),
        event("resourcePreEvent", "same", "aws:s3/bucket:Bucket", "flows"),
        event("resourcePreEvent", "create", "aws:sqs/queue:Queue", "errors"),
        event("resourcePreEvent", "update", "aws:sns/topic:Topic", "errors", diffs=["tags"]),
        event("resourcePreEvent", "create-replacement", PIPE, "pipe", diffs=["copyStatement"]),
        event("resourcePreEvent", "replace", PIPE, "pipe", diffs=["copyStatement"], keys=["copyStatement"]),
        event("resourcePreEvent", "delete-replaced", PIPE, "pipe"),
        event("resourcePreEvent", "delete", "aws:iam/role:Role", "old"),
    )
    plan = plan_of(reader.steps, len(reader.same))
    assert (plan.create, plan.update, plan.replace, plan.delete, plan.same) == (1, 1, 1, 1, 1)
    assert plan.makes_pipe
    assert plan.changes[1] == Change(urn("aws:sns/topic:Topic", "errors"), "aws:sns/topic:Topic", "update", ["tags"])
    assert plan.as_dict()["changes"][2] == {
        "urn": urn(PIPE, "pipe"),
        "type": PIPE,
        "operation": "replace",
        "properties": ["copyStatement"],
    }
    assert plan.summary() == "1 to create, 1 to update, 1 to replace, 1 to delete; 1 as they should be"


def test_a_plan_of_nothing():
    plan = plan_of([], 34)
    assert not plan.changes
    assert not plan.makes_pipe
    assert plan.summary() == "nothing to change; 34 as they should be"


def test_progress_tells_begin_and_end_of_each_step_and_hides_the_engines_own_resources():
    role = "aws:iam/role:Role"
    _, seen = read(
        event("resourcePreEvent", "create", "pulumi:providers:aws", "aws"),
        event("resourcePreEvent", "create", role, "storage"),
        event("resOutputsEvent", "create", role, "storage"),
        event("resourcePreEvent", "delete", role, "old"),
        event("resOpFailedEvent", "delete", role, "old"),
        event("resourcePreEvent", "same", role, "kept"),
        event("resOutputsEvent", "same", role, "kept"),
    )
    assert [(found.name, found.operation, found.status) for found in seen] == [
        ("storage", "create", "started"),
        ("storage", "create", "done"),
        ("old", "delete", "started"),
        ("old", "delete", "failed"),
    ]


def test_a_component_is_no_resource():
    component = "theia-sf:index:FlowPipeline"
    begin = event("resourcePreEvent", "create", component, "pipeline", new={"type": component, "custom": False})
    end = event("resOutputsEvent", "create", component, "pipeline", new={"type": component})
    made = event("resourcePreEvent", "create", PIPE, "pipe", new={"type": PIPE, "custom": True})
    reader, seen = read(begin, end, made)
    assert [found.name for found in seen] == ["pipe"]
    assert plan_of(reader.steps, 0).create == 1


def test_what_was_begun_and_not_ended_is_known():
    reader, _ = read(
        event("resourcePreEvent", "create", "aws:iam/role:Role", "a"),
        event("resourcePreEvent", "create", "aws:iam/role:Role", "b"),
        event("resOutputsEvent", "create", "aws:iam/role:Role", "a"),
        event("resourcePreEvent", "refresh", "aws:iam/role:Role", "c"),
    )
    assert reader.unfinished() == ["b"]
