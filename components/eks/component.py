"""EksWebApp: a container image becomes a web address on Kubernetes.

Owns the cluster (or joins a given one), its nodes and add-ons, the app's role and its objects,
down to the URL. Leaves out the image (``ContainerImage``), the VPC (``Network``), and whatever
else runs in the cluster. One file a concern beside this one; here they are put together in the
order data flows.
"""

from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from .. import domain as domains
from ..outputs import declared
from ..tags import merged
from ..watched import Watched
from . import addons, load_balancer, manifests, schema
from .args import EksWebAppArgs
from .cluster import Cluster, make_cluster
from .identity import app_role
from .insights import make_insights
from .nodes import make_nodes
from .objects import Objects
from .patches import patched
from .secrets import values_of
from .settings import KIND, Settings, check_digest, resolve

_TEXT = "unknown"


class EksWebApp(pulumi.ComponentResource):
    """A web app on EKS behind a Network Load Balancer, deployed without downtime.

    The manifests in ``k8s/`` say how an app is run, and ``app`` says what runs: image, size,
    probes, drain, scaling and environment are written into them, and what comes out is checked
    against the cluster's version of Kubernetes before anything is made.

    What it costs is mostly not the app: the control plane is 73 USD a month (us-east-1), two
    ``t4g.medium`` nodes about 50, the load balancer about 17, each NAT gateway about 33. Several
    apps share a cluster by ``cluster``.

    Pulumi reaches the cluster with ``aws eks get-token``, so the AWS CLI must be installed. The
    load balancer's port is 443 with a domain and 80 without; it cannot redirect from the one to
    the other.
    """

    url: pulumi.Output[str]
    """Where the app answers, without a trailing slash."""
    cluster_name: pulumi.Output[str]
    """Name of the cluster."""
    kubeconfig: pulumi.Output[str | None]
    """Kubeconfig as JSON text, a secret; none where a given provider reaches the cluster."""
    namespace: pulumi.Output[str]
    """The app's namespace."""
    service_account: pulumi.Output[str]
    """The pods' service account."""
    role_arn: pulumi.Output[str | None]
    """Role of the app in the pods; none on Fargate."""
    deployment_name: pulumi.Output[str]
    """Name of the Deployment, of its Service and of its autoscaler."""

    def __init__(
        self,
        name: str,
        args: EksWebAppArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        made = resolve(name, args, opts)
        _check_objects(made)
        super().__init__(f"slipway:index:{KIND}", name, {}, opts)
        tags = merged(KIND, name, made.tags)
        child = pulumi.ResourceOptions(parent=self)

        cluster, ready = _cluster(made, tags, child)
        role, trusted = app_role(made, cluster.name, tags, child)
        self._kubernetes = None
        if cluster.kubeconfig is not None:
            self._kubernetes = k8s.Provider(
                f"{name}-kubernetes",
                kubeconfig=cluster.kubeconfig,
                # Which cluster it is: a kubeconfig that reads differently is still the same one,
                # and must not replace every object in it.
                cluster_identifier=made.cluster_name,
                enable_server_side_apply=True,
                opts=child,
            )

        objects = Objects(made, self, self._kubernetes, [*ready, *trusted])
        values = values_of(made.app, self)
        namespace = objects.namespace(patched(made, None, None)["Namespace"])
        secret = objects.secret(made.namespace, values) if values else None
        certificate = None
        if made.app.domain is not None:
            certificate = domains.certificate(name, made.app.domain, tags, child)
        whole = patched(made, secret, certificate)
        _pin(made, whole["Deployment"])
        load_balancer.tagged(whole["Service"], tags)
        app = objects.app(whole, namespace)

        host = app.service.status.apply(load_balancer.host_of)
        self.url = pulumi.Output.concat("http://", host)
        if made.app.domain is not None:
            load_balancer.alias(name, made.app.domain, host, child)
            self.url = pulumi.Output.from_input(f"https://{made.app.domain.name}")
        self.cluster_name = pulumi.Output.from_input(cluster.name)
        self.kubeconfig = pulumi.Output.secret(cluster.kubeconfig)
        self.namespace = app.namespace
        self.service_account = app.service_account
        self.role_arn = pulumi.Output.from_input(None if role is None else role.arn)
        self.deployment_name = app.deployment
        self._things = [
            Watched(
                kind="cluster",
                # Names of the Deployment and its namespace, as Container Insights calls them.
                dimensions={
                    "ClusterName": cluster.name,
                    "Namespace": app.namespace,
                    "PodName": app.deployment,
                },
                formulas=made.formulas,
                log_group_name=cluster.log_group_name,
                insights=None if made.made is None else made.made.container_insights,
                check={
                    "kubernetes": cluster.name,
                    "url": pulumi.Output.concat(self.url, made.app.health.path),
                },
            )
        ]
        self.register_outputs(declared(self, EksWebApp))

    def watched(self) -> Sequence[Watched]:
        """What ``Observability`` is told: the cluster, as far as the app depends on it."""
        return self._things

    @property
    def kubernetes_provider(self) -> "k8s.Provider | None":
        """The cluster's provider, for objects of the caller's own; None where the caller's own
        one is in use."""
        return self._kubernetes


def _check_objects(made: Settings) -> None:
    """What is to be applied, while nothing exists yet: names that AWS chooses stand as text."""
    with manifests.shaped(made.who):
        objects = patched(made, _TEXT, _TEXT if made.app.domain is not None else None)
    schema.check(made.who, objects, made.manifests, made.kubernetes_version)


def _cluster(
    made: Settings, tags: dict[str, pulumi.Input[str]], child: pulumi.ResourceOptions
) -> tuple[Cluster, list[pulumi.Resource]]:
    """The cluster, and what in it the app's objects need."""
    if made.made is None:
        given = made.given
        assert given is not None
        kubeconfig = given.get("kubeconfig")
        return (
            Cluster(
                name=given["name"],
                kubeconfig=None if kubeconfig is None else pulumi.Output.secret(kubeconfig),
            ),
            [],
        )
    cluster = make_cluster(made, made.made, tags, child)
    before = addons.before_nodes(made, made.made, cluster, tags, child)
    nodes = make_nodes(made, made.made, cluster, before, tags, child)
    after = addons.after_nodes(made, made.made, cluster, nodes, tags, child)
    make_insights(made, made.made, cluster, nodes, tags, child)
    return cluster, [*cluster.entries, *before, *nodes, *after]


def _pin(made: Settings, deployment: dict[str, Any]) -> None:
    """Check an image that is known later than the rest."""
    if made.require_digest and not isinstance(made.app.image, str):
        container = deployment["spec"]["template"]["spec"]["containers"][0]

        def checked(image: str) -> str:
            check_digest(made.who, image)
            return image

        image: pulumi.Output[str] = pulumi.Output.from_input(made.app.image)
        container["image"] = image.apply(checked)
