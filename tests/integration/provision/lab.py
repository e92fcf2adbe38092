"""A Pulumi provider for tests: its cloud is a folder, its objects are JSON files, and it can be slow or refuse.

The engine attaches to it through PULUMI_DEBUG_PROVIDERS=lab:PORT, exactly as it does to the sandbox's providers.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownParameterType=false
# pyright: reportMissingParameterType=false, reportUnknownArgumentType=false
# ruff: noqa: N802  the names are gRPC's
from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pulumi
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

TYPE = "lab:index:Thing"


def _plain(struct: struct_pb2.Struct) -> dict[str, Any]:
    return json_format.MessageToDict(struct)


def _struct(values: dict[str, Any]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(values)
    return struct


class Lab(provider_pb2_grpc.ResourceProviderServicer):
    """CRUD of `lab:index:Thing`: inputs name, text, hold (until NAME.go is there), refuse (a message)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def Attach(self, request, context):
        return empty_pb2.Empty()

    def Handshake(self, request, context):
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=False, accept_resources=False)

    def GetPluginInfo(self, request, context):
        return plugin_pb2.PluginInfo(version="1.0.0")

    def CheckConfig(self, request, context):
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request, context):
        return provider_pb2.DiffResponse()

    def Configure(self, request, context):
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    def Check(self, request, context):
        return provider_pb2.CheckResponse(inputs=request.news)

    def Diff(self, request, context):
        old, new = _plain(request.old_inputs), _plain(request.news)
        changed = sorted(k for k in {*old, *new} if old.get(k) != new.get(k) and k in {"name", "text"})
        kind = provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE
        replaces = [k for k in changed if k == "name"]
        return provider_pb2.DiffResponse(changes=kind, diffs=changed, replaces=replaces)

    def Create(self, request, context):
        inputs = _plain(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(id="", properties=request.properties)
        if inputs.get("refuse"):
            context.abort(grpc.StatusCode.UNKNOWN, str(inputs["refuse"]))
        path = self.folder / f"{inputs['name']}.json"
        if path.exists():
            context.abort(grpc.StatusCode.ALREADY_EXISTS, f"Thing {inputs['name']} already exists")
        (self.folder / f"{inputs['name']}.begun").touch()
        while inputs.get("hold") and not (self.folder / f"{inputs['name']}.go").exists():
            time.sleep(0.02)
        path.write_text(json.dumps(inputs))
        return provider_pb2.CreateResponse(id=str(inputs["name"]), properties=request.properties)

    def Read(self, request, context):
        path = self.folder / f"{request.id}.json"
        if not path.exists():
            return provider_pb2.ReadResponse(id="")
        found = _struct(json.loads(path.read_text()))
        return provider_pb2.ReadResponse(id=request.id, properties=found, inputs=found)

    def Update(self, request, context):
        (self.folder / f"{request.id}.json").write_text(json.dumps(_plain(request.news)))
        return provider_pb2.UpdateResponse(properties=request.news)

    def Delete(self, request, context):
        (self.folder / f"{request.id}.json").unlink(missing_ok=True)
        return empty_pb2.Empty()

    def Cancel(self, request, context):
        return empty_pb2.Empty()


@contextmanager
def serve(folder: Path) -> Iterator[int]:
    """Runs the provider in this process; yields its port."""
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Lab(folder), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port
    finally:
        server.stop(0).wait()


class Thing(pulumi.CustomResource):
    """One object of the lab."""

    text: pulumi.Output[str]

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None, **inputs: Any) -> None:
        super().__init__(TYPE, name, {"name": name, "text": "", **inputs}, opts)


def program() -> None:
    """The things that $LAB_THINGS (JSON: name to inputs) asks for, one after the other, and a pipeline's outputs."""
    last: list[Thing] = []
    for name, inputs in json.loads(os.environ.get("LAB_THINGS", "{}")).items():
        last = [Thing(name, pulumi.ResourceOptions(depends_on=last), **inputs)]
    if last:
        pulumi.export("text", last[0].text.apply(str.upper))
    config = pulumi.Config("theia-sf")
    pulumi.export("region", config.require("region"))
    for output in ("bucket_name", "bucket_flows_folder", "database_name", "schema_name", "flows_table_name"):
        pulumi.export(output, output.upper())
    pulumi.export("sns_topic_arn", "arn:aws:sns:us-west-2:123456789012:x")
    pulumi.export("sqs_queue_arn", "arn:aws:sqs:us-west-2:123456789012:x")
    pulumi.export("a_secret", pulumi.Output.secret("the-secret-of-the-lab"))
