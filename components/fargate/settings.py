"""Checks what the caller wrote and turns it into plain settings with every default filled in.

Everything that can be wrong is found here, before a resource exists. The app's own rules
are in ``web_app.py``, a shared load balancer's in ``attach.py``, task sizes in ``sizes.py``.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from ..checks import integer, one_of
from ..errors import invalid
from ..logs import checked_retention
from ..network import Placement
from ..policy import Statement
from ..web_app import ResolvedWebApp, checked_args
from ..web_app import resolve as resolve_app
from . import attach, clients, watching
from .args import DiscoveryArgs, FargateWebServiceArgs
from .sizes import check_size

KIND = "FargateWebService"
NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
LONGEST_NAME = 24
"""A load balancer's name has at most 32 characters, and Pulumi adds eight to make it unique."""
CONTAINER_INSIGHTS = {"off": "disabled", "on": "enabled", "enhanced": "enhanced"}
ROLLOUT_TIMEOUT_SECONDS = 1200
"""ECS needs some minutes for a rolling deployment, waits for its alarms after it, and its circuit
breaker takes about ten minutes to give up on tasks that never get healthy."""
GATE_TIMEOUT_SECONDS = 600
FEWEST_ZONES = 2
"""A load balancer needs subnets in two zones."""


@dataclass(frozen=True)
class Settings:
    """A FargateWebService's arguments, checked, in Python's types."""

    name: str
    app: ResolvedWebApp
    vpc_id: pulumi.Input[str]
    public_subnet_ids: Sequence[pulumi.Input[str]]
    task_subnet_ids: Sequence[pulumi.Input[str]]
    public_ip: bool
    cluster_arn: pulumi.Input[str] | None
    cluster_name: pulumi.Input[str] | None
    container_insights: str | None
    """In the words of ``container_insights``; None for a given cluster, whose own is not known."""
    spot_percent: int
    on_demand_base: int
    route: attach.Route | None
    deletion_protection: bool
    dual_stack: bool
    execution_permissions: Sequence[Statement]
    container_check_command: Sequence[str] | None
    log_retention_days: int
    rollback: bool
    rollout_timeout_seconds: int
    explain_rollouts: bool
    gate_command: Sequence[str] | None
    gate_timeout_seconds: int
    alarms: bool
    alarm_topic_arn: pulumi.Input[str] | None
    formulas: watching.Formulas
    json_logs: bool
    discovery: DiscoveryArgs | None
    allow_from: Sequence[pulumi.Input[str]]
    tags: Mapping[str, pulumi.Input[str]]

    @property
    def desired_count(self) -> int:
        """Tasks to start with; within the limits of scaling where it is on."""
        if (scaling := self.app.scaling) is None:
            return self.app.replicas
        return min(max(self.app.replicas, scaling.min), scaling.max)


def resolve(name: str, args: FargateWebServiceArgs) -> Settings:
    """Check every argument of the component ``name``.

    Raises:
        ValueError: naming component, field, given value, what is allowed, and the next step.
    """
    who = f"{KIND} '{name}'"
    args = checked_args(KIND, name, args, FargateWebServiceArgs)
    _check_name(who, name)
    app = resolve_app(KIND, name, args["app"])
    check_size(who, app.cpu, app.memory)
    network = args["network"]
    public_ip = network.get("nat", "none") == "none"
    _check_network(who, network, public_ip)
    _check_cluster(who, args)
    _check_pull(who, app, args)
    route = None
    if "attach" in args:
        for field in ("deletion_protection", "dual_stack"):
            if args.get(field):
                raise invalid(who, field, True, "where the service makes its own load balancer")
        route = attach.resolve(who, args["attach"], _domain(app))
    spot = integer(who, "spot_percent", args.get("spot_percent", 0), 0, 100)
    base = integer(who, "on_demand_base", args.get("on_demand_base", 1 if spot else 0), 0, 100)
    if base and not spot:
        raise invalid(who, "on_demand_base", base, "with spot_percent above 0")
    explain = _explains(who, args)
    insights = None
    if "cluster_arn" not in args:
        given = args.get("container_insights", "off")
        insights = one_of(who, "container_insights", given, list(CONTAINER_INSIGHTS))
    formulas = watching.formulas(
        who, app, insights, own=route is None, overrides=args.get("alarm_overrides", {})
    )
    gate = args.get("before_deploy")
    if gate is not None and not gate["command"]:
        raise invalid(who, "before_deploy.command", [], "at least one word")
    settings = Settings(
        name=name,
        app=app,
        vpc_id=network["vpc_id"],
        public_subnet_ids=network["public_subnet_ids"],
        task_subnet_ids=network["public_subnet_ids" if public_ip else "private_subnet_ids"],
        public_ip=public_ip,
        cluster_arn=args.get("cluster_arn"),
        cluster_name=args.get("cluster_name"),
        container_insights=insights,
        spot_percent=spot,
        on_demand_base=base,
        route=route,
        deletion_protection=args.get("deletion_protection", False),
        dual_stack=args.get("dual_stack", False),
        execution_permissions=args.get("execution_permissions", ()),
        container_check_command=args.get("container_check_command"),
        log_retention_days=checked_retention(who, args.get("log_retention_days")),
        rollback=args.get("rollback", True),
        rollout_timeout_seconds=integer(
            who,
            "rollout_timeout_seconds",
            args.get("rollout_timeout_seconds", ROLLOUT_TIMEOUT_SECONDS),
            60,
            7200,
        ),
        explain_rollouts=explain,
        gate_command=None if gate is None else gate["command"],
        gate_timeout_seconds=integer(
            who,
            "before_deploy.timeout_seconds",
            GATE_TIMEOUT_SECONDS
            if gate is None
            else gate.get("timeout_seconds", GATE_TIMEOUT_SECONDS),
            30,
            3600,
        ),
        alarms=args.get("alarms", True),
        alarm_topic_arn=args.get("alarm_topic_arn"),
        formulas=formulas,
        json_logs=args.get("json_logs", False),
        discovery=_discovery(who, args),
        allow_from=args.get("allow_from", ()),
        tags=args.get("tags", {}),
    )
    if route is not None:
        attach.claim(who, name, route)  # last: a service that is refused takes no priority
    return settings


