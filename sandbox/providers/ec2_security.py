"""Security groups and their rules.

The embedded cloud stores them and filters no packet by them; that they let in only what
they should is a matter of tests on the recorded program.
"""

import ipaddress
from collections.abc import Mapping
from typing import Any, ClassVar

import pydantic

from .base import Inputs, Outputs, Provider, Tagged
from .common import ignoring, physical_name, present, within
from .ec2_network import retag, tagged

_WITH_PORTS = ("tcp", "udp", "6", "17")
_ALL = "-1"


class InlineRule(Inputs):
    """One entry of a group's ``ingress`` or ``egress``."""

    protocol: str
    from_port: int
    to_port: int
    cidr_blocks: list[str] = []
    ipv6_cidr_blocks: list[str] = []
    security_groups: list[str] = []
    self_: bool = pydantic.Field(default=False, alias="self")
    description: str | None = None

    def permission(self, group: str) -> dict[str, Any]:
        """The rule as EC2's ``IpPermission`` on ``group``."""
        note = present(Description=self.description)
        sources = [*self.security_groups, *([group] if self.self_ else [])]
        ports = (
            {} if self.protocol == _ALL else {"FromPort": self.from_port, "ToPort": self.to_port}
        )
        return {
            "IpProtocol": self.protocol,
            **ports,
            "IpRanges": [{"CidrIp": cidr, **note} for cidr in self.cidr_blocks],
            "Ipv6Ranges": [{"CidrIpv6": cidr, **note} for cidr in self.ipv6_cidr_blocks],
            "UserIdGroupPairs": [{"GroupId": source, **note} for source in sources],
        }


def check_ports(protocol: str, low: int | None, high: int | None) -> None:
    """The port range that EC2 takes for this protocol."""
    if protocol == _ALL:
        if (low or 0, high or 0) not in ((0, 0), (-1, -1)):
            raise ValueError(f"ipProtocol='-1' means every port; given {low} to {high}.")
    elif protocol in _WITH_PORTS:
        if low is None or high is None:
            raise ValueError(f"ipProtocol={protocol!r} needs fromPort and toPort.")
        within("fromPort", low, 0, 65535)
        within("toPort", high, 0, 65535)
        if low > high:
            raise ValueError(f"fromPort={low} is above toPort={high}.")


def check_cidr(cidr: str, version: int) -> None:
    """An address range of the given IP version, without host bits."""
    try:
        given = ipaddress.ip_network(cidr)
    except ValueError as error:
        raise ValueError(f"{cidr!r} is not an address range: {error}") from None
    if given.version != version:
        raise ValueError(f"{cidr!r} is not an IPv{version} range.")


class SecurityGroupInputs(Tagged):
    """Inputs of a security group; ``egress`` not given means none, as in Pulumi."""

    name: str | None = None
    name_prefix: str | None = None
    description: str = "Managed by Pulumi"
    vpc_id: str | None = None
    ingress: list[InlineRule] | None = None
    egress: list[InlineRule] | None = None
    revoke_rules_on_delete: bool = False


def _check_inline(rules: list[InlineRule] | None) -> None:
    for rule in rules or []:
        check_ports(rule.protocol, rule.from_port, rule.to_port)
        for cidr in rule.cidr_blocks:
            check_cidr(cidr, 4)
        for cidr in rule.ipv6_cidr_blocks:
            check_cidr(cidr, 6)


def _set_rules(ec2: Any, group: str, direction: str, rules: list[InlineRule]) -> None:
    """Leave ``group`` with exactly these rules in one direction."""
    key = "IpPermissions" if direction == "ingress" else "IpPermissionsEgress"
    current = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0][key]
    wanted = [rule.permission(group) for rule in rules]
    if current:
        getattr(ec2, f"revoke_security_group_{direction}")(GroupId=group, IpPermissions=current)
    if wanted:
        getattr(ec2, f"authorize_security_group_{direction}")(GroupId=group, IpPermissions=wanted)


