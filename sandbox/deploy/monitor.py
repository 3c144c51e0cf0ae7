"""The resource monitor that Pulumi's SDK talks to while the program runs.

Translates registrations, reads and invokes from the SDK's wire into the engine's terms
and back; resource options that have no meaning here are refused, not dropped.
"""

from collections.abc import Set as AbstractSet
from typing import Any

from google.protobuf import empty_pb2, struct_pb2  # type: ignore[import-untyped]  # no stubs
from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.proto import resource_pb2

from .engine import Engine
from .events import DeployError
from .operations import Registration

STACK = "pulumi:pulumi:Stack"
_HOOK_BINDINGS = (
    "before_create",
    "after_create",
    "before_update",
    "after_update",
    "before_delete",
    "after_delete",
    "on_error",
)
_REFUSED = {
    "importId": "import_",
    "transforms": "transforms",
    "state_migrations": "state_migrations",
    "replace_with": "replace_with",
}


class Monitor(MockMonitor):
    """Serves the registrations of one program; methods run in the SDK's worker threads."""

    def __init__(self, engine: Engine, project: str, stack: str) -> None:
        # Not the mocks of the parent class: every method that would use them is overridden.
        self._engine = engine
        self._project = project
        self._stack = stack
        self._former: dict[str, list[str]] = {}

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """The URN as the official engine makes it: with all the component types above."""
        return self._urn(self._project, self._stack, parent, type_, name)

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        """Serve ``X(name, ...)``."""
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == STACK:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        hooks = {moment: list(getattr(request.hooks, moment)) for moment in _HOOK_BINDINGS}
        for wire, option in _REFUSED.items():
            if getattr(request, wire):
                self._refuse(request, f"the resource option '{option}'")
        self._former[urn] = self._former_urns(request)
        if not request.custom and not request.remote:
            if any(hooks.values()):
                self._refuse(request, "hooks on a component (bind them to the resource)")
            self._engine.claim(urn, request.type, request.name)
            return resource_pb2.RegisterResourceResponse(urn=urn)

        wire_inputs = rpc.deserialize_properties(request.object)
        secrets = frozenset(key for key, value in wire_inputs.items() if rpc.is_rpc_secret(value))
        inputs = {key: rpc.unwrap_rpc_secret(value) for key, value in wire_inputs.items()}
        explicit = request.deleteBeforeReplaceDefined
        outputs = self._engine.register(
            Registration(
                urn,
                request.type,
                request.name,
                inputs,
                secrets,
                dependencies=list(request.dependencies),
                property_dependencies={
                    key: list(value.urns) for key, value in request.propertyDependencies.items()
                },
                ignore_changes=list(request.ignoreChanges),
                replace_on_changes=list(request.replaceOnChanges),
                delete_before_replace=request.deleteBeforeReplace if explicit else None,
                protect=request.protect,
                retain=request.retainOnDelete,
                deleted_with=request.deletedWith,
                provider=request.provider,
                hooks={moment: names for moment, names in hooks.items() if names},
                former_urns=self._former[urn],
            )
        )
        id_ = outputs.pop("id")
        # What is left out here resolves to the input as it was given, secret or not.
        additional = set(request.additionalSecretOutputs)
        outputs = {key: inputs[key] for key in additional & inputs.keys()} | outputs
        return resource_pb2.RegisterResourceResponse(
            urn=urn, id=id_, object=_struct(outputs, secrets | additional)
        )

    def ReadResource(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        """Serve ``X.get(name, id)``."""
        urn = self.make_urn(request.parent, request.type, request.name)
        outputs = self._engine.read(urn, request.type, request.name, request.id, request.provider)
        return resource_pb2.ReadResourceResponse(
            urn=urn, properties=_struct(outputs, set(request.additionalSecretOutputs))
        )

    def Invoke(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        """Serve ``aws.get_x(...)``."""
        answer = self._engine.invoke(request.tok, rpc.deserialize_properties(request.args))
        fields: dict[str, Any] = {"return": _struct(answer, set())}
        return resource_pb2.ResourceInvokeResponse(**fields)

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        """Keep the program's exports: they are the outputs of the stack itself."""
        if request.urn.split("::")[2] == STACK:
            outputs = rpc.deserialize_properties(request.outputs)
            self._engine.secret_exports = frozenset(
                key for key, value in outputs.items() if rpc.is_rpc_secret(value)
            )
            self._engine.exports = {
                key: _whole(rpc.unwrap_rpc_secret(value)) for key, value in outputs.items()
            }
        return empty_pb2.Empty()

    def RegisterResourceHook(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        """Keep a hook under its name."""
        self._engine.hooks.define(request)
        return empty_pb2.Empty()

    RegisterErrorHook = RegisterResourceHook

    def RegisterStackTransform(self, request: Any) -> Any:  # noqa: ARG002, N802 - the protocol's
        """Refuse: nothing here runs transforms."""
        raise DeployError("the sandbox does not serve stack transforms")

    def ExistsResource(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        """Refuse: providers cannot tell."""
        raise DeployError(f"{request.type}: the sandbox does not serve exists()")

    RegisterStackInvokeTransform = RegisterStackTransform

    def GetDeploymentInfo(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        """As the mocks do, without resource references: providers want ids."""
        info: Any = super().GetDeploymentInfo(request)  # type: ignore[no-untyped-call]
        info.supportedFeatures.remove(resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES)
        return info

    def _refuse(self, request: Any, what: str) -> None:
        raise DeployError(
            f"{request.type} '{request.name}': the sandbox does not serve {what}. Leave it out."
        )

    def _urn(self, project: str, stack: str, parent: str, type_: str, name: str) -> str:
        above = parent.split("::")[2] if parent else ""
        kind = type_ if above in ("", STACK) else f"{above}${type_}"
        return f"urn:pulumi:{stack}::{project}::{kind}::{name}"

    def _former_urns(self, request: Any) -> list[str]:
        """URNs that this resource may have had: its aliases, and those of its parents."""
        former: list[str] = []
        parents = [request.parent, *self._former.get(request.parent, [])]
        now = request.parent.split("::")[-1]
        for parent in parents[1:]:
            # A child that is named after its parent was named after the former name.
            before, name = parent.split("::")[-1], request.name
            if name.startswith(now):
                name = before + name.removeprefix(now)
            former.append(self.make_urn(parent, request.type, name))
        for alias in request.aliases:
            if alias.HasField("urn"):
                former.append(alias.urn)
                continue
            spec = alias.spec
            given = "" if spec.noParent else spec.parentUrn
            for parent in [given] if given or spec.noParent else parents:
                project, stack = spec.project or self._project, spec.stack or self._stack
                kind, name = spec.type or request.type, spec.name or request.name
                former.append(self._urn(project, stack, parent, kind, name))
        return former


def _struct(values: dict[str, Any], hidden: AbstractSet[str]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(
        {key: rpc.wrap_rpc_secret(val) if key in hidden else val for key, val in values.items()}
    )
    return struct


def _whole(value: Any) -> Any:
    """Numbers as people write them: every number on the wire is a float."""
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