def _domain(app: ResolvedWebApp) -> str | None:
    return None if app.domain is None else app.domain.name


def _check_name(who: str, name: str) -> None:
    if not NAME.fullmatch(name) or name.startswith("internal-") or name.endswith("-"):
        raise invalid(
            who, "name", name, "letters, digits and inner hyphens, a letter first, not internal-…"
        )
    if len(name) > LONGEST_NAME:
        raise invalid(
            who,
            "name",
            name,
            f"at most {LONGEST_NAME} characters, not {len(name)}",
            "It names the load balancer, which AWS limits to 32 with Pulumi's random suffix.",
        )


def _check_network(who: str, network: Placement, public_ip: bool) -> None:
    if len(network["public_subnet_ids"]) < FEWEST_ZONES:
        raise invalid(
            who,
            "network.public_subnet_ids",
            len(network["public_subnet_ids"]),
            f"at least {FEWEST_ZONES} subnets in different zones, for the load balancer",
        )
    if not public_ip and not network["private_subnet_ids"]:
        raise invalid(
            who,
            "network.private_subnet_ids",
            [],
            f"at least one subnet with network.nat={network.get('nat')!r}",
            "With nat='none' tasks run in the public subnets.",
        )


def _check_cluster(who: str, args: FargateWebServiceArgs) -> None:
    for one, other in (("cluster_arn", "cluster_name"), ("cluster_name", "cluster_arn")):
        if one in args and other not in args:
            raise invalid(who, other, None, f"given together with {one}")
    if "cluster_arn" in args and "container_insights" in args:
        raise invalid(
            who,
            "container_insights",
            args["container_insights"],
            "without cluster_arn",
            "A given cluster is left as it is; set it where that cluster is made.",
        )


def _check_pull(who: str, app: ResolvedWebApp, args: FargateWebServiceArgs) -> None:
    private = isinstance(app.image, str) and ".dkr.ecr." in app.image
    if private and not args.get("execution_permissions"):
        raise invalid(
            who,
            "execution_permissions",
            [],
            f"permissions to pull {app.image} from a private repository",
            "Next step: pass ContainerImage.pull_policy() of that image.",
        )


def _explains(who: str, args: FargateWebServiceArgs) -> bool:
    can = clients.available()
    wanted = args.get("explain_rollouts", can)
    for field, asked in (("explain_rollouts", wanted), ("before_deploy", "before_deploy" in args)):
        if asked and not can:
            raise invalid(
                who,
                field,
                args.get(field),
                "where boto3 is installed",
                "Next step: pip install 'slipway[hooks]'.",
            )
    return wanted


def _discovery(who: str, args: FargateWebServiceArgs) -> DiscoveryArgs | None:
    found = args.get("discovery")
    if found is not None and not re.fullmatch(
        r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*",
        found["namespace"],
    ):
        raise invalid(
            who, "discovery.namespace", found["namespace"], "a DNS name such as shop.internal"
        )
    return found