class SecurityGroup(Provider[SecurityGroupInputs]):
    """A security group; a new one lets nothing in and, without ``egress``, nothing out."""

    token = "aws:ec2/securityGroup:SecurityGroup"
    inputs = SecurityGroupInputs
    replaces = frozenset({"name", "namePrefix", "description", "vpcId"})
    outputs = frozenset({"arn", "name", "ownerId", "vpcId", "tagsAll"})
    inert: ClassVar[Mapping[str, str]] = {
        "ingress": "stored; the sandbox filters no packets",
        "egress": "stored; the sandbox filters no packets",
        "revokeRulesOnDelete": "the sandbox deletes a group with its rules anyway",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> SecurityGroupInputs:
        inputs = super().check(name, properties)
        _check_inline(inputs.ingress)
        _check_inline(inputs.egress)
        if inputs.name is not None and inputs.name.startswith("sg-"):
            raise ValueError(f"name={inputs.name!r}: a group's name cannot begin with sg-.")
        if not 1 <= len(inputs.description) <= 255:
            raise ValueError("description must have 1 to 255 characters.")
        return inputs

    def create(self, name: str, inputs: SecurityGroupInputs) -> tuple[str, Outputs]:
        ec2, tags = self.context.client("ec2"), self.tags(inputs)
        group_name = physical_name(name, inputs.name, inputs.name_prefix, limit=255)
        group = ec2.create_security_group(
            GroupName=group_name,
            Description=inputs.description,
            **present(VpcId=inputs.vpc_id),
            **tagged("security-group", tags),
        )
        id = group["GroupId"]
        # AWS opens a new group to the outside; Pulumi's provider takes that rule away.
        _set_rules(ec2, id, "egress", inputs.egress or [])
        _set_rules(ec2, id, "ingress", inputs.ingress or [])
        found = ec2.describe_security_groups(GroupIds=[id])["SecurityGroups"][0]
        return id, {
            "arn": group["SecurityGroupArn"],
            "name": group_name,
            "ownerId": found["OwnerId"],
            "vpcId": found["VpcId"],
            "tagsAll": tags,
        }

    def update(
        self, id: str, old: SecurityGroupInputs, new: SecurityGroupInputs, outputs: Outputs
    ) -> Outputs:
        ec2 = self.context.client("ec2")
        for direction, before, after in (
            ("ingress", old.ingress, new.ingress),
            ("egress", old.egress, new.egress),
        ):
            # Not given any more: the rules stay, since rule resources may own them.
            if after is not None and before != after:
                _set_rules(ec2, id, direction, after)
        return outputs | retag(ec2, id, outputs, self.tags(new))

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("InvalidGroup.NotFound"):
            self.context.client("ec2").delete_security_group(GroupId=id)


class DefaultGroupInputs(Tagged):
    """Inputs of the adopted default group."""

    vpc_id: str
    ingress: list[InlineRule] = []
    egress: list[InlineRule] = []


class DefaultSecurityGroup(Provider[DefaultGroupInputs]):
    """The group that AWS makes with a VPC: adopted and set to these rules, never deleted."""

    token = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
    inputs = DefaultGroupInputs
    replaces = frozenset({"vpcId"})
    outputs = frozenset({"arn", "name", "description", "ownerId", "tagsAll"})
    inert: ClassVar[Mapping[str, str]] = {
        "ingress": "stored; the sandbox filters no packets",
        "egress": "stored; the sandbox filters no packets",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> DefaultGroupInputs:
        inputs = super().check(name, properties)
        _check_inline(inputs.ingress)
        _check_inline(inputs.egress)
        return inputs

    def create(self, name: str, inputs: DefaultGroupInputs) -> tuple[str, Outputs]:
        ec2, tags = self.context.client("ec2"), self.tags(inputs)
        filters = [
            {"Name": "vpc-id", "Values": [inputs.vpc_id]},
            {"Name": "group-name", "Values": ["default"]},
        ]
        group = ec2.describe_security_groups(Filters=filters)["SecurityGroups"][0]
        id, owner = group["GroupId"], group["OwnerId"]
        _set_rules(ec2, id, "ingress", inputs.ingress)
        _set_rules(ec2, id, "egress", inputs.egress)
        retag(ec2, id, {}, tags)
        return id, {
            "arn": f"arn:aws:ec2:{self.context.region}:{owner}:security-group/{id}",
            "name": group["GroupName"],
            "description": group["Description"],
            "ownerId": owner,
            "tagsAll": tags,
        }

    def update(
        self, id: str, old: DefaultGroupInputs, new: DefaultGroupInputs, outputs: Outputs
    ) -> Outputs:
        ec2 = self.context.client("ec2")
        _set_rules(ec2, id, "ingress", new.ingress)
        _set_rules(ec2, id, "egress", new.egress)
        return outputs | retag(ec2, id, outputs, self.tags(new))

    def delete(self, id: str, outputs: Outputs) -> None:
        """It goes with its VPC."""
