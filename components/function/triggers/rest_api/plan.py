"""Makes what a checked REST API describes.

The API is one OpenAPI document rather than a resource for each path and method. Those would be
deleted after the deployment that should no longer have them, so a removed route would live on;
and a deployment that nothing tells of a change is not made at all. One document is imported
whole, what it does not name is gone, and its hash is what the deployment hangs on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

import pulumi
import pulumi_aws as aws

from ....alarms.apis import rest_formulas
from ....alarms.watch import Formulas
from ....errors import check_keys
from ....policy import Statement, allow
from ..base import Plan, Subject, Target
from ..features import check_features
from .args import RestApi
from .authorizers import allow_authorizers
from .domain import make_domain
from .openapi import document
from .settings import Settings, checked
from .stage import make_stage
from .usage import make_keys

THING = "api"
"""What the API is called among the things of the function."""


class _Given(TypedDict):
    rest_api: RestApi


def plan(subject: Subject, given: RestApi) -> Plan:
    """Check the REST API of a function.

    Raises:
        ValueError: a value that API Gateway would refuse, or what only another kind has.
    """
    check_features(subject.who, {"rest_api": given})
    check_keys(subject.who, {"rest_api": given}, _Given, prefix="triggers.")
    return _Plan(checked(subject, given))


def call_statements(execution_arn: pulumi.Input[str]) -> Sequence[Statement]:
    """What the role of a caller must be allowed for routes with ``auth="iam"``.

    Args:
        execution_arn: of the stage, ``api_execution_arn`` among the outputs.
    """
    return (allow("execute-api:Invoke", pulumi.Output.concat(execution_arn, "/*")),)


@dataclass(frozen=True)
class _Plan(Plan):
    settings: Settings

    def formulas(self, subject: Subject) -> Formulas:
        wait = min(subject.timeout_seconds, self.settings.timeout_seconds)
        return {THING: rest_formulas(timeout_seconds=wait)}

    def connect(self, target: Target) -> Mapping[str, Any]:
        settings, scope = self.settings, target.scope
        body = pulumi.Output.json_dumps(
            document(scope.name, settings, target.alias.invoke_arn), sort_keys=True
        )
        api = aws.apigateway.RestApi(
            f"{scope.name}-api",
            description=f"Calls {scope.name}",
            body=body,
            # A longer timeout and a certificate of the function's region need it.
            endpoint_configuration={"types": "REGIONAL"},
            # Whoever knew the other address would get around what guards the domain.
            disable_execute_api_endpoint=settings.domain is not None,
            tags=scope.tags,
            opts=scope.opts,
        )
        # One for all routes: a function's policy has room for some 30 to 50.
        permission = target.allow_invoke(
            "api",
            "apigateway.amazonaws.com",
            pulumi.Output.concat(api.execution_arn, f"/{settings.stage}/*"),
        )
        asked = allow_authorizers(target, api, settings.authorizers)
        stage, requests = make_stage(scope, settings, api, body, [permission, *asked])
        url = stage.invoke_url
        if settings.domain is not None:
            url = make_domain(settings.domain, stage, scope)
        scope.watch.add(
            "rest_api",
            THING,
            {"ApiName": api.name, "Stage": stage.stage_name},
            log_group_name=None if requests is None else requests.name,
            traced=settings.tracing,
            check={"url": url},
        )
        return {
            "api_url": url,
            "api_id": api.id,
            "api_stage": stage.stage_name,
            "api_execution_arn": stage.execution_arn,
            "api_key_parameter_arns": make_keys(scope, settings, stage),
        }
