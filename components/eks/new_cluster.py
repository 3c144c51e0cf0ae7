"""The settings of a cluster that is made, checked."""

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import pulumi

from ..checks import integer, listed, one_of
from ..errors import invalid, nearest
from ..logs import checked_retention
from ..network import Placement
from ..web_app import ResolvedWebApp
from .args import EksWebAppArgs, Nodes
from .machines import checked_instance_type

KUBERNETES_VERSIONS = ("1.34", "1.35", "1.36")
"""In EKS's standard support in August 2026 (EKS user guide, "Kubernetes versions on EKS"). Older
ones cost six times as much for the control plane."""
DEFAULT_KUBERNETES_VERSION = "1.35"
"""The middle one: the newest is weeks old when add-ons first follow it, the oldest soon ends."""
INSIGHTS_ADDON = "amazon-cloudwatch-observability"
ADDONS = ("vpc-cni", "kube-proxy", "eks-pod-identity-agent", "coredns", "metrics-server")
"""What makes a cluster of machines: addresses and network policies, services, roles for pods,
names, and the figures that the autoscaler reads."""
CONTAINER_INSIGHTS = ("off", "on", "enhanced")
LOG_TYPES = ("api", "audit", "authenticator", "controllerManager", "scheduler")
DEFAULT_LOG_TYPES = ("api", "audit", "authenticator")
"""Who asked what, and who was let in. The other two talk about pods, whose events tell the same."""
CLUSTER_ONLY = (
    *("admins", "operators", "nodes", "fargate", "private_endpoint", "public_access_cidrs"),
    *("control_plane_logs", "secrets_encryption", "deletion_protection", "addon_versions"),
    *("log_retention_days", "container_insights"),
)
"""What a given cluster's owner decides."""
NODE_COUNT, NODE_MIN, NODE_MAX, DISK_GIB = 2, 1, 4, 20
FEWEST_ZONES = 2
"""EKS puts its own network interfaces into two zones at least."""
_VERSION = re.compile(r"v\d+\.\d+\.\d+-eksbuild\.\d+")


@dataclass(frozen=True)
class ResolvedNodes:
    """Checked Nodes with every default in place."""

    instance_type: str
    count: int
    min: int
    max: int
    disk_gib: int


@dataclass(frozen=True)
class NewCluster:
    """A cluster to make."""

    vpc_id: pulumi.Input[str]
    public_subnet_ids: Sequence[pulumi.Input[str]]
    private_subnet_ids: Sequence[pulumi.Input[str]]
    public_nodes: bool
    admins: Sequence[pulumi.Input[str]]
    operators: Sequence[pulumi.Input[str]]
    nodes: ResolvedNodes
    fargate: bool
    private_endpoint: bool
    public_access_cidrs: Sequence[str]
    control_plane_logs: Sequence[str]
    secrets_encryption: bool
    deletion_protection: bool
    addon_versions: Mapping[str, str]
    log_retention_days: int
    container_insights: str

    @property
    def node_subnet_ids(self) -> Sequence[pulumi.Input[str]]:
        """Where nodes run."""
        return self.public_subnet_ids if self.public_nodes else self.private_subnet_ids


def resolve(who: str, args: EksWebAppArgs, network: Placement, app: ResolvedWebApp) -> NewCluster:
    """Check what belongs to the cluster.

    Raises:
        ValueError: naming component, field, given value, what is allowed, and the next step.
    """
    public_nodes = network.get("nat", "none") == "none"
    fargate = args.get("fargate", False)
    _check_network(who, network, public_nodes)
    if fargate:
        _check_fargate(who, app, public_nodes)
    private_endpoint = args.get("private_endpoint", False)
    insights = _insights(who, args.get("container_insights", "off"), fargate)
    known = ADDONS if insights == "off" else (*ADDONS, INSIGHTS_ADDON)
    return NewCluster(
        vpc_id=network["vpc_id"],
        public_subnet_ids=network["public_subnet_ids"],
        private_subnet_ids=network["private_subnet_ids"],
        public_nodes=public_nodes,
        admins=args.get("admins", ()),
        operators=args.get("operators", ()),
        nodes=_nodes(who, args.get("nodes", {}), app.architecture),
        fargate=fargate,
        private_endpoint=private_endpoint,
        public_access_cidrs=_cidrs(who, args.get("public_access_cidrs", ()), private_endpoint),
        control_plane_logs=[
            one_of(who, f"control_plane_logs[{index}]", item, LOG_TYPES)
            for index, item in enumerate(args.get("control_plane_logs", DEFAULT_LOG_TYPES))
        ],
        secrets_encryption=args.get("secrets_encryption", True),
        deletion_protection=args.get("deletion_protection", False),
        addon_versions=_addons(who, args.get("addon_versions", {}), known),
        log_retention_days=checked_retention(who, args.get("log_retention_days")),
        container_insights=insights,
    )


