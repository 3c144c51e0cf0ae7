"""What a caller of EksWebApp writes; checked in ``settings.py``."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi

from ..alarms import AlarmOverride
from ..network import Placement
from ..web_app import WebApp


class ExistingCluster(TypedDict):
    """An EKS cluster that somebody else made: with nodes, metrics-server for scaling, the Pod
    Identity agent for ``app.permissions``."""

    name: pulumi.Input[str]
    """Name of the cluster in EKS: the app's role is tied to it."""
    kubeconfig: NotRequired[pulumi.Input[str]]
    """Kubeconfig as text. Unless given, a Kubernetes provider in the component's ``opts`` reaches
    the cluster."""


class Nodes(TypedDict):
    """The managed node group of a cluster that is made."""

    instance_type: NotRequired[str]
    """EC2 instance type, of the app's architecture. Default ``t4g.medium`` for arm64,
    ``t3.medium`` for x86_64: 2 vCPU and 4 GiB, room for the add-ons and some pods."""
    count: NotRequired[int]
    """Nodes to begin with, from ``min`` to ``max`` (2). Later the number belongs to whoever scales
    the group, and a change here does nothing."""
    min: NotRequired[int]
    """Fewest nodes, 0 or more (1)."""
    max: NotRequired[int]
    """Most nodes, 1 or more (4): a limit to the bill."""
    disk_gib: NotRequired[int]
    """Size of a node's encrypted disk in GiB, 20 to 16384 (20): images and logs."""


class EksWebAppArgs(TypedDict):
    """Settings of an EksWebApp."""

    app: WebApp
    """The web app: image, port, size, health, drain, scaling, secrets, domain, permissions.
    Secrets are read when the program runs and kept in a Kubernetes Secret: after a change of the
    value, deploy again."""
    network: NotRequired[Placement]
    """Where the cluster is made: ``Network.placement``, or the ids of an existing VPC. Nodes take
    the private subnets, or the public ones with a public address where there is no NAT. Either
    this or ``cluster``."""
    cluster: NotRequired[ExistingCluster]
    """An existing cluster to run in. Either this or ``network``; what belongs to the cluster
    (nodes, principals, add-ons, logs, encryption) is then its owner's."""
    kubernetes_version: NotRequired[str]
    """Version of Kubernetes, such as ``1.35`` (the default): one that EKS has in standard support.
    Raise it one minor version at a time. The manifests are checked against it."""
    admins: NotRequired[Sequence[pulumi.Input[str]]]
    """ARNs of IAM roles and users that may do everything in the cluster. Whoever makes the cluster
    may as well: Pulumi has to deploy into it. The order names the entries: append only."""
    operators: NotRequired[Sequence[pulumi.Input[str]]]
    """ARNs of IAM roles and users that may look into the app's namespace; with ``app.exec`` they
    may change things there and open shells. The order names the entries: append only."""
    nodes: NotRequired[Nodes]
    """The node group: 2 nodes of the app's architecture, 1 to 4, unless given."""
    fargate: NotRequired[bool]
    """Whether the app's pods run on Fargate (False); nodes remain for the add-ons. Fargate on EKS
    has x86_64 and private subnets behind NAT only, neither Pod Identity nor network policies."""
    private_endpoint: NotRequired[bool]
    """Whether the Kubernetes API answers inside the VPC only (False): Pulumi must then run there.
    Nodes always reach it inside the VPC."""
    public_access_cidrs: NotRequired[Sequence[str]]
    """Ranges that may reach the public endpoint (everywhere; IAM still decides who gets in)."""
    control_plane_logs: NotRequired[Sequence[str]]
    """What the control plane logs: ``api``, ``audit``, ``authenticator``, ``controllerManager``,
    ``scheduler``. By default the first three, who did what; ``[]`` for nothing."""
    secrets_encryption: NotRequired[bool]
    """Whether Kubernetes secrets are encrypted under a KMS key of the cluster's own (True), about
    1 USD a month. It cannot be taken away from a cluster: False replaces it."""
    deletion_protection: NotRequired[bool]
    """Whether AWS refuses to delete the cluster (False); set it in production."""
    namespace: NotRequired[str]
    """Namespace that is made for the app. The component's name unless given."""
    manifests: NotRequired[str]
    """Folder with a ``kustomization.yaml`` and one manifest an object. Slipway's own unless given:
    start from a copy of its ``k8s/``."""
    readiness_path: NotRequired[str]
    """Path that says whether a pod may get requests now; it may ask the app's dependencies, since
    a pod that is not ready is not restarted. ``app.health.path`` unless given."""
    require_digest: NotRequired[bool]
    """Whether an image without ``@sha256:`` is refused (False): a tag can name another image
    tomorrow, and pods of one rollout would differ."""
    load_balancer_class: NotRequired[str]
    """Which controller makes the load balancer: ``service.k8s.aws/nlb`` (AWS Load Balancer
    Controller) or ``eks.amazonaws.com/nlb`` (EKS Auto Mode), which must be in the cluster and send
    requests straight to pods. Unless given, EKS's own, by way of the nodes: nothing to install."""
    addon_versions: NotRequired[Mapping[str, str]]
    """Add-on names to versions, such as ``{"coredns": "v1.12.1-eksbuild.2"}``. Unless given, EKS's
    default at the time an add-on is made, and no update moves it."""
    log_retention_days: NotRequired[int]
    """Days that the control plane's logs are kept (30): one of CloudWatch's values, such as 7, 14,
    30, 90, 365."""
    container_insights: NotRequired[str]
    """``off`` (default), ``on`` or ``enhanced``: EKS's add-on ``amazon-cloudwatch-observability``,
    which measures nodes and pods. ``on`` is billed as custom metrics, 0.30 USD a month for each
    figure of each node, namespace and app; ``enhanced`` adds every container and is billed by the
    observation, 0.21 USD a million (us-east-1, CloudWatch pricing): never on by itself."""
    alarm_overrides: NotRequired[Mapping[str, AlarmOverride]]
    """Numbers that stand in for computed ones, by alarm: ``unschedulable``, ``api-errors``,
    ``storage``, and with Container Insights ``nodes`` and ``restarts``. The alarms are made by
    ``Observability``."""
    tags: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Tags for everything that is made in AWS, over the component's own."""
