"""API keys, what each may use, and where its value lies for those who are to have it."""

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from ..base import Scope
from .settings import Settings


def make_keys(
    scope: Scope, settings: Settings, stage: "aws.apigateway.Stage"
) -> Mapping[str, pulumi.Output[str]]:
    """Make the keys and their plan; the ARNs of the parameters that hold them, by name."""
    if not settings.api_keys:
        return {}
    more: dict[str, Any] = {}
    if settings.quota is not None:
        more["quota_settings"] = {"limit": settings.quota.limit, "period": settings.quota.period}
    if settings.key_throttle is not None:
        more["throttle_settings"] = {
            "rate_limit": settings.key_throttle.rate,
            "burst_limit": settings.key_throttle.burst,
        }
    plan = aws.apigateway.UsagePlan(
        f"{scope.name}-api",
        description=f"Keys of {scope.name}",
        api_stages=[{"api_id": stage.rest_api, "stage": stage.stage_name}],
        tags=scope.tags,
        opts=scope.opts,
        **more,
    )
    return {name: _make_key(scope, plan, name) for name in settings.api_keys}


def _make_key(scope: Scope, plan: "aws.apigateway.UsagePlan", name: str) -> pulumi.Output[str]:
    child = f"{scope.name}-api-{name}"
    key = aws.apigateway.ApiKey(
        child, description=f"{name} at {scope.name}", tags=scope.tags, opts=scope.opts
    )
    member = aws.apigateway.UsagePlanKey(
        child, usage_plan_id=plan.id, key_id=key.id, key_type="API_KEY", opts=scope.opts
    )
    parameter = aws.ssm.Parameter(
        child,
        # Two stacks of one account have keys of their own.
        name=f"/{pulumi.get_project()}/{pulumi.get_stack()}/{scope.name}/api-keys/{name}",
        description=f"The x-api-key of {name} at {scope.name}",
        type="SecureString",
        value=key.value,  # a secret, as Pulumi knows
        tags=scope.tags,
        # Who reads the key wants to use it.
        opts=pulumi.ResourceOptions.merge(scope.opts, pulumi.ResourceOptions(depends_on=[member])),
    )
    return parameter.arn
