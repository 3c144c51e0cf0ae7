"""API keys, usage plans, and which keys a plan is for."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from .apigateway_tags import retag
from .base import Inputs, Outputs, Provider, Tagged
from .common import ignoring, one_of, physical_name, present, within

_KEY_LENGTH = (20, 128)
_OFFSETS = {"DAY": 0, "WEEK": 6, "MONTH": 27}
"""How far into a period a quota may start, in days."""


class ApiKeyInputs(Tagged):
    """Inputs of an API key."""

    name: str | None = None
    description: str = "Managed by Pulumi"
    enabled: bool = True
    value: str | None = None
    customer_id: str | None = None


class ApiKey(Provider[ApiKeyInputs]):
    """A key that callers send as ``x-api-key``."""

    token = "aws:apigateway/apiKey:ApiKey"
    inputs = ApiKeyInputs
    replaces = frozenset({"value"})
    outputs = frozenset({"arn", "createdDate", "lastUpdatedDate", "name", "tagsAll", "value"})
    inert: ClassVar[Mapping[str, str]] = {
        "customerId": "stored; there is no marketplace",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> ApiKeyInputs:
        inputs = super().check(name, properties)
        if inputs.value is not None and not (_KEY_LENGTH[0] <= len(inputs.value) <= _KEY_LENGTH[1]):
            # The value itself is a secret and stays out of the message.
            raise ValueError(f"value has {len(inputs.value)} characters; AWS takes 20 to 128.")
        return inputs

    def create(self, name: str, inputs: ApiKeyInputs) -> tuple[str, Outputs]:
        client, title = (
            self.context.client("apigateway"),
            physical_name(name, inputs.name, limit=1024),
        )
        if inputs.value is not None:
            known = client.get_api_keys(includeValues=True, limit=500)["items"]
            if inputs.value in [item["value"] for item in known]:
                raise ValueError("value is that of another key; AWS wants it unique.")
        key = client.create_api_key(
            name=title,
            description=inputs.description,
            enabled=inputs.enabled,
            **present(value=inputs.value, customerId=inputs.customer_id),
        )
        arn = f"arn:aws:apigateway:{self.context.region}::/apikeys/{key['id']}"
        outputs: Outputs = {
            "arn": arn,
            "createdDate": key["createdDate"].isoformat(),
            "lastUpdatedDate": key["lastUpdatedDate"].isoformat(),
            "name": title,
            "value": key["value"],
        }
        return key["id"], outputs | retag(client, arn, {}, self.tags(inputs))

    def update(self, id: str, old: ApiKeyInputs, new: ApiKeyInputs, outputs: Outputs) -> Outputs:
        client, title = self.context.client("apigateway"), new.name or outputs["name"]
        values = {
            "/name": title,
            "/description": new.description,
            # The embedded cloud keeps the text as it is; an empty one reads as off.
            "/enabled": "true" if new.enabled else "",
            "/customerId": new.customer_id or "",
        }
        key = client.update_api_key(
            apiKey=id,
            patchOperations=[
                {"op": "replace", "path": path, "value": value} for path, value in values.items()
            ],
        )
        updated = {"name": title, "lastUpdatedDate": key["lastUpdatedDate"].isoformat()}
        return outputs | updated | retag(client, outputs["arn"], outputs, self.tags(new))

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("NotFoundException"):
            self.context.client("apigateway").delete_api_key(apiKey=id)


class Limits(Inputs):
    """Calls a second, and how many at once."""

    burst_limit: int = 0
    rate_limit: float = 0


class MethodLimits(Limits):
    """Limits of one method of a stage."""

    path: str
    """``/path/METHOD``."""


class ApiStage(Inputs):
    """A stage that a plan is for."""

    api_id: str
    stage: str
    throttles: list[MethodLimits] = []


class Quota(Inputs):
    """How many calls a period."""

    limit: int
    period: str
    offset: int = 0


class UsagePlanInputs(Tagged):
    """Inputs of a usage plan."""

    name: str | None = None
    description: str = ""
    api_stages: list[ApiStage] = []
    throttle_settings: Limits | None = None
    quota_settings: Quota | None = None


class UsagePlan(Provider[UsagePlanInputs]):
    """Which stages its keys open, and how often.

    The embedded cloud cannot change a plan's stages, so here other ones mean a new plan.
    """

    token = "aws:apigateway/usagePlan:UsagePlan"
    inputs = UsagePlanInputs
    replaces = frozenset({"apiStages"})
    outputs = frozenset({"arn", "name", "tagsAll"})
    inert: ClassVar[Mapping[str, str]] = {
        "quotaSettings.offset": "stored; a period begins with a key's first call",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> UsagePlanInputs:
        inputs = super().check(name, properties)
        if (quota := inputs.quota_settings) is not None:
            one_of("quotaSettings.period", quota.period, list(_OFFSETS))
            within("quotaSettings.limit", quota.limit, 1, 2**31 - 1)
            within("quotaSettings.offset", quota.offset, 0, _OFFSETS[quota.period])
        for index, stage in enumerate(inputs.api_stages):
            for limits in stage.throttles:
                if not limits.path.startswith("/"):
                    raise ValueError(
                        f"apiStages[{index}].throttles: path={limits.path!r} is not /path/METHOD."
                    )
        return inputs

    def create(self, name: str, inputs: UsagePlanInputs) -> tuple[str, Outputs]:
        client = self.context.client("apigateway")
        for stage in inputs.api_stages:
            client.get_stage(restApiId=stage.api_id, stageName=stage.stage)
        title, quota = physical_name(name, inputs.name, limit=1024), inputs.quota_settings
        plan = client.create_usage_plan(
            name=title,
            description=inputs.description,
            apiStages=_stages(inputs.api_stages),
            **present(
                throttle=inputs.throttle_settings and _limits(inputs.throttle_settings),
                quota=quota
                and {"limit": quota.limit, "period": quota.period, "offset": quota.offset},
            ),
        )
        arn = f"arn:aws:apigateway:{self.context.region}::/usageplans/{plan['id']}"
        tags = retag(client, arn, {}, self.tags(inputs))
        return plan["id"], {"arn": arn, "name": title, **tags}

    def update(
        self, id: str, old: UsagePlanInputs, new: UsagePlanInputs, outputs: Outputs
    ) -> Outputs:
        client, title = self.context.client("apigateway"), new.name or outputs["name"]
        values: dict[str, object] = {"/name": title, "/description": new.description}
        gone: list[str] = []
        if (throttle := new.throttle_settings) is None:
            gone.append("/throttle")
        else:
            values["/throttle/burstLimit"] = throttle.burst_limit
            values["/throttle/rateLimit"] = throttle.rate_limit
        if (quota := new.quota_settings) is None:
            gone.append("/quota")
        else:
            values["/quota/limit"] = quota.limit
            values["/quota/period"] = quota.period
            values["/quota/offset"] = quota.offset
        client.update_usage_plan(
            usagePlanId=id,
            patchOperations=[
                *({"op": "replace", "path": key, "value": str(v)} for key, v in values.items()),
                *({"op": "remove", "path": path} for path in gone),
            ],
        )
        return outputs | {"name": title} | retag(client, outputs["arn"], outputs, self.tags(new))

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("NotFoundException"):
            self.context.client("apigateway").delete_usage_plan(usagePlanId=id)


class UsagePlanKeyInputs(Inputs):
    """Inputs of a key in a plan."""

    usage_plan_id: str
    key_id: str
    key_type: str


class UsagePlanKey(Provider[UsagePlanKeyInputs]):
    """A key in a plan."""

    token = "aws:apigateway/usagePlanKey:UsagePlanKey"
    inputs = UsagePlanKeyInputs
    replaces = frozenset({"usagePlanId", "keyId", "keyType"})
    outputs = frozenset({"name", "value"})

    def check(self, name: str, properties: Mapping[str, Any]) -> UsagePlanKeyInputs:
        inputs = super().check(name, properties)
        one_of("keyType", inputs.key_type, ("API_KEY",))
        return inputs

    def create(self, name: str, inputs: UsagePlanKeyInputs) -> tuple[str, Outputs]:
        client = self.context.client("apigateway")
        key = client.get_api_key(apiKey=inputs.key_id, includeValue=True)
        client.create_usage_plan_key(
            usagePlanId=inputs.usage_plan_id, keyId=inputs.key_id, keyType=inputs.key_type
        )
        return inputs.key_id, {
            "name": key["name"],
            "value": key["value"],
            "usagePlanId": inputs.usage_plan_id,
        }

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("NotFoundException"):
            self.context.client("apigateway").delete_usage_plan_key(
                usagePlanId=outputs["usagePlanId"], keyId=id
            )


def _limits(limits: Limits) -> dict[str, float]:
    return {"burstLimit": limits.burst_limit, "rateLimit": limits.rate_limit}


def _stages(stages: Sequence[ApiStage]) -> list[dict[str, Any]]:
    return [
        {
            "apiId": stage.api_id,
            "stage": stage.stage,
            "throttle": {limits.path: _limits(limits) for limits in stage.throttles},
        }
        for stage in stages
    ]
