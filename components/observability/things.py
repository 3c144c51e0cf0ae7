"""What was not made by Slipway, as things that are watched."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from ..alarms import apis, clusters, functions, load_balancers, queues, services, tables, workflows
from ..checks import integer, one_of
from ..errors import invalid
from ..queues import MAX_RECEIVES, RETENTION_SECONDS, VISIBILITY_SECONDS
from ..watched import Watched
from .args import (
    ApiToWatch,
    ClusterToWatch,
    FunctionToWatch,
    QueueToWatch,
    ServiceToWatch,
    TableToWatch,
    WorkflowToWatch,
)

INSIGHTS = ("off", "on", "enhanced")
API_SECONDS = 29
"""How long API Gateway waits unless told otherwise (quotas of REST APIs; an HTTP API 30)."""

HEALTH_TIMEOUT_SECONDS = 5
"""Elastic Load Balancing's own default for a health check over HTTP."""


def function(who: str, field: str, given: FunctionToWatch) -> list[Watched]:
    """One function, or its alias."""
    name, alias = given["name"], given.get("alias")
    dimensions: dict[str, pulumi.Input[str]] = {"FunctionName": name}
    check: dict[str, pulumi.Input[str]] = {"function": name}
    if alias is not None:
        dimensions["Resource"] = pulumi.Output.concat(name, ":", alias)
        check["alias"] = alias
    seconds = integer(who, f"{field}.timeout_seconds", given["timeout_seconds"], 1, 900)
    reserved = given.get("reserved_concurrency")
    if reserved is not None:
        reserved = integer(who, f"{field}.reserved_concurrency", reserved, 1)
    group = given.get("log_group_name")
    return [
        Watched(
            kind="function",
            dimensions=dimensions,
            formulas=functions.formulas(timeout_seconds=seconds, reserved_concurrency=reserved),
            log_group_name=group or pulumi.Output.concat("/aws/lambda/", name),
            json_logs=given.get("json_logs", False),
            traced=given.get("traced", False),
            check=check,
        )
    ]


def queue(who: str, field: str, given: QueueToWatch) -> list[Watched]:
    """One queue, and its dead-letter queue if it is named."""

    def number(key: str, default: int, low: int, high: int) -> int:
        return integer(who, f"{field}.{key}", given.get(key, default), low, high)

    dead, name = given.get("dead_letter_name"), given["name"]
    visibility = number("visibility_seconds", VISIBILITY_SECONDS, 0, 43_200)
    retention = number("retention_seconds", RETENTION_SECONDS, 60, 1_209_600)
    receives = number("max_receives", MAX_RECEIVES, 1, 1000)
    if given.get("dead_letter"):
        return [_dead("", name)]
    formulas = queues.formulas(
        visibility_seconds=visibility,
        retention_seconds=retention,
        max_receives=None if dead is None else receives,
    )
    found = [
        Watched(
            kind="queue", dimensions={"QueueName": name}, formulas=formulas, check={"queue": name}
        )
    ]
    return found if dead is None else [*found, _dead("dead-letters", dead)]


def _dead(thing: str, name: pulumi.Input[str]) -> Watched:
    text = "The dead-letter queue has messages that nobody could process"
    return Watched(
        kind="dead_letter_queue",
        name=thing,
        dimensions={"QueueName": name},
        formulas=[queues.depth_formula(queues.DEPTH, text)],
        check={"queue": name},
    )


def table(who: str, field: str, given: TableToWatch) -> list[Watched]:  # noqa: ARG001 - one shape
    """One table."""
    return [
        Watched(
            kind="table",
            dimensions={"TableName": given["name"]},
            formulas=tables.formulas(),
            check={"table": given["name"]},
        )
    ]


def api(who: str, field: str, given: ApiToWatch) -> list[Watched]:
    """One stage of an API."""
    kind = one_of(who, f"{field}.kind", given["kind"], ("rest", "http"))
    needed = ("name", "stage") if kind == "rest" else ("id",)
    for key in needed:
        if given.get(key) is None:
            text = f"the {key} of the API, by which its metrics are known"
            raise invalid(who, f"{field}.{key}", None, text, f"A {kind} API needs it.")
    seconds = integer(
        who, f"{field}.timeout_seconds", given.get("timeout_seconds", API_SECONDS), 1, 30
    )
    stage = given.get("stage", "$default")
    if kind == "rest":
        return [
            Watched(
                kind="rest_api",
                dimensions={"ApiName": given.get("name", ""), "Stage": stage},
                formulas=apis.rest_formulas(timeout_seconds=seconds),
                traced=given.get("traced", False),
            )
        ]
    if given.get("traced"):
        text = "a REST API's only"
        raise invalid(who, f"{field}.traced", True, text, "HTTP APIs send no traces.")
    return [
        Watched(
            kind="http_api",
            dimensions={"ApiId": given.get("id", ""), "Stage": stage},
            formulas=apis.http_formulas(timeout_seconds=seconds),
        )
    ]


