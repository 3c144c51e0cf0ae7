"""X-Ray's groups and sampling rules are kept, checked and asked permission for."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from .world import World

pytestmark = pytest.mark.sandbox

RULE: dict[str, Any] = {
    "ResourceARN": "*",
    "Priority": 100,
    "FixedRate": 0.05,
    "ReservoirSize": 1,
    "ServiceName": "*",
    "ServiceType": "*",
    "Host": "*",
    "HTTPMethod": "*",
    "URLPath": "*",
    "Version": 1,
}


def test_a_group_lives_and_goes(world: World) -> None:
    xray = world.client("xray")
    made = xray.create_group(
        GroupName="shop",
        FilterExpression="fault = true",
        InsightsConfiguration={"InsightsEnabled": True},
        Tags=[{"Key": "team", "Value": "ops"}],
    )["Group"]
    assert made["InsightsConfiguration"] == {
        "InsightsEnabled": True,
        "NotificationsEnabled": False,
    }
    with pytest.raises(ClientError, match="already exists"):
        xray.create_group(GroupName="shop")
    changed = xray.update_group(GroupARN=made["GroupARN"], FilterExpression="error")["Group"]
    assert changed["FilterExpression"] == "error"
    assert xray.get_group(GroupName="shop")["Group"] == changed
    assert [item["GroupName"] for item in xray.get_groups()["Groups"]] == ["Default", "shop"]
    arn = made["GroupARN"]
    xray.tag_resource(ResourceARN=arn, Tags=[{"Key": "stage", "Value": "dev"}])
    xray.untag_resource(ResourceARN=arn, TagKeys=["team"])
    assert xray.list_tags_for_resource(ResourceARN=arn)["Tags"] == [
        {"Key": "stage", "Value": "dev"}
    ]
    xray.delete_group(GroupARN=arn)
    with pytest.raises(ClientError, match="Group not found"):
        xray.get_group(GroupARN=arn)


def test_a_rule_lives_and_goes(world: World) -> None:
    xray = world.client("xray")
    made = xray.create_sampling_rule(SamplingRule={**RULE, "RuleName": "orders"})
    arn = made["SamplingRuleRecord"]["SamplingRule"]["RuleARN"]
    changed = xray.update_sampling_rule(SamplingRuleUpdate={"RuleARN": arn, "FixedRate": 0.5})
    assert changed["SamplingRuleRecord"]["SamplingRule"]["FixedRate"] == 0.5
    names = [
        item["SamplingRule"]["RuleName"]
        for item in xray.get_sampling_rules()["SamplingRuleRecords"]
    ]
    assert names == ["orders", "Default"]
    xray.delete_sampling_rule(RuleARN=arn)
    with pytest.raises(ClientError, match="Sampling rule not found"):
        xray.delete_sampling_rule(RuleARN=arn)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"FixedRate": 1.5}, "FixedRate must be 0 to 1; given: 1.5"),
        ({"Priority": 10_000}, "Priority must be 1 to 9999"),
        ({"Version": 2}, "Version must be 1"),
        ({"RuleName": "x" * 33}, "1 to 32 characters"),
        ({"RuleName": "Default"}, "already exists"),
    ],
)
def test_a_rule_that_aws_refuses_is_refused(
    world: World, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClientError, match=message):
        world.client("xray").create_sampling_rule(
            SamplingRule={**RULE, "RuleName": "bad", **change}
        )


def test_who_has_no_permission_is_refused(world: World) -> None:
    iam = world.client("iam")
    iam.create_user(UserName="traceless")
    key = iam.create_access_key(UserName="traceless")["AccessKey"]
    xray = boto3.client(
        "xray",
        endpoint_url=world.cloud.endpoint,
        region_name="us-east-1",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    with pytest.raises(ClientError, match="not authorized to perform: xray:CreateGroup"):
        xray.create_group(GroupName="theirs")
