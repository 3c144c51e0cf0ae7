"""Deployments of a REST API, the stages that serve them, and settings of their methods."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from .apigateway_logs import AccessLogSettings, check_access_logs
from .apigateway_tags import retag
from .base import Inputs, Outputs, Provider, Tagged
from .common import ignoring, one_of, present

_STAGE = re.compile(r"^[\w-]{1,128}$", re.ASCII)
_VARIABLE = re.compile(r"^[\w]+$", re.ASCII)
_CACHE_SIZES = ("0.5", "1.6", "6.1", "13.5", "28.4", "58.2", "118", "237")


class DeploymentInputs(Inputs):
    """Inputs of a deployment."""

    rest_api: str
    description: str = ""
    triggers: dict[str, str] = {}


class Deployment(Provider[DeploymentInputs]):
    """A snapshot of an API; any change of its triggers means a new one."""

    token = "aws:apigateway/deployment:Deployment"
    inputs = DeploymentInputs
    replaces = frozenset({"restApi", "triggers"})
    outputs = frozenset({"createdDate"})

    def create(self, name: str, inputs: DeploymentInputs) -> tuple[str, Outputs]:
        made = self.context.client("apigateway").create_deployment(
            restApiId=inputs.rest_api, description=inputs.description
        )
        return made["id"], {
            "createdDate": made["createdDate"].isoformat(),
            "restApi": inputs.rest_api,
        }

    def update(
        self, id: str, old: DeploymentInputs, new: DeploymentInputs, outputs: Outputs
    ) -> Outputs:
        patch = [{"op": "replace", "path": "/description", "value": new.description}]
        self.context.client("apigateway").update_deployment(
            restApiId=new.rest_api, deploymentId=id, patchOperations=patch
        )
        return outputs

    def delete(self, id: str, outputs: Outputs) -> None:
        client, api = self.context.client("apigateway"), outputs["restApi"]
        with ignoring("NotFoundException"):
            for stage in client.get_stages(restApiId=api)["item"]:
                if stage["deploymentId"] == id:
                    raise ValueError(
                        f"deployment {id} is served by stage {stage['stageName']!r}; AWS keeps it."
                    )
            client.delete_deployment(restApiId=api, deploymentId=id)


class StageInputs(Tagged):
    """Inputs of a stage."""

    rest_api: str
    deployment: str
    stage_name: str
    description: str = ""
    variables: dict[str, str] = {}
    access_log_settings: AccessLogSettings | None = None
    cache_cluster_enabled: bool = False
    cache_cluster_size: str | None = None
    xray_tracing_enabled: bool = False


class Stage(Provider[StageInputs]):
    """An address at which a deployment is served."""

    token = "aws:apigateway/stage:Stage"
    inputs = StageInputs
    replaces = frozenset({"restApi", "stageName"})
    outputs = frozenset({"arn", "executionArn", "invokeUrl", "tagsAll", "webAclArn"})
    inert: ClassVar[Mapping[str, str]] = {
        "cacheClusterSize": "stored; a cache has the room it needs",
        "xrayTracingEnabled": "stored; no trace is recorded",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> StageInputs:
        inputs = super().check(name, properties)
        if not _STAGE.match(inputs.stage_name):
            raise ValueError(
                f"stageName={inputs.stage_name!r}: letters, digits, _ and - are taken, up to 128."
            )
        for variable in inputs.variables:
            if not _VARIABLE.match(variable):
                raise ValueError(f"variables.{variable}: letters, digits and _ are taken.")
        if inputs.access_log_settings is not None:
            check_access_logs(inputs.access_log_settings)
        if inputs.cache_cluster_enabled or inputs.cache_cluster_size is not None:
            one_of("cacheClusterSize", inputs.cache_cluster_size, _CACHE_SIZES, "In GB.")
        return inputs

    def create(self, name: str, inputs: StageInputs) -> tuple[str, Outputs]:
        client, api = self.context.client("apigateway"), inputs.rest_api
        client.get_deployment(restApiId=api, deploymentId=inputs.deployment)
        if inputs.stage_name in [
            item["stageName"] for item in client.get_stages(restApiId=api)["item"]
        ]:
            raise ValueError(f"API {api} already has a stage {inputs.stage_name!r}.")
        client.create_stage(
            restApiId=api,
            stageName=inputs.stage_name,
            deploymentId=inputs.deployment,
            description=inputs.description,
            variables=inputs.variables,
            cacheClusterEnabled=inputs.cache_cluster_enabled,
            tracingEnabled=inputs.xray_tracing_enabled,
            **present(cacheClusterSize=inputs.cache_cluster_size),
        )
        region, account = self.context.region, self.context.account
        arn = f"arn:aws:apigateway:{region}::/restapis/{api}/stages/{inputs.stage_name}"
        outputs: Outputs = {
            "arn": arn,
            "executionArn": f"arn:aws:execute-api:{region}:{account}:{api}/{inputs.stage_name}",
            "invokeUrl": f"{self.context.endpoint}/_aws/execute-api/{api}/{inputs.stage_name}",
            "restApi": api,
            "stageName": inputs.stage_name,
            "webAclArn": "",
        }
        if inputs.access_log_settings is not None:
            self._patch(outputs, _log_operations(inputs.access_log_settings))
        return f"ags-{api}-{inputs.stage_name}", outputs | retag(client, arn, {}, self.tags(inputs))

    def update(self, id: str, old: StageInputs, new: StageInputs, outputs: Outputs) -> Outputs:
        client = self.context.client("apigateway")
        client.get_deployment(restApiId=new.rest_api, deploymentId=new.deployment)
        values = {
            "/deploymentId": (old.deployment, new.deployment),
            "/description": (old.description, new.description),
            "/cacheClusterEnabled": (old.cache_cluster_enabled, new.cache_cluster_enabled),
            "/cacheClusterSize": (old.cache_cluster_size, new.cache_cluster_size or ""),
            "/tracingEnabled": (old.xray_tracing_enabled, new.xray_tracing_enabled),
            **{
                f"/variables/{key}": (old.variables.get(key), value)
                for key, value in new.variables.items()
            },
        }
        patch = [
            {"op": "replace", "path": path, "value": str(value)}
            for path, (was, value) in values.items()
            if was != value
        ]
        gone = old.variables.keys() - new.variables.keys()
        patch += [{"op": "remove", "path": f"/variables/{key}"} for key in gone]
        if old.access_log_settings != new.access_log_settings:
            patch += _log_operations(new.access_log_settings)
        self._patch(outputs, patch)
        return outputs | retag(client, outputs["arn"], outputs, self.tags(new))

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("NotFoundException"):
            self.context.client("apigateway").delete_stage(
                restApiId=outputs["restApi"], stageName=outputs["stageName"]
            )

    def _patch(self, outputs: Outputs, operations: list[dict[str, str]]) -> None:
        if operations:
            self.context.client("apigateway").update_stage(
                restApiId=outputs["restApi"],
                stageName=outputs["stageName"],
                patchOperations=operations,
            )


def _log_operations(settings: AccessLogSettings | None) -> list[dict[str, str]]:
    if settings is None:
        return [{"op": "remove", "path": "/accessLogSettings"}]
    return [
        {"op": "replace", "path": f"/accessLogSettings/{key}", "value": value}
        for key, value in (
            ("destinationArn", settings.destination_arn),
            ("format", settings.format),
        )
    ]