def workflow(who: str, field: str, given: WorkflowToWatch) -> list[Watched]:
    """One state machine."""
    seconds = given.get("timeout_seconds")
    if seconds is not None:
        seconds = integer(who, f"{field}.timeout_seconds", seconds, 1)
    return [
        Watched(
            kind="workflow",
            dimensions={"StateMachineArn": given["arn"]},
            formulas=workflows.formulas(
                express=given.get("express", False), timeout_seconds=seconds
            ),
            log_group_name=given.get("log_group_name"),
            traced=given.get("traced", False),
            check={"state_machine_arn": given["arn"]},
        )
    ]


def service(who: str, field: str, given: ServiceToWatch) -> list[Watched]:
    """One ECS service, and its load balancer if it is named."""
    balancer, group = given.get("load_balancer"), given.get("target_group")
    if (balancer is None) != (group is None):
        missing = "load_balancer" if balancer is None else "target_group"
        text = "both load_balancer and target_group, or neither"
        raise invalid(who, f"{field}.{missing}", None, text, f"Give {missing} as well.")
    insights = one_of(
        who, f"{field}.container_insights", given.get("container_insights", "off"), INSIGHTS
    )
    check: dict[str, pulumi.Input[str]] = {
        "cluster": given["cluster"],
        "service": given["service"],
    }
    if (url := given.get("url")) is not None:
        check["url"] = url
    things = [
        Watched(
            kind="service",
            dimensions={"ClusterName": given["cluster"], "ServiceName": given["service"]},
            formulas=services.formulas(
                integer(who, f"{field}.tasks", given["tasks"], 1),
                insights=insights,
                cpu_target=_number(who, field, given, "cpu_target", 100),
                memory_target=_number(who, field, given, "memory_target", 100),
            ),
            log_group_name=given.get("log_group_name"),
            json_logs=given.get("json_logs", False),
            insights=insights,
            check=check,
        )
    ]
    if balancer is not None and group is not None:
        seconds = _number(who, field, given, "health_timeout_seconds", 120)
        things.append(
            Watched(
                kind="load_balancer",
                name="balancer",
                dimensions={"LoadBalancer": balancer, "TargetGroup": group},
                formulas=load_balancers.formulas(seconds or HEALTH_TIMEOUT_SECONDS, own=True),
            )
        )
    return things


def _number(who: str, field: str, given: Any, key: str, most: int) -> float | None:
    value = given.get(key)
    if value is None:
        return None
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 0 < value <= most:
        raise invalid(who, f"{field}.{key}", value, f"a number above 0, {most} at most")
    return float(value)


def cluster(who: str, field: str, given: ClusterToWatch) -> list[Watched]:
    """One EKS cluster."""
    insights = one_of(
        who, f"{field}.container_insights", given.get("container_insights", "off"), INSIGHTS
    )
    return [
        Watched(
            kind="cluster",
            dimensions={"ClusterName": given["name"]},
            formulas=clusters.formulas(insights=insights, pods=False),
            insights=insights,
            check={"kubernetes": given["name"]},
        )
    ]


_KINDS: Mapping[str, Any] = {
    "functions": function,
    "queues": queue,
    "tables": table,
    "apis": api,
    "workflows": workflow,
    "services": service,
    "clusters": cluster,
}
"""By argument, in the order in which dashboards show them."""


def described(who: str, args: Mapping[str, Any]) -> dict[str, tuple[str, Sequence[Watched]]]:
    """Everything that is described in ``args``: by name, the argument and the things.

    Raises:
        ValueError: a number that AWS would not take, or a name that is there twice.
    """
    found: dict[str, tuple[str, Sequence[Watched]]] = {}
    for argument, make in _KINDS.items():
        for name, given in (args.get(argument) or {}).items():
            field = f"{argument}.{name}"
            if name in found:
                other = found[name][0]
                text = f"names that are used once; {other} has it as well"
                raise invalid(who, argument, name, text, "Rename one of the two.")
            clean = {key: value for key, value in given.items() if value is not None}
            found[name] = (argument, make(who, field, clean))
    return found
