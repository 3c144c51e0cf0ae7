"""Lives of load balancers and target groups."""

from collections.abc import Mapping
from typing import Any

from sandbox.providers.base import Outputs

from .looks import SEEN1, SEEN2, T1, T2, unless_gone
from .world import Case, World, tags_of


def elb_tags(world: World, arn: str) -> dict[str, str]:
    """Tags of one resource of the load balancer API."""
    found = world.client("elbv2").describe_tags(ResourceArns=[arn])["TagDescriptions"]
    return tags_of(found[0]["Tags"])


@unless_gone
def _balancer(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    elb = world.client("elbv2")
    balancer = elb.describe_load_balancers(LoadBalancerArns=[id])["LoadBalancers"][0]
    attributes = elb.describe_load_balancer_attributes(LoadBalancerArn=id)["Attributes"]
    assert outputs["dnsName"] == balancer["DNSName"]
    assert id.endswith(f"loadbalancer/{outputs['arnSuffix']}")
    return {
        **balancer,
        "zones": sorted(zone["SubnetId"] for zone in balancer["AvailabilityZones"]),
        "attributes": tags_of(attributes),
        "tags": elb_tags(world, id),
    }


@unless_gone
def _target_group(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    elb = world.client("elbv2")
    group = elb.describe_target_groups(TargetGroupArns=[id])["TargetGroups"][0]
    attributes = elb.describe_target_group_attributes(TargetGroupArn=id)["Attributes"]
    assert id.endswith(outputs["arnSuffix"])
    assert outputs["arnSuffix"].startswith("targetgroup/")
    return {**group, "attributes": tags_of(attributes), "tags": elb_tags(world, id)}


CASES = [
    Case(
        "aws:lb/loadBalancer:LoadBalancer",
        lambda w: {
            "name": "front",
            "loadBalancerType": "application",
            "internal": True,
            "ipAddressType": "ipv4",
            "securityGroups": w.groups[:1],
            "subnets": w.subnets[:2],
            "dropInvalidHeaderFields": True,
            "idleTimeout": 90.0,
            "enableDeletionProtection": True,
            "enableHttp2": False,
            "desyncMitigationMode": "strictest",
            "preserveHostHeader": True,
            "xffHeaderProcessingMode": "preserve",
            "tags": T1,
        },
        _balancer,
        lambda w: {
            "LoadBalancerName": "front",
            "Type": "application",
            "Scheme": "internal",
            "IpAddressType": "ipv4",
            "SecurityGroups": w.groups[:1],
            "zones": sorted(w.subnets[:2]),
            "attributes": {
                "deletion_protection.enabled": "true",
                "idle_timeout.timeout_seconds": "90",
                "routing.http.drop_invalid_header_fields.enabled": "true",
                "routing.http.desync_mitigation_mode": "strictest",
                "routing.http.preserve_host_header.enabled": "true",
                "routing.http.xff_header_processing.mode": "preserve",
                "routing.http2.enabled": "false",
            },
            "tags": SEEN1,
        },
        lambda w: {
            "ipAddressType": "dualstack",
            "securityGroups": w.groups[1:],
            "subnets": w.subnets[1:],
            "enableDeletionProtection": False,
            "idleTimeout": None,
            "tags": T2,
        },
        lambda w: {
            "IpAddressType": "dualstack",
            "SecurityGroups": w.groups[1:],
            "zones": sorted(w.subnets[1:]),
            "attributes": {
                "deletion_protection.enabled": "false",
                "idle_timeout.timeout_seconds": "60",
            },
            "tags": SEEN2,
        },
    ),
    Case(
        "aws:lb/loadBalancer:LoadBalancer",
        lambda w: {"namePrefix": "pre-", "subnets": w.subnets[:2]},
        lambda w, id, o: (
            (seen := _balancer(w, id, o))
            and {"prefix": seen["LoadBalancerName"][:4], "Scheme": seen["Scheme"]}
        ),
        lambda w: {"prefix": "pre-", "Scheme": "internet-facing"},
        label="prefix",
    ),
    Case(
        "aws:lb/targetGroup:TargetGroup",
        lambda w: {
            "name": "front-group",
            "port": 5000.0,
            "protocol": "HTTP",
            "protocolVersion": "HTTP1",
            "vpcId": w.vpc,
            "targetType": "ip",
            "deregistrationDelay": 30.0,
            "slowStart": 30.0,
            "loadBalancingAlgorithmType": "least_outstanding_requests",
            "healthCheck": {
                "enabled": True,
                "path": "/health",
                "port": "traffic-port",
                "protocol": "HTTP",
                "interval": 10.0,
                "timeout": 4.0,
                "healthyThreshold": 2.0,
                "unhealthyThreshold": 3.0,
                "matcher": "200-299",
            },
            "stickiness": {
                "type": "app_cookie",
                "enabled": True,
                "cookieDuration": 60.0,
                "cookieName": "SHOP",
            },
            "tags": T1,
        },
        _target_group,
        lambda w: {
            "TargetGroupName": "front-group",
            "Port": 5000,
            "Protocol": "HTTP",
            "VpcId": w.vpc,
            "TargetType": "ip",
            "HealthCheckEnabled": True,
            "HealthCheckPath": "/health",
            "HealthCheckPort": "traffic-port",
            "HealthCheckProtocol": "HTTP",
            "HealthCheckIntervalSeconds": 10,
            "HealthCheckTimeoutSeconds": 4,
            "HealthyThresholdCount": 2,
            "UnhealthyThresholdCount": 3,
            "Matcher": {"HttpCode": "200-299"},
            "attributes": {
                "deregistration_delay.timeout_seconds": "30",
                "slow_start.duration_seconds": "30",
                "load_balancing.algorithm.type": "least_outstanding_requests",
                "stickiness.enabled": "true",
                "stickiness.type": "app_cookie",
                "stickiness.app_cookie.duration_seconds": "60",
                "stickiness.app_cookie.cookie_name": "SHOP",
            },
            "tags": SEEN1,
        },
        lambda w: {
            "healthCheck": {"path": "/ready", "matcher": "200"},
            "deregistrationDelay": 5.0,
            "slowStart": None,
            "stickiness": None,
            "tags": T2,
        },
        lambda w: {
            "HealthCheckPath": "/ready",
            "HealthCheckIntervalSeconds": 30,
            "Matcher": {"HttpCode": "200"},
            "attributes": {
                "deregistration_delay.timeout_seconds": "5",
                "slow_start.duration_seconds": "0",
                "stickiness.enabled": "false",
            },
            "tags": SEEN2,
        },
    ),
    Case(
        "aws:lb/targetGroup:TargetGroup",
        lambda w: {"namePrefix": "pre-", "port": 80, "protocol": "HTTP", "vpcId": w.vpc},
        lambda w, id, o: (
            (seen := _target_group(w, id, o)) and {"prefix": seen["TargetGroupName"][:4]}
        ),
        lambda w: {"prefix": "pre-"},
        label="prefix",
    ),
]
