"""What the API knows about load balancers, as plain values for the balancer's thread."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ministack.services import acm, alb

from .targets import GroupSettings


@dataclass(frozen=True)
class ListenerPlan:
    """One listener as the API describes it."""

    arn: str
    load_balancer: str
    port: int
    protocol: str
    rules: tuple[Mapping[str, Any], ...]
    """Rule records in order of priority, the default rule last."""
    domains: tuple[str, ...]
    attributes: Mapping[str, str]
    load_balancer_attributes: Mapping[str, str]


@dataclass(frozen=True)
class GroupPlan:
    """One target group and its registered addresses."""

    settings: GroupSettings
    targets: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Plan:
    """Everything."""

    load_balancers: tuple[str, ...]
    listeners: tuple[ListenerPlan, ...]
    groups: tuple[GroupPlan, ...]


def read() -> Plan:
    """The current plan, over all accounts and regions."""
    lb_attributes = _by_arn(alb._lb_attrs)
    balancers = _by_arn(alb._lbs)
    listeners = [_listener(record, lb_attributes) for record in _by_arn(alb._listeners).values()]
    groups = _by_arn(alb._tgs)
    used = _associate(listeners, groups)
    attributes, targets = _by_arn(alb._tg_attrs), _by_arn(alb._targets)
    return Plan(
        tuple(balancers),
        tuple(item for item in listeners if item.load_balancer in balancers),
        tuple(
            _group(record, _pairs(attributes.get(arn)), targets.get(arn) or [], arn in used)
            for arn, record in groups.items()
        ),
    )


def forwarded_groups(action: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Target groups of a forward action with their weights."""
    weighted = (action.get("ForwardConfig") or {}).get("TargetGroups") or []
    if weighted:
        return [(item["TargetGroupArn"], int(item.get("Weight", 1))) for item in weighted]
    return [(action["TargetGroupArn"], 1)] if action.get("TargetGroupArn") else []


def _by_arn(store: Any) -> dict[str, Any]:
    """A scoped store flattened: ARNs are unique over accounts and regions."""
    return {key[-1]: record for key, record in list(store._data.items())}


def _pairs(attributes: list[dict[str, str]] | None) -> dict[str, str]:
    return {item["Key"]: item["Value"] for item in attributes or []}


def _associate(listeners: list[ListenerPlan], groups: dict[str, Any]) -> set[str]:
    """Note on each group which load balancers forward to it; returns the groups in use."""
    used: dict[str, set[str]] = {}
    for listener in listeners:
        for rule in listener.rules:
            for action in rule["Actions"]:
                for arn, _ in forwarded_groups(action):
                    used.setdefault(arn, set()).add(listener.load_balancer)
    for arn, record in groups.items():
        record["LoadBalancerArns"] = sorted(used.get(arn, ()))
    return set(used)


def _listener(record: Mapping[str, Any], lb_attributes: Mapping[str, Any]) -> ListenerPlan:
    arn = record["ListenerArn"]
    rules = [rule for rule in _by_arn(alb._rules).values() if rule.get("ListenerArn") == arn]
    certificates = _by_arn(acm._certificates)
    domains: list[str] = []
    for name in record.get("Certificates", []):
        certificate = certificates.get(name) or {}
        domains += [certificate.get("DomainName", "localhost")]
        domains += certificate.get("SubjectAlternativeNames") or []
    return ListenerPlan(
        arn=arn,
        load_balancer=record["LoadBalancerArn"],
        port=int(record["Port"]),
        protocol=record["Protocol"],
        rules=tuple(
            {**rule, "Actions": [dict(action) for action in rule.get("Actions") or []]}
            for rule in sorted(rules, key=alb._rule_sort_key)
        ),
        domains=tuple(dict.fromkeys(domains)),
        attributes=_pairs(_by_arn(alb._listener_attrs).get(arn)),
        load_balancer_attributes=_pairs(lb_attributes.get(record["LoadBalancerArn"])),
    )


def _group(
    record: Mapping[str, Any],
    attributes: Mapping[str, str],
    targets: list[dict[str, Any]],
    in_use: bool,
) -> GroupPlan:
    default = int(record.get("Port", 80))
    settings = GroupSettings(
        arn=record["TargetGroupArn"],
        protocol=record.get("Protocol", "HTTP"),
        check_enabled=bool(record.get("HealthCheckEnabled", True)),
        check_path=record.get("HealthCheckPath", "/"),
        check_port=str(record.get("HealthCheckPort", "traffic-port")),
        interval=float(record.get("HealthCheckIntervalSeconds", 30)),
        timeout=float(record.get("HealthCheckTimeoutSeconds", 5)),
        healthy_threshold=int(record.get("HealthyThresholdCount", 5)),
        unhealthy_threshold=int(record.get("UnhealthyThresholdCount", 2)),
        codes=str((record.get("Matcher") or {}).get("HttpCode", "200")),
        deregistration_delay=float(attributes.get("deregistration_delay.timeout_seconds", 300)),
        in_use=in_use,
    )
    places = [(str(target["Id"]), int(target.get("Port") or default)) for target in targets]
    return GroupPlan(settings, tuple(dict.fromkeys(places)))
