"""What a caller of FargateWebService writes; checked in ``settings.py``."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi

from ..alarms import AlarmOverride
from ..network import Placement
from ..policy import Statement
from ..web_app import WebApp


class Attachment(TypedDict):
    """A load balancer that several services share: ``FargateWebService.attachment`` of its owner,
    or the same facts about one that was made elsewhere."""

    listener_arn: pulumi.Input[str]
    """ARN of the listener that gets the rule (the HTTPS one where there is one)."""
    load_balancer_arn_suffix: pulumi.Input[str]
    """The load balancer's name in metrics, ``app/name/id``: alarms and request-based scaling
    need it."""
    load_balancer_security_group_id: pulumi.Input[str]
    """Security group of the load balancer; a way out to the tasks is added to it."""
    load_balancer_dns_name: pulumi.Input[str]
    """DNS name of the load balancer: what an alias record of an attached domain points to."""
    load_balancer_zone_id: pulumi.Input[str]
    """Hosted zone of the load balancer, for alias records."""
    url: pulumi.Input[str]
    """Where the load balancer is reached, without a trailing slash."""
    https: NotRequired[bool]
    """Whether the listener speaks HTTPS (False): an attached service with a domain needs it."""


class AttachArgs(TypedDict):
    """How a service joins a shared load balancer."""

    to: Attachment
    """The shared load balancer: ``owner.attachment``."""
    priority: int
    """Place among the listener's rules, 1 to 50000, lower first, each used once."""
    path_patterns: NotRequired[Sequence[str]]
    """Paths that go to this service, such as ``/api/*``; at most 128 characters each. The path
    reaches the app as it is, the pattern is not cut off."""
    host_headers: NotRequired[Sequence[str]]
    """Host names that go to this service; ``*`` and ``?`` match. The app's domain unless given.
    Paths and hosts together are at most 5."""


class BeforeDeployArgs(TypedDict):
    """A task that must end well before a new revision is deployed."""

    command: Sequence[str]
    """What runs, in the new image: ``["python3", "-m", "migrate"]``. It must be safe to run twice:
    a deployment that fails later runs it again."""
    timeout_seconds: NotRequired[int]
    """Longest run, 30 to 3600 (600); then it is stopped and the update fails."""


class DiscoveryArgs(TypedDict):
    """A private DNS name under which other services of the VPC find the tasks."""

    namespace: str
    """Private DNS name of the namespace, such as ``shop.internal``; the tasks answer at
    ``<component name>.<namespace>``."""
    namespace_id: NotRequired[pulumi.Input[str]]
    """An existing namespace of that name (another service's ``discovery_namespace_id``). Made,
    for the network's VPC, unless given: a VPC has one namespace of a name."""


class FargateWebServiceArgs(TypedDict):
    """Settings of a FargateWebService."""

    app: WebApp
    """The web app: image, port, size, health, drain, scaling, secrets, domain, permissions."""
    network: Placement
    """Where it runs: ``Network.placement``, or the ids of an existing VPC. The load balancer takes
    the public subnets; tasks take the private ones, or the public ones with a public address
    where there is no NAT."""
    cluster_arn: NotRequired[pulumi.Input[str]]
    """An existing ECS cluster, given with ``cluster_name``; a cluster is made unless given. For
    ``spot_percent`` it must have the FARGATE and FARGATE_SPOT capacity providers."""
    cluster_name: NotRequired[pulumi.Input[str]]
    """Name of the cluster in ``cluster_arn``: metrics and scaling know it by name."""
    container_insights: NotRequired[str]
    """``off`` (default), ``on`` or ``enhanced``, for the cluster that is made. Metered per metric,
    so never on by itself."""
    spot_percent: NotRequired[int]
    """Share of the tasks beyond ``on_demand_base`` that runs on Fargate Spot, 0 to 100 (0). Spot is
    far cheaper and taken away with two minutes' notice."""
    on_demand_base: NotRequired[int]
    """Tasks that always run on demand, 0 to 100 (1 with Spot), so that one stays when Spot is taken
    away."""
    attach: NotRequired[AttachArgs]
    """Join another service's load balancer; a load balancer is made unless given."""
    deletion_protection: NotRequired[bool]
    """Whether AWS refuses to delete the load balancer (False); set it in production."""
    dual_stack: NotRequired[bool]
    """Whether the load balancer answers on IPv6 as well (False); its subnets must have IPv6."""
    execution_permissions: NotRequired[Sequence[Statement]]
    """What ECS itself needs to start a task: ``ContainerImage.pull_policy()``, and ``kms:Decrypt``
    for secrets under a key of your own. Its logs and ``app.secrets`` are allowed already."""
    container_check_command: NotRequired[Sequence[str]]
    """The health check inside the container, in ECS's form (``["CMD", "/health"]``). By default
    Python in the image asks ``app.health.path``; an image without ``python3`` gives its own, or
    ``["NONE"]`` for none: the load balancer's check remains."""
    log_retention_days: NotRequired[int]
    """Days that the log group keeps what the tasks write (30): one of CloudWatch's values, such as
    7, 14, 30, 90, 365."""
    rollback: NotRequired[bool]
    """Whether ECS goes back to the last good revision when a deployment fails (True). Turn it off
    where the new revision migrates data that the old one cannot read."""
    rollout_timeout_seconds: NotRequired[int]
    """Longest wait for a deployment to be live, 60 to 7200 (1200)."""
    explain_rollouts: NotRequired[bool]
    """Whether Pulumi's process follows each deployment with boto3 and fails the update with the
    reasons (True where boto3 is installed). Otherwise the provider waits for a steady service,
    and cannot tell a rollback from success."""
    before_deploy: NotRequired[BeforeDeployArgs]
    """A task of the new revision (a migration) that must end with 0 before it is deployed. Needs
    boto3 (``pip install slipway[hooks]``)."""
    alarms: NotRequired[bool]
    """Whether alarms are made for errors, unhealthy targets, latency, CPU and memory (True); the
    first three also fail a deployment."""
    alarm_topic_arn: NotRequired[pulumi.Input[str]]
    """SNS topic that is told when an alarm starts and ends; nobody unless given."""
    alarm_overrides: NotRequired[Mapping[str, AlarmOverride]]
    """Numbers that stand in for computed ones, by alarm: ``cpu``, ``memory``, ``running``,
    ``balancer/errors``, ``balancer/unhealthy``, ``balancer/latency``, and ``balancer/rejected``
    unless attached. ``running`` and ``balancer/rejected`` are made by ``Observability``."""
    json_logs: NotRequired[bool]
    """Whether the app logs one JSON object a line with a ``level`` (False): ``Observability`` then
    counts its errors."""
    discovery: NotRequired[DiscoveryArgs]
    """Register the tasks under a private DNS name; not registered unless given."""
    allow_from: NotRequired[Sequence[pulumi.Input[str]]]
    """Security groups, besides the load balancer's, that may reach the tasks on ``app.port``: other
    services' ``security_group_id``."""
    tags: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Tags for everything that is made, over the component's own; tasks carry them as well."""
