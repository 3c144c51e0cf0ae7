"""The resource monitor in memory: records each registration and answers it.

Pulumi's own mock monitor drops what the request says beyond the inputs (dependencies, options,
hooks), and has no way to leave an output unknown; so the requests are read here.
"""

from collections.abc import Mapping
from dataclasses import replace
from graphlib import TopologicalSorter
from typing import Any

from google.protobuf import (  # type: ignore[import-untyped]  # ships no types
    empty_pb2,
    struct_pb2,
)
from pulumi.output import Unknown
from pulumi.runtime import mocks, rpc
from pulumi.runtime.proto import resource_pb2

from .answers import Answer, answer, outputs_of
from .deployment import UNKNOWN, Resource

_STACK = "pulumi:pulumi:Stack"


class Monitor(mocks.MockMonitor):
    """Answers as a deployment (``known``) or as a first preview does; one method an RPC."""

    def __init__(self, *, known: bool, invokes: Mapping[str, Answer]) -> None:
        super().__init__(_NoMocks())
        self.recorded: dict[str, Resource] = {}
        """By URN."""
        self._known = known
        self._invokes = invokes
        self._component_outputs: dict[str, dict[str, Any]] = {}

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802, D102
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == _STACK:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        if urn in self.recorded:
            raise ValueError(
                f"two resources are {request.type} named {request.name!r} under the same parent. "
                "Pulumi would refuse the second: name it differently."
            )
        inputs, secrets = read(request.object)
        id_: Any = None
        properties = struct_pb2.Struct()
        if request.custom:
            id_ = (request.importId or f"{request.name}-id") if self._known else UNKNOWN
            properties.CopyFrom(request.object)
        # A component of another language (eks.Cluster) has no id, but outputs like a resource.
        if (request.custom or request.remote) and self._known:
            properties.update(outputs_of(request.type, request.name, inputs))
        self._record(request, urn, id_, inputs, secrets, properties)
        return resource_pb2.RegisterResourceResponse(
            urn=urn, id=id_ if isinstance(id_, str) else "", object=properties
        )

    def ReadResource(self, request: Any) -> Any:  # noqa: N802, D102
        # A preview reads what exists, so the answer is known there as well.
        urn = self.make_urn(request.parent, request.type, request.name)
        inputs, secrets = read(request.properties)
        properties = struct_pb2.Struct()
        properties.CopyFrom(request.properties)
        properties.update(outputs_of(request.type, request.name, inputs))
        self._record(request, urn, request.id, inputs, secrets, properties)
        return resource_pb2.ReadResourceResponse(urn=urn, properties=properties, id=request.id)

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802, D102
        self._component_outputs[request.urn] = read(request.outputs)[0]
        return empty_pb2.Empty()

    def Invoke(self, request: Any) -> Any:  # noqa: N802, D102
        if request.tok == "pulumi:pulumi:getResource":
            return super().Invoke(request)  # type: ignore[no-untyped-call]  # the SDK's
        result = struct_pb2.Struct()
        result.update(answer(request.tok, read(request.args)[0], self._invokes))
        fields: dict[str, Any] = {"return": result}  # a keyword of Python
        return resource_pb2.ResourceInvokeResponse(**fields)

    def resources_recorded(self) -> tuple[Resource, ...]:
        """Every resource, components with the outputs that they registered.

        What a resource needs comes before it, otherwise the URN decides: when a registration
        arrives depends on threads, and tests compare lists.
        """
        order: list[str] = []
        needs = TopologicalSorter(
            {
                urn: {item for item in (*resource.depends_on, resource.parent) if item != urn}
                for urn, resource in self.recorded.items()
            }
        )
        needs.prepare()
        while needs.is_active():
            ready = sorted(needs.get_ready())
            order += ready
            needs.done(*ready)
        return tuple(
            _with_outputs(self.recorded[urn], self._component_outputs.get(urn))
            for urn in order
            if urn in self.recorded
        )

    def _record(
        self,
        request: Any,
        urn: str,
        id_: Any,
        inputs: dict[str, Any],
        secrets: frozenset[str],
        properties: struct_pb2.Struct,
    ) -> None:
        outputs = read(properties)[0]
        self.resources[urn] = mocks.MockMonitor.ResourceRegistration(
            urn, id_ if isinstance(id_, str) else "", outputs
        )
        read_only = isinstance(request, resource_pb2.ReadResourceRequest)
        options = {} if read_only else _options(request)
        self.recorded[urn] = Resource(
            urn=urn,
            type=request.type,
            name=request.name,
            id=id_,
            inputs=inputs,
            outputs=outputs,
            custom=read_only or request.custom,
            parent=request.parent,
            secrets=secrets,
            depends_on=tuple(request.dependencies),
            provider=request.provider,
            additional_secret_outputs=tuple(request.additionalSecretOutputs),
            **options,
        )


class _NoMocks(mocks.Mocks):
    """Pulumi's monitor wants one; every method that would ask it is overridden."""

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], None]:
        raise NotImplementedError(args.token)

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        raise NotImplementedError(args.typ)


def read(properties: struct_pb2.Struct) -> tuple[dict[str, Any], frozenset[str]]:
    """Plain data of the wire's properties, and the names of those that hold a secret."""
    values = rpc.deserialize_properties(properties, keep_unknowns=True)
    secrets = frozenset(key for key, value in values.items() if rpc.is_rpc_secret(value))
    return {key: plain(value) for key, value in values.items()}, secrets


def plain(value: Any) -> Any:
    """``value`` without wrappers: secrets unwrapped, whole floats as ints, unknowns marked."""
    if rpc.is_rpc_secret(value):
        return plain(rpc.unwrap_rpc_secret(value))
    if isinstance(value, Unknown):
        return UNKNOWN
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def _options(request: Any) -> dict[str, Any]:
    timeouts, hooks = request.customTimeouts, request.hooks
    return {
        "ignore_changes": tuple(request.ignoreChanges),
        "replace_on_changes": tuple(request.replaceOnChanges),
        "delete_before_replace": request.deleteBeforeReplace
        if request.deleteBeforeReplaceDefined
        else None,
        "protect": request.protect,
        "retain_on_delete": request.retainOnDelete,
        "import_id": request.importId,
        "aliases": tuple(request.aliasURNs)
        + tuple(alias.urn or alias.spec.name or alias.spec.type for alias in request.aliases),
        "timeouts": {
            verb: getattr(timeouts, verb)
            for verb in ("create", "update", "delete", "read")
            if getattr(timeouts, verb)
        },
        "hooks": {field.name: tuple(names) for field, names in hooks.ListFields()},
    }


def _with_outputs(resource: Resource, outputs: dict[str, Any] | None) -> Resource:
    return resource if outputs is None else replace(resource, outputs=outputs)
