"""Which changes keep a resource and which need a new one."""

from typing import Any

import pytest

from sandbox.providers import discover
from sandbox.providers.base import Context

from .valid import VALID

OFFLINE = Context(lambda service: None, "us-east-1", "123456789012")
PROVIDERS = discover().providers
STRATEGY = [{"capacityProvider": "FARGATE", "weight": 1}]
SPOT = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]

CHANGES: list[tuple[str, dict[str, Any], dict[str, Any], bool]] = [
    ("ec2/vpc", {}, {"cidrBlock": "10.1.0.0/16"}, True),
    ("ec2/vpc", {}, {"enableDnsHostnames": True}, False),
    ("ec2/vpc", {}, {"instanceTenancy": "dedicated"}, True),
    ("ec2/vpc", {"instanceTenancy": "dedicated"}, {"instanceTenancy": "default"}, False),
    ("ec2/subnet", {}, {"mapPublicIpOnLaunch": True}, False),
    ("ec2/subnet", {}, {"availabilityZone": "us-east-1b"}, True),
    ("ec2/route", {}, {"gatewayId": "igw-2"}, False),
    ("ec2/securityGroup", {}, {"description": "other"}, True),
    ("ec2/securityGroup", {}, {"egress": []}, False),
    ("vpc/securityGroupIngressRule", {}, {"description": "other"}, False),
    ("vpc/securityGroupIngressRule", {}, {"fromPort": 79}, True),
    ("ecr/repository", {}, {"imageTagMutability": "IMMUTABLE"}, False),
    ("ecr/repository", {}, {"encryptionConfigurations": [{"encryptionType": "KMS"}]}, True),
    ("iam/role", {}, {"path": "/x/"}, True),
    ("iam/role", {}, {"description": "x"}, False),
    ("iam/policy", {}, {"description": "x"}, True),
    ("cloudwatch/logGroup", {}, {"retentionInDays": 7}, False),
    ("cloudwatch/logGroup", {}, {"name": "x"}, True),
    ("ecs/taskDefinition", {}, {"memory": "1024"}, True),
    ("ecs/taskDefinition", {}, {"tags": {"a": "b"}}, False),
    ("ecs/service", {}, {"taskDefinition": "arn:td2"}, False),
    ("ecs/service", {}, {"desiredCount": 3}, False),
    ("ecs/service", {}, {"cluster": "other"}, True),
    ("ecs/service", {"launchType": None}, {"launchType": "FARGATE"}, True),
    (
        "ecs/service",
        {"launchType": None, "capacityProviderStrategies": STRATEGY},
        {"capacityProviderStrategies": SPOT},
        True,
    ),
    (
        "ecs/service",
        {"launchType": None, "capacityProviderStrategies": STRATEGY, "forceNewDeployment": True},
        {"capacityProviderStrategies": SPOT},
        False,
    ),
    ("lb/loadBalancer", {}, {"internal": True}, True),
    ("lb/loadBalancer", {}, {"idleTimeout": 10}, False),
    ("lb/targetGroup", {}, {"port": 81}, True),
    ("lb/targetGroup", {}, {"healthCheck": {"path": "/x"}}, False),
    ("lb/listener", {}, {"loadBalancerArn": "arn:other"}, True),
    ("lb/listener", {}, {"port": 81}, False),
    ("lb/listenerRule", {}, {"priority": 3}, False),
    ("acm/certificate", {}, {"domainName": "b.example.com"}, True),
    ("route53/record", {}, {"ttl": 5}, False),
    ("route53/record", {}, {"name": "b"}, True),
    ("appautoscaling/target", {}, {"maxCapacity": 9}, False),
    ("appautoscaling/target", {}, {"resourceId": "service/a/b"}, True),
    ("ssm/parameter", {}, {"value": "y"}, False),
    ("ssm/parameter", {}, {"name": "/y"}, True),
    ("sns/topic", {}, {"displayName": "y"}, False),
    ("sns/topic", {}, {"name": "y"}, True),
]


def _set(properties: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in properties.items() if value is not None}


@pytest.mark.parametrize(("short", "before", "change", "new"), CHANGES)
def test_a_change_keeps_or_replaces_as_on_aws(
    short: str, before: dict[str, Any], change: dict[str, Any], new: bool
) -> None:
    token = next(token for token in VALID if token.startswith(f"aws:{short}:"))
    provider = PROVIDERS[token](OFFLINE)
    first = {**VALID[token], **before}
    old = provider.check("thing", _set(first))
    later = provider.check("thing", _set({**first, **change}))
    changed = provider.changed(old, later)
    assert changed == set(change)
    assert provider.must_replace(changed, old, later) is new
