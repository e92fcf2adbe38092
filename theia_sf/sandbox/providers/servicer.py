"""Pulumi's provider protocol, once for all three providers.

See `pulumi/provider.proto`: the engine checks inputs, asks for differences, then creates, reads, updates or deletes.
Secrets and outputs are not accepted, so the engine unwraps them before and marks them again afterwards.
"""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false, reportMissingParameterType=false, reportUntypedBaseClass=false
# pyright: reportAttributeAccessIssue=false
# ruff: noqa: N802, ARG002 - the methods' names and parameters are the protocol's
# grpc and the generated protocol modules carry no usable types.

from __future__ import annotations

import importlib.metadata
import logging
import secrets
import threading
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from theia_sf.sandbox.providers.differences import difference
from theia_sf.sandbox.providers.properties import Properties, decode, encode
from theia_sf.sandbox.providers.resource import Provider, Resource, planned

logger = logging.getLogger(__name__)
T = TypeVar("T")

_KEPT_SESSIONS = 256  # connections do not say when they end; an engine has as many as its program has providers


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """The gRPC side of one provider.

    An engine opens one connection for each provider resource of its program, so a configuration belongs to the
    connection (`context.peer()`) that it came by.
    """

    def __init__(self, provider: Provider[Any]) -> None:
        self._provider = provider
        self._sessions: dict[str, Any] = {}
        self._latest: Any = None
        self._lock = threading.Lock()

    # The plugin

    def Attach(self, request: Any, context: grpc.ServicerContext) -> Any:
        """The engine says where it listens; the sandbox's providers never call it."""
        return empty_pb2.Empty()

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Plain values only: no secrets, outputs or resource references."""
        return provider_pb2.ProviderHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:
        """The version of the installed SDK: the engine warns when they differ."""
        return plugin_pb2.PluginInfo(version=importlib.metadata.version(self._provider.distribution))

    def GetSchema(self, request: Any, context: grpc.ServicerContext) -> Any:
        """A schema without content: the SDKs carry theirs."""
        version = importlib.metadata.version(self._provider.distribution)
        return provider_pb2.GetSchemaResponse(schema=f'{{"name":"{self._provider.name}","version":"{version}"}}')

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Nothing runs longer than one statement."""
        return empty_pb2.Empty()

    # The configuration

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Take the provider's inputs as they are, and say what is wrong with them."""
        failures = self._provider.check_config(decode(request.news))
        return provider_pb2.CheckResponse(inputs=request.news, failures=_failures(failures))

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        """A changed configuration never replaces the provider, hence none of its resources."""
        changed = decode(request.old_inputs) != decode(request.news)
        return provider_pb2.DiffResponse(changes=_changes(changed))

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Open a session for this connection."""
        try:
            session = self._provider.configure(decode(request.args))
        except Exception as error:
            self._abort(context, "configuring", Resource, "", error)
        with self._lock:
            self._sessions[context.peer()] = session
            while len(self._sessions) > _KEPT_SESSIONS:
                del self._sessions[next(iter(self._sessions))]
            self._latest = session
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    def Invoke(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Call a function of the provider."""
        try:
            result = self._provider.invoke(self._session(context), request.tok, decode(request.args))
        except Exception as error:
            self._abort(context, "invoking", Resource, request.tok, error)
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(encode(result))  # a keyword in Python
        return response

    # The resources

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Fill in defaults and a name, and say what is wrong with the inputs."""
        resource = self._resource(request.urn, context)
        inputs = {**resource.defaults, **decode(request.news)}
        name = resource.name_property
        if name is not None and name not in inputs:
            olds = decode(request.olds)
            inputs[name] = olds.get(name) or f"{request.urn.split('::')[-1]}-{secrets.token_hex(4)[:7]}"
        failures = resource.check(inputs)
        return provider_pb2.CheckResponse(inputs=encode(inputs), failures=_failures(failures))

    def Diff(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Which inputs changed, and whether that replaces the object."""
        resource = self._resource(request.urn, context)
        result = difference(resource, decode(request.old_inputs), decode(request.news), set(request.ignoreChanges))
        kinds = provider_pb2.PropertyDiff.Kind
        return provider_pb2.DiffResponse(
            changes=_changes(bool(result.kinds)),
            replaces=sorted(result.replaces),
            deleteBeforeReplace=result.delete_before_replace,
            diffs=sorted(result.kinds),
            detailedDiff={
                key: provider_pb2.PropertyDiff(kind=kinds.Value(kind), inputDiff=True)
                for key, kind in result.kinds.items()
            },
            hasDetailedDiff=True,
        )

    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Create the object, or in a preview say what is known of it."""
        resource = self._resource(request.urn, context)
        inputs = decode(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(properties=encode(planned(type(resource), inputs)))
        name = str(inputs.get(resource.name_property or "", ""))
        object_id = self._guarded(context, "creating", resource, name, lambda: resource.create(inputs))
        state = self._guarded(context, "reading", resource, object_id, lambda: _present(resource, object_id, inputs))
        return provider_pb2.CreateResponse(id=object_id, properties=encode(state))

    def Read(self, request: Any, context: grpc.ServicerContext) -> Any:
        """The object as it is now; an empty id says that it is gone."""
        resource = self._resource(request.urn, context)
        state, inputs = decode(request.properties), decode(request.inputs)
        live = self._guarded(context, "reading", resource, request.id, lambda: resource.read(request.id, state))
        if live is None:
            return provider_pb2.ReadResponse()
        known = inputs or {key: value for key, value in live.items() if key not in resource.computed}
        current = {key: live.get(key) if key in live else value for key, value in known.items()}
        outputs = {**state, **live, "id": request.id}
        return provider_pb2.ReadResponse(id=request.id, inputs=encode(current), properties=encode(outputs))

    def Update(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Change the object, or in a preview say what it would be."""
        resource = self._resource(request.urn, context)
        olds, inputs = decode(request.olds), decode(request.news)
        computed = {key: value for key, value in olds.items() if key in resource.computed}
        if request.preview:
            return provider_pb2.UpdateResponse(properties=encode({**computed, **inputs, "id": request.id}))
        self._guarded(context, "updating", resource, request.id, lambda: resource.update(request.id, olds, inputs))
        state = self._guarded(
            context, "reading", resource, request.id, lambda: _present(resource, request.id, {**computed, **inputs})
        )
        return provider_pb2.UpdateResponse(properties=encode(state))

    def Delete(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Delete the object."""
        resource = self._resource(request.urn, context)
        state = decode(request.properties)
        self._guarded(context, "deleting", resource, request.id, lambda: resource.delete(request.id, state))
        return empty_pb2.Empty()

    def _session(self, context: grpc.ServicerContext) -> Any:
        with self._lock:
            # A connection that gRPC had to open again has a new name: the latest configuration stands in.
            return self._sessions.get(context.peer(), self._latest)

    def _resource(self, urn: str, context: grpc.ServicerContext) -> Resource[Any]:
        token = urn.split("::")[2].rsplit("$", maxsplit=1)[-1]
        known = self._provider.resources.get(token)
        if known is None:
            context.abort(
                grpc.StatusCode.UNIMPLEMENTED,
                f"the sandbox's {self._provider.name} provider does not know the resource type {token}",
            )
        return known(self._session(context))

    def _guarded(
        self, context: grpc.ServicerContext, action: str, resource: Resource[Any], object_id: str, work: Callable[[], T]
    ) -> T:
        try:
            return work()
        except Exception as error:
            self._abort(context, action, type(resource), object_id, error)

    def _abort(
        self, context: grpc.ServicerContext, action: str, resource: Any, object_id: str, error: Exception
    ) -> NoReturn:
        message = self._provider.explain(action, resource, object_id, error)
        if message is None:
            logger.error("%s %s", action, object_id, exc_info=error)
            message = f"{action} {object_id}: internal error of the sandbox's {self._provider.name} provider: {error}"
        context.abort(grpc.StatusCode.UNKNOWN, message)
        raise AssertionError  # abort always raises


def _present(resource: Resource[Any], object_id: str, state: Properties) -> Properties:
    live = resource.read(object_id, state)
    if live is None:
        message = f"{resource.label} ({object_id}) is gone right after it was written"
        raise LookupError(message)
    return {**state, **live, "id": object_id}


def _changes(changed: bool) -> Any:
    kinds = provider_pb2.DiffResponse.DiffChanges
    return kinds.Value("DIFF_SOME" if changed else "DIFF_NONE")


def _failures(failures: list[tuple[str, str]]) -> list[Any]:
    return [provider_pb2.CheckFailure(property=name, reason=reason) for name, reason in failures]
