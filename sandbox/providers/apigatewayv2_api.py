"""HTTP APIs and the stages that serve them."""

from collections.abc import Mapping
from typing import Any, ClassVar

from .apigateway_logs import AccessLogSettings, check_access_logs
from .apigateway_tags import retag
from .base import Inputs, Outputs, Provider, Tagged
from .common import ignoring, one_of, pascal, physical_name, present, wire, within

DEFAULT = "$default"


class Cors(Inputs):
    """What browsers may do from elsewhere."""

    allow_credentials: bool = False
    allow_headers: list[str] = []
    allow_methods: list[str] = []
    allow_origins: list[str] = []
    expose_headers: list[str] = []
    max_age: int = 0


class ApiInputs(Tagged):
    """Inputs of an HTTP API."""

    name: str | None = None
    protocol_type: str
    description: str = ""
    version: str = ""
    cors_configuration: Cors | None = None
    disable_execute_api_endpoint: bool = False


class Api(Provider[ApiInputs]):
    """An HTTP API."""

    token = "aws:apigatewayv2/api:Api"
    inputs = ApiInputs
    replaces = frozenset({"protocolType"})
    outputs = frozenset({"apiEndpoint", "arn", "executionArn", "name", "tagsAll"})
    inert: ClassVar[Mapping[str, str]] = {
        "disableExecuteApiEndpoint": "stored; the API's own address keeps answering",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> ApiInputs:
        inputs = super().check(name, properties)
        one_of("protocolType", inputs.protocol_type, ("HTTP",), "The sandbox has no WebSockets.")
        if (cors := inputs.cors_configuration) is not None:
            within("corsConfiguration.maxAge", cors.max_age, -1, 86_400)
            if cors.allow_credentials and "*" in (*cors.allow_origins, *cors.allow_headers):
                raise ValueError(
                    "corsConfiguration: allowCredentials takes no '*' as origin or header."
                )
        return inputs

    def create(self, name: str, inputs: ApiInputs) -> tuple[str, Outputs]:
        client, title = (
            self.context.client("apigatewayv2"),
            physical_name(name, inputs.name, limit=128),
        )
        id = client.create_api(
            Name=title,
            ProtocolType=inputs.protocol_type,
            Description=inputs.description,
            Version=inputs.version,
            DisableExecuteApiEndpoint=inputs.disable_execute_api_endpoint,
            **present(
                CorsConfiguration=inputs.cors_configuration
                and pascal(wire(inputs.cors_configuration))
            ),
        )["ApiId"]
        region, account = self.context.region, self.context.account
        arn = f"arn:aws:apigateway:{region}::/apis/{id}"
        outputs: Outputs = {
            "apiEndpoint": f"{self.context.endpoint}/_aws/execute-api/{id}",
            "arn": arn,
            "executionArn": f"arn:aws:execute-api:{region}:{account}:{id}",
            "name": title,
        }
        return id, outputs | retag(client, arn, {}, self.tags(inputs))

    def update(self, id: str, old: ApiInputs, new: ApiInputs, outputs: Outputs) -> Outputs:
        client, title = self.context.client("apigatewayv2"), new.name or outputs["name"]
        client.update_api(
            ApiId=id,
            Name=title,
            Description=new.description,
            Version=new.version,
            DisableExecuteApiEndpoint=new.disable_execute_api_endpoint,
            **present(
                CorsConfiguration=new.cors_configuration and pascal(wire(new.cors_configuration))
            ),
        )
        if old.cors_configuration is not None and new.cors_configuration is None:
            client.delete_cors_configuration(ApiId=id)
        return outputs | {"name": title} | retag(client, outputs["arn"], outputs, self.tags(new))

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("NotFoundException"):
            self.context.client("apigatewayv2").delete_api(ApiId=id)


class RouteDefaults(Inputs):
    """Settings of all routes of a stage."""

    detailed_metrics_enabled: bool = False
    throttling_burst_limit: int | None = None
    throttling_rate_limit: float | None = None


class RouteSetting(RouteDefaults):
    """Settings of one route."""

    route_key: str


class StageInputs(Tagged):
    """Inputs of a stage."""

    api_id: str
    name: str
    auto_deploy: bool = False
    description: str = ""
    stage_variables: dict[str, str] = {}
    default_route_settings: RouteDefaults | None = None
    route_settings: list[RouteSetting] = []
    access_log_settings: AccessLogSettings | None = None


class Stage(Provider[StageInputs]):
    """An address at which an API's routes are served as they are."""

    token = "aws:apigatewayv2/stage:Stage"
    inputs = StageInputs
    replaces = frozenset({"apiId", "name"})
    outputs = frozenset({"arn", "executionArn", "invokeUrl", "tagsAll"})
    inert: ClassVar[Mapping[str, str]] = {
        "defaultRouteSettings.detailedMetricsEnabled": "stored; no metrics are published",
        "stageVariables": "stored; functions are not told them",
        "routeSettings.detailedMetricsEnabled": "stored; no metrics are published",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> StageInputs:
        inputs = super().check(name, properties)
        hint = "The sandbox serves an API's routes as they are and has no deployments of HTTP APIs."
        one_of("autoDeploy", inputs.auto_deploy, (True,), hint)
        if inputs.access_log_settings is not None:
            check_access_logs(inputs.access_log_settings)
        for label, limits in (
            ("defaultRouteSettings", inputs.default_route_settings),
            *((f"routeSettings {item.route_key!r}", item) for item in inputs.route_settings),
        ):
            if limits is not None:
                within(f"{label}.throttlingBurstLimit", limits.throttling_burst_limit or 0, 0, 5000)
                within(f"{label}.throttlingRateLimit", limits.throttling_rate_limit or 0, 0, 10000)
        return inputs

    def create(self, name: str, inputs: StageInputs) -> tuple[str, Outputs]:
        client, api = self.context.client("apigatewayv2"), inputs.api_id
        if inputs.name in [item["StageName"] for item in client.get_stages(ApiId=api)["Items"]]:
            raise ValueError(f"API {api} already has a stage {inputs.name!r}.")
        client.create_stage(ApiId=api, StageName=inputs.name, **_request(inputs))
        region, account = self.context.region, self.context.account
        arn = f"arn:aws:apigateway:{region}::/apis/{api}/stages/{inputs.name}"
        outputs: Outputs = {
            "apiId": api,
            "arn": arn,
            "executionArn": f"arn:aws:execute-api:{region}:{account}:{api}/{inputs.name}",
            "invokeUrl": f"{self.context.endpoint}/_aws/execute-api/{api}/"
            + ("" if inputs.name == DEFAULT else inputs.name),
        }
        return inputs.name, outputs | retag(client, arn, {}, self.tags(inputs))

    def update(self, id: str, old: StageInputs, new: StageInputs, outputs: Outputs) -> Outputs:
        client = self.context.client("apigatewayv2")
        request = {"AccessLogSettings": {}, "DefaultRouteSettings": {}, **_request(new)}
        client.update_stage(ApiId=new.api_id, StageName=id, **request)
        return outputs | retag(client, outputs["arn"], outputs, self.tags(new))

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("NotFoundException"):
            self.context.client("apigatewayv2").delete_stage(ApiId=outputs["apiId"], StageName=id)


def _request(inputs: StageInputs) -> dict[str, Any]:
    return {
        "AutoDeploy": inputs.auto_deploy,
        "Description": inputs.description,
        "StageVariables": inputs.stage_variables,
        "RouteSettings": {
            item.route_key: {k: v for k, v in pascal(wire(item)).items() if k != "RouteKey"}
            for item in inputs.route_settings
        },
        **present(
            AccessLogSettings=inputs.access_log_settings
            and pascal(wire(inputs.access_log_settings)),
            DefaultRouteSettings=inputs.default_route_settings
            and pascal(wire(inputs.default_route_settings)),
        ),
    }
