"""Groups of traces and sampling rules. Nobody here takes traces; both can be read back."""

from collections.abc import Mapping
from typing import Any

from .base import Inputs, Outputs, Provider, Tagged
from .common import ignoring, pairs, pascal, physical_name, present, tag_changes, wire, within

_WHY = "kept, and read back with boto3; the sandbox takes no traces"
_GONE = ("InvalidRequestException", "ResourceNotFoundException")


class Insights(Inputs):
    """Whether X-Ray looks for incidents in a group by itself."""

    insights_enabled: bool
    notifications_enabled: bool = False


class GroupInputs(Tagged):
    """Inputs of a group."""

    group_name: str
    filter_expression: str
    insights_configuration: Insights | None = None


class Group(Provider[GroupInputs]):
    """Traces that an expression picks out."""

    token = "aws:xray/group:Group"
    inputs = GroupInputs
    replaces = frozenset({"groupName"})
    delete_before_replace = True
    outputs = frozenset({"arn", "tagsAll"})
    recorded = _WHY

    def check(self, name: str, properties: Mapping[str, Any]) -> GroupInputs:
        inputs = super().check(name, properties)
        if not 1 <= len(inputs.group_name) <= 32:
            raise ValueError(f"groupName={inputs.group_name!r}: 1 to 32 characters are taken.")
        if inputs.group_name == "Default":
            raise ValueError("groupName='Default' is X-Ray's own.")
        return inputs

    def create(self, name: str, inputs: GroupInputs) -> tuple[str, Outputs]:
        tags = self.tags(inputs)
        made = self.context.client("xray").create_group(
            GroupName=inputs.group_name, Tags=pairs(tags), **_settings(inputs)
        )
        arn = made["Group"]["GroupARN"]
        return arn, {"arn": arn, "tagsAll": tags}

    def update(self, id: str, old: GroupInputs, new: GroupInputs, outputs: Outputs) -> Outputs:
        self.context.client("xray").update_group(GroupARN=id, **_settings(new))
        return outputs | {"tagsAll": _retag(self, id, new, outputs)}

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring(*_GONE):
            self.context.client("xray").delete_group(GroupARN=id)


class SamplingRuleInputs(Tagged):
    """Inputs of a sampling rule."""

    rule_name: str | None = None
    priority: int
    version: int
    reservoir_size: int
    fixed_rate: float
    url_path: str
    host: str
    http_method: str
    service_name: str
    service_type: str
    resource_arn: str
    attributes: dict[str, str] = {}


class SamplingRule(Provider[SamplingRuleInputs]):
    """How many requests are traced."""

    token = "aws:xray/samplingRule:SamplingRule"
    inputs = SamplingRuleInputs
    replaces = frozenset({"ruleName", "version"})
    delete_before_replace = True
    outputs = frozenset({"arn", "tagsAll"})
    recorded = _WHY

    def check(self, name: str, properties: Mapping[str, Any]) -> SamplingRuleInputs:
        inputs = super().check(name, properties)
        if inputs.rule_name is not None and not 1 <= len(inputs.rule_name) <= 32:
            raise ValueError(f"ruleName={inputs.rule_name!r}: 1 to 32 characters are taken.")
        within("priority", inputs.priority, 1, 9999)
        within("version", inputs.version, 1, 1)
        within("fixedRate", inputs.fixed_rate, 0, 1)
        within("reservoirSize", inputs.reservoir_size, 0, 2**31 - 1)
        return inputs

    def create(self, name: str, inputs: SamplingRuleInputs) -> tuple[str, Outputs]:
        tags = self.tags(inputs)
        id = physical_name(name, inputs.rule_name, limit=32)
        rule = {"RuleName": id, "Version": inputs.version, **_rule(inputs)}
        made = self.context.client("xray").create_sampling_rule(SamplingRule=rule, Tags=pairs(tags))
        arn = made["SamplingRuleRecord"]["SamplingRule"]["RuleARN"]
        return id, {"arn": arn, "tagsAll": tags}

    def update(
        self, id: str, old: SamplingRuleInputs, new: SamplingRuleInputs, outputs: Outputs
    ) -> Outputs:
        self.context.client("xray").update_sampling_rule(
            SamplingRuleUpdate={"RuleARN": outputs["arn"], **_rule(new)}
        )
        return outputs | {"tagsAll": _retag(self, outputs["arn"], new, outputs)}

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring(*_GONE):
            self.context.client("xray").delete_sampling_rule(RuleARN=outputs["arn"])


def _settings(inputs: GroupInputs) -> dict[str, Any]:
    insights = inputs.insights_configuration
    return {
        "FilterExpression": inputs.filter_expression,
        **present(InsightsConfiguration=insights and pascal(wire(insights))),
    }


def _rule(inputs: SamplingRuleInputs) -> dict[str, Any]:
    return {
        "Priority": inputs.priority,
        "ReservoirSize": inputs.reservoir_size,
        "FixedRate": inputs.fixed_rate,
        "URLPath": inputs.url_path,
        "Host": inputs.host,
        "HTTPMethod": inputs.http_method,
        "ServiceName": inputs.service_name,
        "ServiceType": inputs.service_type,
        "ResourceARN": inputs.resource_arn,
        "Attributes": inputs.attributes,
    }


def _retag(provider: Provider[Any], arn: str, inputs: Tagged, outputs: Outputs) -> dict[str, str]:
    xray, tags = provider.context.client("xray"), provider.tags(inputs)
    put, drop = tag_changes(outputs, tags)
    if drop:
        xray.untag_resource(ResourceARN=arn, TagKeys=drop)
    if put:
        xray.tag_resource(ResourceARN=arn, Tags=pairs(put))
    return tags
