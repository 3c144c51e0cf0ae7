"""Lives of security groups and rules."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from sandbox.providers.base import Outputs

from .looks import SEEN1, SEEN2, T1, T2
from .world import Case, World, tags_of


def _rules(group: Mapping[str, Any], key: str) -> list[tuple[Any, ...]]:
    return [
        (
            rule["IpProtocol"],
            rule.get("FromPort"),
            [item["CidrIp"] for item in rule["IpRanges"]],
            [item["CidrIpv6"] for item in rule["Ipv6Ranges"]],
            [item["GroupId"] for item in rule["UserIdGroupPairs"]],
            [item.get("Description") for item in rule["IpRanges"]],
        )
        for rule in group[key]
    ]


def _group(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    try:
        found = world.client("ec2").describe_security_groups(GroupIds=[id])["SecurityGroups"]
    except ClientError as error:
        if "NotFound" not in str(error):
            raise
        return None
    if not found:
        return None
    group = found[0]
    assert outputs.get("vpcId", group["VpcId"]) == group["VpcId"]
    return {
        "name": group["GroupName"],
        "description": group["Description"],
        "vpc": group["VpcId"],
        "in": _rules(group, "IpPermissions"),
        "out": _rules(group, "IpPermissionsEgress"),
        "tags": tags_of(group.get("Tags", [])),
    }


def _rule(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    found = world.client("ec2").describe_security_group_rules(SecurityGroupRuleIds=[id])
    if not found["SecurityGroupRules"]:
        return None
    rule = found["SecurityGroupRules"][0]
    return {**rule, "tags": tags_of(rule.get("Tags", []))}


HTTP = {"protocol": "tcp", "fromPort": 80, "toPort": 80}


INGRESS, EGRESS = (
    f"aws:vpc/securityGroup{side}Rule:SecurityGroup{side}Rule" for side in ("Ingress", "Egress")
)


CASES = [
    Case(
        "aws:ec2/securityGroup:SecurityGroup",
        lambda w: {
            "name": "open-web",
            "description": "the web",
            "vpcId": w.vpc,
            "revokeRulesOnDelete": True,
            "ingress": [{**HTTP, "cidrBlocks": ["0.0.0.0/0"], "description": "all"}],
            "egress": [{**HTTP, "ipv6CidrBlocks": ["::/0"]}],
            "tags": T1,
        },
        _group,
        lambda w: {
            "name": "open-web",
            "description": "the web",
            "vpc": w.vpc,
            "in": [("tcp", 80, ["0.0.0.0/0"], [], [], ["all"])],
            "out": [("tcp", 80, [], ["::/0"], [], [])],
            "tags": SEEN1,
        },
        lambda w: {
            "ingress": [{**HTTP, "securityGroups": w.groups[:1]}],
            "egress": [],
            "tags": T2,
        },
        lambda w: {
            "in": [("tcp", 80, [], [], w.groups[:1], [])],
            "out": [],
            "tags": SEEN2,
        },
    ),
    Case(
        "aws:ec2/securityGroup:SecurityGroup",
        lambda w: {"namePrefix": "pre-", "vpcId": w.vpc, "ingress": [{**HTTP, "self": True}]},
        lambda w, id, outputs: (
            (seen := _group(w, id, outputs))
            and {
                "prefix": seen["name"][:4],
                "self": seen["in"][0][4] == [id],
                "out": seen["out"],
                "description": seen["description"],
            }
        ),
        lambda w: {
            "prefix": "pre-",
            "self": True,
            "out": [],
            "description": "Managed by Pulumi",
        },
        label="closed",
    ),
    Case(
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
        lambda w: {
            "vpcId": w.vpc,
            "ingress": [{**HTTP, "cidrBlocks": ["172.16.0.0/12"]}],
            "egress": [],
            "tags": T1,
        },
        _group,
        lambda w: {
            "name": "default",
            "vpc": w.vpc,
            "in": [("tcp", 80, ["172.16.0.0/12"], [], [], [None])],
            "out": [],
            "tags": SEEN1,
        },
        lambda w: {
            "ingress": [{**HTTP, "cidrBlocks": ["10.0.0.0/8"]}],
            "egress": [{**HTTP, "cidrBlocks": ["0.0.0.0/0"]}],
            "tags": T2,
        },
        lambda w: {
            "in": [("tcp", 80, ["10.0.0.0/8"], [], [], [None])],
            "out": [("tcp", 80, ["0.0.0.0/0"], [], [], [None])],
            "tags": SEEN2,
        },
        stays=True,
    ),
    Case(
        INGRESS,
        lambda w: {
            "securityGroupId": w.groups[0],
            "ipProtocol": "tcp",
            "fromPort": 443,
            "toPort": 444,
            "cidrIpv4": "0.0.0.0/0",
            "description": "first",
            "tags": T1,
        },
        _rule,
        lambda w: {
            "GroupId": w.groups[0],
            "IsEgress": False,
            "IpProtocol": "tcp",
            "FromPort": 443,
            "ToPort": 444,
            "CidrIpv4": "0.0.0.0/0",
            "Description": "first",
            "tags": SEEN1,
        },
        lambda w: {"description": "second", "tags": T2},
        lambda w: {"Description": "second", "tags": SEEN2},
    ),
    Case(
        INGRESS,
        lambda w: {
            "securityGroupId": w.groups[0],
            "ipProtocol": "tcp",
            "fromPort": 5000,
            "toPort": 5000,
            "referencedSecurityGroupId": w.groups[1],
        },
        _rule,
        lambda w: {"FromPort": 5000, "ReferencedGroupInfo": {"GroupId": w.groups[1]}},
        label="from-group",
    ),
    Case(
        EGRESS,
        lambda w: {
            "securityGroupId": w.groups[0],
            "ipProtocol": "-1",
            "cidrIpv6": "::/0",
            "description": "out",
            "tags": T1,
        },
        _rule,
        lambda w: {"IsEgress": True, "IpProtocol": "-1", "CidrIpv6": "::/0", "tags": SEEN1},
        lambda w: {"description": None, "tags": T2},
        lambda w: {"tags": SEEN2},
    ),
]
