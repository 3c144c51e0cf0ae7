"""The stack's configuration, typed and checked before anything is registered.

`Pulumi.yaml` declares the same keys for `pulumi config`; a test keeps the two in step.
What only a component can judge (CPU and memory pairs, address ranges) it judges itself.
"""

import json
import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Literal, Self

import pulumi
import pydantic
import yaml
from pulumi.runtime import config as runtime_config
from pydantic.alias_generators import to_camel

from components import (
    ContainerImage,
    ContainerImageArgs,
    DataProcessingWorkflowArgs,
    EksWebAppArgs,
    FargateWebServiceArgs,
    MultiTriggerFunctionArgs,
    Network,
    NetworkArgs,
    ObservabilityArgs,
    OrderWorkflow,
    OrderWorkflowArgs,
    PythonLayerArgs,
    WebApp,
)

PROJECT = "slipway"


class Settings(pydantic.BaseModel):
    """One field a key of `Pulumi.<stack>.yaml` (camelCase there); `Pulumi.yaml` says what it is."""

    model_config = pydantic.ConfigDict(
        extra="forbid", alias_generator=to_camel, populate_by_name=True, frozen=True
    )

    app_version: str = "1.0"
    architecture: Literal["arm64", "x86_64"] = "arm64"
    runtime: str = "python3.13"
    base_image: str = ""
    vpc_cidr: str = "10.0.0.0/16"
    zones: int = pydantic.Field(default=2, ge=2, le=6)
    nat: Literal["none", "single", "per_zone"] = "none"
    storefront_cpu: int = 256
    storefront_memory: int = 512
    storefront_port: int = pydantic.Field(default=5000, ge=1, le=65535)
    storefront_replicas: int = pydantic.Field(default=2, ge=0)
    health_grace_seconds: int = pydantic.Field(default=60, ge=0)
    scaling: bool = False
    scaling_min: int = pydantic.Field(default=2, ge=0)
    scaling_max: int = pydantic.Field(default=10, ge=1)
    spot_percent: int = pydantic.Field(default=0, ge=0, le=100)
    container_insights: Literal["off", "on", "enhanced"] = "off"
    read_only_root: bool = True
    exec: bool = False
    domain: str = ""
    zone_id: str = ""
    certificate_arn: str = ""
    log_retention_days: int = 30
    debug: bool = False
    api_requests_per_second: int = pydantic.Field(default=50, ge=1)
    api_access_logs: bool = False
    approval_above: int = pydantic.Field(default=1000, ge=0)
    protect_data: bool = False
    kubernetes: bool = False
    kubernetes_version: str = "1.35"
    kubernetes_replicas: int = pydantic.Field(default=3, ge=1)
    kubernetes_admins: list[str] = pydantic.Field(default_factory=list)
    node_instance_type: str = ""
    observability: bool = True
    alarm_emails: list[str] = pydantic.Field(default_factory=list)
    alarm_https: list[str] = pydantic.Field(default_factory=list)
    alarm_overrides: list[str] = pydantic.Field(default_factory=list)
    slack_workspace_id: str = ""
    slack_channel_id: str = ""
    deployments: list[str] = pydantic.Field(default_factory=list)

    @pydantic.model_validator(mode="after")
    def _belongs_together(self) -> Self:
        if self.scaling_min > self.scaling_max:
            raise ValueError(
                f"scalingMin ({self.scaling_min}) is above scalingMax ({self.scaling_max}); "
                "lower the one or raise the other"
            )
        if self.certificate_arn and not self.domain:
            raise ValueError(
                "certificateArn is set without domain: a certificate serves a host name; "
                "set domain and zoneId as well, or remove certificateArn"
            )
        if self.domain and not self.zone_id:
            raise ValueError(
                "domain is set without zoneId: the alias record needs its Route 53 hosted zone; "
                "set zoneId, or remove domain"
            )
        for text in self.alarm_overrides:
            if not re.fullmatch(r"[^.=]+\.[a-z_]+=.+", text):
                raise ValueError(
                    f"alarmOverrides has {text!r}; write alarm.number=value, such as "
                    "events/duration.threshold=5000"
                )
        for text in self.deployments:
            if not re.fullmatch(r"\S+ .+", text):
                raise ValueError(
                    f"deployments has {text!r}; write a moment and a label, such as "
                    "2026-11-21T10:00:00Z 1.4.0"
                )
        if bool(self.slack_workspace_id) != bool(self.slack_channel_id):
            raise ValueError(
                "slackWorkspaceId and slackChannelId belong together: a channel is known by both; "
                "set both, or neither"
            )
        return self

    @classmethod
    def load(cls) -> Self:
        """The current stack's settings.

        Raises:
            ValueError: a key is unknown or its value is not allowed; the message names the
                stack file, each key, the value and what is allowed.
        """
        return cls.parse(_configured(), f"Pulumi.{pulumi.get_stack()}.yaml")

    @classmethod
    def parse(cls, values: Mapping[str, Any], source: str) -> Self:
        """Settings from the values of `source`, keyed as there but without the project's name."""
        try:
            return cls.model_validate(dict(values))
        except pydantic.ValidationError as error:
            raise ValueError(
                "\n".join(f"{source}: {cls._explain(problem)}" for problem in error.errors())
            ) from None

    def network(self) -> NetworkArgs:
        """The VPC as this stack wants it."""
        return {"cidr": self.vpc_cidr, "zone_count": self.zones, "nat": self.nat}

    def image(self, context: str) -> ContainerImageArgs:
        """The image that is built from the folder ``context``."""
        return {
            "context": context,
            "architecture": self.architecture,
            "build_args": {"PYTHON_IMAGE": self.base_image} if self.base_image else {},
            "force_delete": not self.protect_data,
        }

    def storefront(self, image: pulumi.Input[str], orders: OrderWorkflow) -> WebApp:
        """The storefront as this stack wants it, whatever it runs on, with ``orders`` behind it."""
        app = WebApp(
            image=image,
            port=self.storefront_port,
            cpu=self.storefront_cpu,
            memory=self.storefront_memory,
            architecture=self.architecture,
            replicas=self.storefront_replicas,
            environment={
                "APP_VERSION": self.app_version,
                "PORT": str(self.storefront_port),
                "ORDERS_TABLE": orders.orders_table_name,
                "ORDER_WORKFLOW_ARN": orders.alias_arn,
            },
            permissions=orders.place_policy(),
            health={"grace_seconds": self.health_grace_seconds},
            read_only_root=self.read_only_root,
            exec=self.exec,
        )
        if self.scaling:
            app["scaling"] = {"min": self.scaling_min, "max": self.scaling_max}
        if self.domain:
            app["domain"] = {"name": self.domain, "zone_id": self.zone_id}
            if self.certificate_arn:
                app["domain"]["certificate_arn"] = self.certificate_arn
        return app

    def fargate(
        self, app: WebApp, image: ContainerImage, network: Network
    ) -> FargateWebServiceArgs:
        """``app`` on Fargate; its tasks may pull ``image``."""
        return {
            "app": app,
            "network": network.placement,
            "execution_permissions": image.pull_policy(),
            "container_insights": self.container_insights,
            "spot_percent": self.spot_percent,
            "log_retention_days": self.log_retention_days,
            "deletion_protection": self.protect_data,
            "json_logs": True,
        }

    def eks(self, app: WebApp, network: Network) -> EksWebAppArgs:
        """``app`` on Kubernetes, where scaling costs nothing and is always on."""
        scaled: WebApp = {
            **app,
            "replicas": self.kubernetes_replicas,
            "scaling": {"min": self.scaling_min, "max": self.scaling_max, "memory_percent": 80},
        }
        scaled.pop("domain", None)  # the name is the Fargate service's
        args: EksWebAppArgs = {
            "app": scaled,
            "network": network.placement,
            "kubernetes_version": self.kubernetes_version,
            "admins": self.kubernetes_admins,
            "require_digest": True,
            "readiness_path": "/ready",
            "log_retention_days": self.log_retention_days,
            "deletion_protection": self.protect_data,
        }
        if self.node_instance_type:
            args["nodes"] = {"instance_type": self.node_instance_type}
        return args

    def function(self, code: str) -> MultiTriggerFunctionArgs:
        """What this stack's functions have in common; ``code`` is the folder of the handler."""
        return {
            "code": code,
            "runtime": self.runtime,
            "architecture": self.architecture,
            "log_retention_days": self.log_retention_days,
            "force_delete": not self.protect_data,
        }

    def report(self, external_url: pulumi.Input[str]) -> dict[str, pulumi.Input[str]]:
        """Environment of the report function; ``external_url`` is what it looks up."""
        return {
            "ENVIRONMENT": pulumi.get_stack(),
            "DEBUG": str(self.debug).lower(),
            "EXTERNAL_URL": external_url,
        }

    def layer(self, requirements: str) -> PythonLayerArgs:
        """A layer for this stack's functions; ``requirements`` is a file of pinned packages."""
        return {
            "requirements": requirements,
            "runtime": self.runtime,
            "architecture": self.architecture,
        }

    def orders(self) -> OrderWorkflowArgs:
        """The order workflow as this stack wants it."""
        return {
            "runtime": self.runtime,
            "architecture": self.architecture,
            "log_retention_days": self.log_retention_days,
            "approval_above": self.approval_above,
            "force_delete": not self.protect_data,
        }

    def workflow(self) -> DataProcessingWorkflowArgs:
        """What this stack's workflows have in common."""
        return {
            "runtime": self.runtime,
            "architecture": self.architecture,
            "log_retention_days": self.log_retention_days,
        }

    def watching(self, parts: Mapping[str, pulumi.ComponentResource]) -> ObservabilityArgs:
        """What watches ``parts``; who is told, and what this stack knows better."""
        args: ObservabilityArgs = {
            "components": parts,
            "emails": self.alarm_emails,
            "https": self.alarm_https,
            "overrides": self._overrides(),
            "deployments": [
                {"at": at, "label": label}
                for at, _, label in (marker.partition(" ") for marker in self.deployments)
            ],
        }
        if self.slack_workspace_id:
            args["chat"] = {
                "slack_workspace_id": self.slack_workspace_id,
                "slack_channel_id": self.slack_channel_id,
            }
        return args

    def _overrides(self) -> Any:
        """``events/duration.threshold=5000`` as the component takes it, which checks the rest."""
        found: dict[str, dict[str, Any]] = {}
        for text in self.alarm_overrides:
            name, _, value = text.partition("=")
            alarm, _, number = name.rpartition(".")
            found.setdefault(alarm, {})[number] = yaml.safe_load(value)
        return found

    @classmethod
    def _explain(cls, problem: Any) -> str:
        key = str(problem["loc"][0]) if problem["loc"] else ""
        if problem["type"] == "extra_forbidden":
            known = sorted(to_camel(name) for name in cls.model_fields)
            near = get_close_matches(key, known, n=1, cutoff=0.5)
            hint = (
                f"Did you mean {PROJECT}:{near[0]}?" if near else f"Known keys: {', '.join(known)}."
            )
            return f"unknown key {PROJECT}:{key}. {hint}"
        message = str(problem["msg"]).removeprefix("Value error, ")
        if not key:
            return message
        return f"{PROJECT}:{key} = {problem['input']!r} is not valid: {message}."


def _configured() -> dict[str, Any]:
    # The SDK reads single keys only; a misspelt one shows in the whole map alone.
    everything = {**runtime_config.get_config_env(), **runtime_config.CONFIG.get()}
    prefix = f"{PROJECT}:"
    values = {
        key.removeprefix(prefix): value
        for key, value in everything.items()
        if key.startswith(prefix)
    }
    return {key: _plain(value) for key, value in values.items()}


def _plain(value: Any) -> Any:
    # Pulumi hands objects and lists over as JSON text.
    if isinstance(value, str) and value[:1] in ("{", "["):
        return json.loads(value)
    return value
