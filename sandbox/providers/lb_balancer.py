"""Application load balancers. The launcher of the embedded cloud gives each a real port."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from .base import Context, Outputs, Provider, Tagged
from .common import (
    ignoring,
    one_of,
    pairs,
    physical_name,
    tag_changes,
    within,
)

NAME_LIMIT = 32
PREFIX_LIMIT = 6
"""Load balancers and target groups take at most 32 characters, 6 of them a prefix."""
ALIAS_ZONE = "Z35SXDOTRQ7X7K"
"""Hosted zone of load balancers in us-east-1, for alias records; any id does in the sandbox."""
NETWORK_ALIAS_ZONE = "Z26RNL4JYFTOTI"
"""The same for network load balancers."""

_NAME = re.compile(r"^(?!-)[A-Za-z0-9-]{1,32}(?<!-)$")


def check_names(name: str | None, prefix: str | None) -> None:
    """Refuse names that the ELB API refuses."""
    if name is not None and not _NAME.match(name):
        raise ValueError(
            f"name={name!r}: up to {NAME_LIMIT} letters, digits and hyphens, no hyphen at "
            "either end."
        )
    if prefix is not None and len(prefix) > PREFIX_LIMIT:
        raise ValueError(f"namePrefix={prefix!r} is longer than {PREFIX_LIMIT} characters.")


def balancer_name(logical: str, name: str | None, prefix: str | None) -> str:
    """The explicit name or one made from the logical name, in the letters that ELB takes."""
    clean = re.sub(r"[^A-Za-z0-9-]", "-", logical).lstrip("-")
    return physical_name(clean, name, prefix, limit=NAME_LIMIT)


def retag(elb: Any, arn: str, outputs: Outputs, wanted: dict[str, str]) -> Outputs:
    """Bring the tags of an ELB resource to ``wanted``; the outputs that changed."""
    put, drop = tag_changes(outputs, wanted)
    if drop:
        elb.remove_tags(ResourceArns=[arn], TagKeys=drop)
    if put:
        elb.add_tags(ResourceArns=[arn], Tags=pairs(put))
    return {"tagsAll": wanted}


def attributes(values: Mapping[str, object]) -> list[dict[str, str]]:
    """ELB attributes: every value is text."""
    return [
        {"Key": key, "Value": str(value).lower() if isinstance(value, bool) else str(value)}
        for key, value in values.items()
        if value is not None
    ]


class LoadBalancerInputs(Tagged):
    """Inputs of a load balancer."""

    name: str | None = None
    name_prefix: str | None = None
    load_balancer_type: str = "application"
    internal: bool = False
    ip_address_type: str = "ipv4"
    security_groups: list[str] = []
    subnets: list[str] = []
    drop_invalid_header_fields: bool = False
    idle_timeout: int = 60
    enable_deletion_protection: bool = False
    enable_http2: bool = True
    desync_mitigation_mode: str = "defensive"
    preserve_host_header: bool = False
    xff_header_processing_mode: str = "append"


class LoadBalancer(Provider[LoadBalancerInputs]):
    """An application load balancer."""

    token = "aws:lb/loadBalancer:LoadBalancer"
    inputs = LoadBalancerInputs
    replaces = frozenset({"name", "namePrefix", "internal", "loadBalancerType"})
    outputs = frozenset({"arn", "arnSuffix", "dnsName", "zoneId", "name", "vpcId", "tagsAll"})
    inert: ClassVar[Mapping[str, str]] = {
        "internal": "stored; every load balancer listens on loopback only",
        "ipAddressType": "stored; listeners are on 127.0.0.1",
        "securityGroups": "stored; the sandbox filters no packets",
        "subnets": "stored; the sandbox has one machine",
        "dropInvalidHeaderFields": "stored; what is no HTTP is refused anyway",
        "enableHttp2": "stored; HTTP/1.1 only",
        "desyncMitigationMode": "stored; what is no HTTP is refused in any mode",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> LoadBalancerInputs:
        inputs = super().check(name, properties)
        check_names(inputs.name, inputs.name_prefix)
        if (inputs.name or "").startswith("internal-"):
            raise ValueError(f"name={inputs.name!r} cannot begin with internal-.")
        one_of("loadBalancerType", inputs.load_balancer_type, ("application",))
        one_of("ipAddressType", inputs.ip_address_type, ("ipv4", "dualstack"))
        within("idleTimeout", inputs.idle_timeout, 1, 4000)
        if len(set(inputs.subnets)) < 2:
            raise ValueError(
                f"subnets={inputs.subnets}: an application load balancer needs at least two, in "
                "different availability zones."
            )
        return inputs

    def create(self, name: str, inputs: LoadBalancerInputs) -> tuple[str, Outputs]:
        elb, tags = self.context.client("elbv2"), self.tags(inputs)
        vpc = self._check_zones(inputs.subnets)
        balancer = elb.create_load_balancer(
            Name=balancer_name(name, inputs.name, inputs.name_prefix),
            Type=inputs.load_balancer_type,
            Scheme="internal" if inputs.internal else "internet-facing",
            IpAddressType=inputs.ip_address_type,
            Subnets=inputs.subnets,
            SecurityGroups=inputs.security_groups,
            Tags=pairs(tags),
        )["LoadBalancers"][0]
        arn = balancer["LoadBalancerArn"]
        self._set_attributes(arn, inputs)
        return arn, {
            "arn": arn,
            "arnSuffix": arn.partition(":loadbalancer/")[2],
            "dnsName": balancer["DNSName"],
            "name": balancer["LoadBalancerName"],
            "zoneId": ALIAS_ZONE,
            "vpcId": vpc,
            "tagsAll": tags,
        }

    def update(
        self, id: str, old: LoadBalancerInputs, new: LoadBalancerInputs, outputs: Outputs
    ) -> Outputs:
        elb = self.context.client("elbv2")
        if old.subnets != new.subnets:
            self._check_zones(new.subnets)
            elb.set_subnets(LoadBalancerArn=id, Subnets=new.subnets)
        if old.security_groups != new.security_groups:
            elb.set_security_groups(LoadBalancerArn=id, SecurityGroups=new.security_groups)
        if old.ip_address_type != new.ip_address_type:
            elb.set_ip_address_type(LoadBalancerArn=id, IpAddressType=new.ip_address_type)
        self._set_attributes(id, new)
        return outputs | retag(elb, id, outputs, self.tags(new))

    def delete(self, id: str, outputs: Outputs) -> None:
        """AWS refuses while deletion protection is on; the embedded cloud would not."""
        elb = self.context.client("elbv2")
        with ignoring("LoadBalancerNotFound"):
            found = elb.describe_load_balancer_attributes(LoadBalancerArn=id)["Attributes"]
            if {"Key": "deletion_protection.enabled", "Value": "true"} in found:
                raise ValueError(
                    f"{outputs['name']} has enableDeletionProtection=True. Deploy it without "
                    "first, then remove it."
                )
            elb.delete_load_balancer(LoadBalancerArn=id)

    def _set_attributes(self, arn: str, inputs: LoadBalancerInputs) -> None:
        self.context.client("elbv2").modify_load_balancer_attributes(
            LoadBalancerArn=arn,
            Attributes=attributes(
                {
                    "deletion_protection.enabled": inputs.enable_deletion_protection,
                    "idle_timeout.timeout_seconds": inputs.idle_timeout,
                    "routing.http.drop_invalid_header_fields.enabled": (
                        inputs.drop_invalid_header_fields
                    ),
                    "routing.http.desync_mitigation_mode": inputs.desync_mitigation_mode,
                    "routing.http.preserve_host_header.enabled": inputs.preserve_host_header,
                    "routing.http.xff_header_processing.mode": inputs.xff_header_processing_mode,
                    "routing.http2.enabled": inputs.enable_http2,
                }
            ),
        )

    def _check_zones(self, subnets: list[str]) -> str:
        """The VPC of the subnets, which must lie in different zones of it."""
        found = self.context.client("ec2").describe_subnets(SubnetIds=subnets)["Subnets"]
        zones = [subnet["AvailabilityZone"] for subnet in found]
        if len(set(zones)) < len(subnets):
            raise ValueError(
                f"subnets={subnets} lie in {', '.join(zones)}: a load balancer takes one subnet "
                "in each of at least two availability zones."
            )
        return str(found[0]["VpcId"])


def _hosted_zone(context: Context, args: Mapping[str, Any]) -> dict[str, Any]:
    """``aws.lb.get_hosted_zone_id``: the zone that alias records to a load balancer name."""
    kind = args.get("loadBalancerType") or "application"
    one_of("loadBalancerType", kind, ("application", "network"))
    zone = ALIAS_ZONE if kind == "application" else NETWORK_ALIAS_ZONE
    return {"id": zone, "loadBalancerType": kind, "region": context.region}


INVOKES = {"aws:lb/getHostedZoneId:getHostedZoneId": _hosted_zone}