def checked_version(who: str, given: str | None) -> str:
    """The version of Kubernetes, or the default."""
    if given is None:
        return DEFAULT_KUBERNETES_VERSION
    return one_of(who, "kubernetes_version", given, KUBERNETES_VERSIONS)


def _check_network(who: str, network: Placement, public_nodes: bool) -> None:
    public, private = network["public_subnet_ids"], network["private_subnet_ids"]
    if len(public) < FEWEST_ZONES:
        raise invalid(
            who,
            "network.public_subnet_ids",
            len(public),
            f"at least {FEWEST_ZONES} subnets in different zones, for the cluster and its load "
            "balancer",
        )
    if not public_nodes and not private:
        raise invalid(
            who,
            "network.private_subnet_ids",
            [],
            f"at least one subnet with network.nat={network.get('nat')!r}",
            "With nat='none' nodes run in the public subnets.",
        )


def _check_fargate(who: str, app: ResolvedWebApp, public_nodes: bool) -> None:
    if app.architecture != "x86_64":
        raise invalid(
            who,
            "fargate",
            True,
            "with app.architecture='x86_64'",
            f"Fargate on EKS runs no {app.architecture} images: build the image for x86_64, or "
            "leave fargate out and let the nodes run it.",
        )
    if public_nodes:
        raise invalid(
            who,
            "fargate",
            True,
            "with network.nat 'single' or 'per_zone'",
            "Fargate on EKS runs in private subnets only, and must fetch the image from there.",
        )
    if app.permissions:
        raise invalid(
            who,
            "fargate",
            True,
            "without app.permissions",
            "EKS Pod Identity does not reach pods on Fargate: leave fargate out.",
        )


def _nodes(who: str, nodes: Nodes, architecture: str) -> ResolvedNodes:
    given = cast(Mapping[str, object], nodes)

    def number(key: str, default: int, low: int, high: int | None = None) -> int:
        value = given.get(key)
        return integer(who, f"nodes.{key}", default if value is None else value, low, high)

    lowest, highest = number("min", NODE_MIN, 0), number("max", NODE_MAX, 1)
    if lowest > highest:
        raise invalid(
            who,
            "nodes.min",
            lowest,
            f"0 to nodes.max ({highest})",
            f"Lower min to {highest}, or raise max to {lowest}.",
        )
    # A default that does not fit the given bounds is no mistake of the caller's.
    count = number("count", min(max(NODE_COUNT, lowest), highest), 0)
    if not lowest <= count <= highest:
        raise invalid(
            who,
            "nodes.count",
            count,
            f"nodes.min ({lowest}) to nodes.max ({highest})",
            f"Nearest: {lowest if count < lowest else highest}.",
        )
    return ResolvedNodes(
        instance_type=checked_instance_type(
            who, "nodes.instance_type", nodes.get("instance_type"), architecture
        ),
        count=count,
        min=lowest,
        max=highest,
        disk_gib=number("disk_gib", DISK_GIB, 20, 16384),
    )


def _cidrs(who: str, given: Sequence[str], private_endpoint: bool) -> Sequence[str]:
    if given and private_endpoint:
        raise invalid(
            who,
            "public_access_cidrs",
            list(given),
            "without private_endpoint=True",
            "There is no public endpoint then: take one of the two away.",
        )
    for index, cidr in enumerate(given):
        try:
            ipaddress.IPv4Network(cidr)
        except ValueError as error:
            raise invalid(
                who,
                f"public_access_cidrs[{index}]",
                cidr,
                "IPv4 ranges such as '198.51.100.0/24'",
                f"{error}.",
            ) from None
    return list(given)


def _insights(who: str, given: str, fargate: bool) -> str:
    if fargate and given != "off":
        raise invalid(
            who,
            "container_insights",
            given,
            "'off' with fargate=True",
            "Its agent runs on nodes and sees no pod on Fargate: leave one of the two out.",
        )
    return one_of(who, "container_insights", given, CONTAINER_INSIGHTS)


def _addons(who: str, given: Mapping[str, str], known: Sequence[str]) -> Mapping[str, str]:
    for name, version in given.items():
        if name not in known:
            close = nearest(name, known)
            hint = f"Did you mean {close!r}?" if close else "Make other add-ons beside it."
            raise invalid(who, "addon_versions", name, listed(known), hint)
        if not _VERSION.fullmatch(str(version)):
            raise invalid(
                who,
                f"addon_versions[{name!r}]",
                version,
                "versions such as 'v1.12.1-eksbuild.2'",
                f"List them with 'aws eks describe-addon-versions --addon-name {name}'.",
            )
    return dict(given)
