"""The provider protocol, as an engine speaks it over gRPC."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from theia_sf.sandbox.providers.properties import UNKNOWN, decode, encode
from theia_sf.sandbox.providers.random import RandomProvider
from theia_sf.sandbox.providers.server import HOST, ProviderServer

URN = "urn:pulumi:default::theia-sf::theia-sf:index:FlowPipeline$random:index/randomString:RandomString::suffix"
OTHER = "urn:pulumi:default::theia-sf::random:index/randomPet:RandomPet::pet"


@pytest.fixture
def provider() -> Iterator[Any]:
    server = ProviderServer(RandomProvider())
    port = server.start()
    with grpc.insecure_channel(f"{HOST}:{port}") as channel:
        stub: Any = provider_pb2_grpc.ResourceProviderStub(channel)
        stub.Configure(provider_pb2.ConfigureRequest())
        yield stub
    server.stop()


def test_the_version_is_the_installed_sdks(provider: Any) -> None:
    assert provider.GetPluginInfo(empty_pb2.Empty()).version == importlib.metadata.version("pulumi-random")


def test_a_resource_from_check_to_delete(provider: Any) -> None:
    checked = provider.Check(provider_pb2.CheckRequest(urn=URN, news=encode({"length": 8, "special": False})))
    inputs = decode(checked.inputs)
    assert inputs["upper"] is True
    assert not checked.failures

    preview = provider.Create(provider_pb2.CreateRequest(urn=URN, properties=checked.inputs, preview=True))
    assert decode(preview.properties)["result"] is UNKNOWN

    created = provider.Create(provider_pb2.CreateRequest(urn=URN, properties=checked.inputs))
    outputs = decode(created.properties)
    assert outputs["result"] == outputs["id"] == created.id
    assert len(created.id) == 8

    same = provider.Diff(
        provider_pb2.DiffRequest(id=created.id, urn=URN, old_inputs=checked.inputs, news=checked.inputs)
    )
    assert same.changes == provider_pb2.DiffResponse.DIFF_NONE
    longer = encode({**inputs, "length": 9})
    diff = provider.Diff(provider_pb2.DiffRequest(id=created.id, urn=URN, old_inputs=checked.inputs, news=longer))
    assert list(diff.replaces) == ["length"]
    assert diff.detailedDiff["length"].kind == provider_pb2.PropertyDiff.UPDATE_REPLACE

    read = provider.Read(
        provider_pb2.ReadRequest(id=created.id, urn=URN, properties=created.properties, inputs=checked.inputs)
    )
    assert (decode(read.inputs), decode(read.properties)) == (inputs, outputs)
    provider.Delete(provider_pb2.DeleteRequest(id=created.id, urn=URN, properties=created.properties))


def test_bad_inputs_are_failures_and_not_errors(provider: Any) -> None:
    checked = provider.Check(provider_pb2.CheckRequest(urn=URN, news=encode({"length": 0})))
    assert [failure.property for failure in checked.failures] == ["length"]


def test_other_resource_types_and_functions_are_refused_by_name(provider: Any) -> None:
    with pytest.raises(grpc.RpcError) as error:
        provider.Check(provider_pb2.CheckRequest(urn=OTHER))
    refused: Any = error.value
    assert refused.code() == grpc.StatusCode.UNIMPLEMENTED
    assert "random:index/randomPet:RandomPet" in refused.details()
    with pytest.raises(grpc.RpcError) as error:
        provider.Invoke(provider_pb2.InvokeRequest(tok="random:index/getDice:getDice"))
    refused = error.value
    assert refused.details() == "the sandbox's random provider has no function random:index/getDice:getDice"


def test_a_port_in_use_is_an_error(provider: Any) -> None:
    first = ProviderServer(RandomProvider())
    port = first.start()
    with pytest.raises(RuntimeError, match="bind"):
        ProviderServer(RandomProvider(), port).start()
    first.stop()
