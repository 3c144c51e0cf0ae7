"""Rules of security groups as resources of their own, one range or group each."""

from collections.abc import Mapping
from typing import Any, ClassVar

from .base import Outputs, Provider, Tagged
from .common import exactly_one, ignoring, present
from .ec2_network import retag, tagged
from .ec2_security import check_cidr, check_ports


class RuleInputs(Tagged):
    """Inputs of an ingress or egress rule."""

    security_group_id: str
    ip_protocol: str
    from_port: int | None = None
    to_port: int | None = None
    cidr_ipv4: str | None = None
    cidr_ipv6: str | None = None
    referenced_security_group_id: str | None = None
    description: str | None = None


class _Rule(Provider[RuleInputs]):
    """What rules of both directions share.

    AWS changes ports and sources in place. The embedded cloud derives a rule's id from its
    first content, which a later rule may have again, so here they make a new rule.
    """

    inputs = RuleInputs
    replaces = frozenset(
        {
            "securityGroupId",
            "ipProtocol",
            "fromPort",
            "toPort",
            "cidrIpv4",
            "cidrIpv6",
            "referencedSecurityGroupId",
        }
    )
    outputs = frozenset({"arn", "securityGroupRuleId", "tagsAll"})
    direction: ClassVar[str]
    inert: ClassVar[Mapping[str, str]] = dict.fromkeys(
        sorted(replaces), "stored; the sandbox filters no packets"
    )

    def check(self, name: str, properties: Mapping[str, Any]) -> RuleInputs:
        inputs = super().check(name, properties)
        check_ports(inputs.ip_protocol, inputs.from_port, inputs.to_port)
        exactly_one(
            "a rule",
            {
                "cidrIpv4": inputs.cidr_ipv4,
                "cidrIpv6": inputs.cidr_ipv6,
                "referencedSecurityGroupId": inputs.referenced_security_group_id,
            },
        )
        if inputs.cidr_ipv4 is not None:
            check_cidr(inputs.cidr_ipv4, 4)
        if inputs.cidr_ipv6 is not None:
            check_cidr(inputs.cidr_ipv6, 6)
        return inputs

    def create(self, name: str, inputs: RuleInputs) -> tuple[str, Outputs]:
        ec2, tags = self.context.client("ec2"), self.tags(inputs)
        note = present(Description=inputs.description)
        permission = {
            "IpProtocol": inputs.ip_protocol,
            **present(FromPort=inputs.from_port, ToPort=inputs.to_port),
        }
        if inputs.cidr_ipv4 is not None:
            permission["IpRanges"] = [{"CidrIp": inputs.cidr_ipv4, **note}]
        elif inputs.cidr_ipv6 is not None:
            permission["Ipv6Ranges"] = [{"CidrIpv6": inputs.cidr_ipv6, **note}]
        else:
            source = {"GroupId": inputs.referenced_security_group_id, **note}
            permission["UserIdGroupPairs"] = [source]
        filters = [{"Name": "group-id", "Values": [inputs.security_group_id]}]
        known = ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
        rule = getattr(ec2, f"authorize_security_group_{self.direction}")(
            GroupId=inputs.security_group_id,
            IpPermissions=[permission],
            **tagged("security-group-rule", tags),
        )["SecurityGroupRules"][0]
        id = rule["SecurityGroupRuleId"]
        if id in {other["SecurityGroupRuleId"] for other in known}:
            raise ValueError(
                f"{inputs.security_group_id} already has this {self.direction} rule ({id})."
            )
        return id, {
            "arn": rule["SecurityGroupRuleArn"],
            "securityGroupRuleId": id,
            "securityGroupId": inputs.security_group_id,
            "tagsAll": tags,
        }

    def update(self, id: str, old: RuleInputs, new: RuleInputs, outputs: Outputs) -> Outputs:
        ec2 = self.context.client("ec2")
        ec2.modify_security_group_rules(
            GroupId=new.security_group_id,
            SecurityGroupRules=[
                {
                    "SecurityGroupRuleId": id,
                    "SecurityGroupRule": {"Description": new.description or ""},
                }
            ],
        )
        return outputs | retag(ec2, id, outputs, self.tags(new))

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("InvalidGroup.NotFound", "InvalidSecurityGroupRuleId.NotFound"):
            getattr(self.context.client("ec2"), f"revoke_security_group_{self.direction}")(
                GroupId=outputs["securityGroupId"], SecurityGroupRuleIds=[id]
            )


class SecurityGroupIngressRule(_Rule):
    """What a group lets in."""

    token = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    direction = "ingress"


class SecurityGroupEgressRule(_Rule):
    """What a group lets out."""

    token = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
    direction = "egress"
