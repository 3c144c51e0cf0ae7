"""Target groups: what a load balancer sends requests to, and how it judges their health."""

from collections.abc import Mapping
from typing import Any, ClassVar

from .base import Inputs, Outputs, Provider, Tagged
from .common import ignoring, one_of, pairs, within
from .lb_balancer import attributes, balancer_name, check_names, retag


class HealthCheck(Inputs):
    """How targets are asked for their health."""

    enabled: bool = True
    path: str = "/"
    port: str = "traffic-port"
    protocol: str = "HTTP"
    interval: int = 30
    timeout: int = 5
    healthy_threshold: int = 5
    unhealthy_threshold: int = 2
    matcher: str = "200"


class Stickiness(Inputs):
    """Whether a client stays with its target."""

    type: str
    enabled: bool = True
    cookie_duration: int = 86400
    cookie_name: str | None = None


class TargetGroupInputs(Tagged):
    """Inputs of a target group."""

    name: str | None = None
    name_prefix: str | None = None
    port: int
    protocol: str
    protocol_version: str = "HTTP1"
    vpc_id: str
    target_type: str = "instance"
    deregistration_delay: int = 300
    slow_start: int = 0
    load_balancing_algorithm_type: str = "round_robin"
    health_check: HealthCheck = HealthCheck()
    stickiness: Stickiness | None = None


class TargetGroup(Provider[TargetGroupInputs]):
    """A target group; ECS puts the tasks of a service in and takes them out."""

    token = "aws:lb/targetGroup:TargetGroup"
    inputs = TargetGroupInputs
    replaces = frozenset(
        {"name", "namePrefix", "port", "protocol", "protocolVersion", "vpcId", "targetType"}
    )
    outputs = frozenset({"arn", "arnSuffix", "name", "tagsAll"})
    inert: ClassVar[Mapping[str, str]] = {
        "protocolVersion": "sent; HTTP/1.1 only",
        "slowStart": "stored; a healthy target gets its full share at once",
        "stickiness": "stored; requests go round robin",
        "loadBalancingAlgorithmType": "stored; requests go round robin",
        "targetType": "stored; targets are addresses in any case",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> TargetGroupInputs:
        inputs = super().check(name, properties)
        check_names(inputs.name, inputs.name_prefix)
        within("port", inputs.port, 1, 65535)
        one_of("protocol", inputs.protocol, ("HTTP",), "The sandbox speaks no TLS to targets.")
        one_of("protocolVersion", inputs.protocol_version, ("HTTP1",))
        one_of("targetType", inputs.target_type, ("ip", "instance"))
        within("deregistrationDelay", inputs.deregistration_delay, 0, 3600)
        if inputs.slow_start:
            within("slowStart", inputs.slow_start, 30, 900)
        _check_health(inputs.health_check)
        if inputs.stickiness is not None:
            one_of("stickiness.type", inputs.stickiness.type, ("lb_cookie", "app_cookie"))
        return inputs

    def create(self, name: str, inputs: TargetGroupInputs) -> tuple[str, Outputs]:
        elb, tags = self.context.client("elbv2"), self.tags(inputs)
        group = elb.create_target_group(
            Name=balancer_name(name, inputs.name, inputs.name_prefix),
            Port=inputs.port,
            Protocol=inputs.protocol,
            ProtocolVersion=inputs.protocol_version,
            VpcId=inputs.vpc_id,
            TargetType=inputs.target_type,
            Tags=pairs(tags),
            **_health(inputs.health_check),
        )["TargetGroups"][0]
        arn = group["TargetGroupArn"]
        self._set_attributes(arn, inputs)
        return arn, {
            "arn": arn,
            "arnSuffix": arn.rpartition(":")[2],
            "name": group["TargetGroupName"],
            "loadBalancerArns": group.get("LoadBalancerArns", []),
            "tagsAll": tags,
        }

    def update(
        self, id: str, old: TargetGroupInputs, new: TargetGroupInputs, outputs: Outputs
    ) -> Outputs:
        elb = self.context.client("elbv2")
        elb.modify_target_group(TargetGroupArn=id, **_health(new.health_check))
        self._set_attributes(id, new)
        return outputs | retag(elb, id, outputs, self.tags(new))

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("TargetGroupNotFound"):
            self.context.client("elbv2").delete_target_group(TargetGroupArn=id)

    def _set_attributes(self, arn: str, inputs: TargetGroupInputs) -> None:
        sticky = inputs.stickiness or Stickiness(type="lb_cookie", enabled=False)
        values: dict[str, object] = {
            "deregistration_delay.timeout_seconds": inputs.deregistration_delay,
            "slow_start.duration_seconds": inputs.slow_start,
            "load_balancing.algorithm.type": inputs.load_balancing_algorithm_type,
            "stickiness.enabled": sticky.enabled,
            "stickiness.type": sticky.type,
            f"stickiness.{sticky.type}.duration_seconds": sticky.cookie_duration,
            "stickiness.app_cookie.cookie_name": sticky.cookie_name,
        }
        self.context.client("elbv2").modify_target_group_attributes(
            TargetGroupArn=arn, Attributes=attributes(values)
        )


def _health(check: HealthCheck) -> dict[str, Any]:
    return {
        "HealthCheckEnabled": check.enabled,
        "HealthCheckPath": check.path,
        "HealthCheckPort": check.port,
        "HealthCheckProtocol": check.protocol,
        "HealthCheckIntervalSeconds": check.interval,
        "HealthCheckTimeoutSeconds": check.timeout,
        "HealthyThresholdCount": check.healthy_threshold,
        "UnhealthyThresholdCount": check.unhealthy_threshold,
        "Matcher": {"HttpCode": check.matcher},
    }


def _check_health(check: HealthCheck) -> None:
    within("healthCheck.interval", check.interval, 5, 300)
    within("healthCheck.timeout", check.timeout, 2, 120)
    if check.timeout >= check.interval:
        raise ValueError(
            f"healthCheck.timeout={check.timeout} must be below "
            f"healthCheck.interval={check.interval}."
        )
    within("healthCheck.healthyThreshold", check.healthy_threshold, 2, 10)
    within("healthCheck.unhealthyThreshold", check.unhealthy_threshold, 2, 10)
    one_of("healthCheck.protocol", check.protocol, ("HTTP",))
    if not check.path.startswith("/"):
        raise ValueError(f"healthCheck.path={check.path!r} must begin with a slash.")
