"""Checks what the caller wrote and turns it into plain settings with every default filled in.

Everything that can be wrong is found here, before a resource exists. The app's own rules are in
``web_app``, the cluster's in ``new_cluster.py``, the files' in ``manifests.py``.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import pulumi
import yaml

from .. import shipped
from ..alarms import Formula, clusters, overridden, refuse_unknown
from ..errors import invalid
from ..web_app import ResolvedWebApp, checked_args
from ..web_app import resolve as resolve_app
from . import manifests, new_cluster, schema
from .args import EksWebAppArgs, ExistingCluster
from .manifests import Manifest
from .new_cluster import NewCluster

KIND = "EksWebApp"
NAME = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")
LONGEST_NAME = 40
"""It begins the names of roles, which have at most 64 characters with Pulumi's and EKS's own."""
LONGEST_CLUSTER_NAME = 100
DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")
PROBE_CODES = (200, 399)
"""What a probe of Kubernetes takes for success, and nothing else (Kubernetes documentation,
"Configure Liveness, Readiness and Startup Probes")."""


@dataclass(frozen=True)
class Settings:
    """An EksWebApp's arguments, checked, in Python's types."""

    name: str
    app: ResolvedWebApp
    made: NewCluster | None
    """The cluster to make; None in a given one."""
    given: ExistingCluster | None
    cluster_name: pulumi.Input[str]
    kubernetes_version: str
    namespace: str
    readiness_path: str
    require_digest: bool
    load_balancer_class: str | None
    manifests: Mapping[str, Manifest]
    formulas: Sequence[Formula]
    tags: Mapping[str, pulumi.Input[str]]

    @property
    def who(self) -> str:
        """The component, for messages."""
        return f"{KIND} '{self.name}'"

    @property
    def fargate(self) -> bool:
        """Whether the pods run on Fargate, as far as this component knows."""
        return self.made is not None and self.made.fargate

    @property
    def replicas(self) -> int:
        """Pods to begin with; within the limits of scaling where it is on."""
        if (scaling := self.app.scaling) is None:
            return self.app.replicas
        return min(max(self.app.replicas, scaling.min), scaling.max)


def resolve(name: str, args: EksWebAppArgs, opts: pulumi.ResourceOptions | None) -> Settings:
    """Check every argument of the component ``name``.

    Raises:
        ValueError: naming component, field, given value, what is allowed, and the next step.
    """
    who = f"{KIND} '{name}'"
    args = checked_args(KIND, name, args, EksWebAppArgs)
    _check_name(who, name)
    app = resolve_app(KIND, name, args["app"])
    _check_app(who, app)
    require_digest = args.get("require_digest", False)
    if require_digest and isinstance(app.image, str):
        check_digest(who, app.image)
    network, given = args.get("network"), args.get("cluster")
    if (network is None) == (given is None):
        both = "both" if network is not None else "neither"
        raise ValueError(
            f"{who}: {both} of network and cluster is given. Next step: give network "
            "(Network.placement) to make a cluster there, or cluster={'name': ...} to run in one."
        )
    if given is not None:
        _check_given(who, args, given, opts)
    version = new_cluster.checked_version(who, args.get("kubernetes_version"))
    made = None if network is None else new_cluster.resolve(who, args, network, app)
    return Settings(
        name=name,
        app=app,
        made=made,
        given=given,
        cluster_name=_new_name(who, name) if given is None else given["name"],
        kubernetes_version=version,
        namespace=_namespace(who, args.get("namespace", name)),
        readiness_path=_path(who, args.get("readiness_path", app.health.path)),
        require_digest=require_digest,
        load_balancer_class=_class(who, args.get("load_balancer_class")),
        manifests=_manifests(who, args.get("manifests"), version, app),
        formulas=_formulas(who, args, made),
        tags=args.get("tags", {}),
    )


def _formulas(who: str, args: EksWebAppArgs, made: NewCluster | None) -> Sequence[Formula]:
    computed = clusters.formulas(
        insights=None if made is None else made.container_insights, pods=True
    )
    overrides = args.get("alarm_overrides", {})
    refuse_unknown(who, "alarm_overrides", overrides, [item.role for item in computed])
    return overridden(who, "alarm_overrides", computed, overrides)


def _manifests(
    who: str, folder: str | None, version: str, app: ResolvedWebApp
) -> Mapping[str, Manifest]:
    folder = folder or shipped.manifests()
    found = manifests.read(who, folder)
    # As they stand, so that a mistake is told where it is in the file.
    schema.check(who, {kind: item.object for kind, item in found.items()}, found, version)
    manifests.check(who, folder, found, app.scaling)
    return found


def check_digest(who: str, image: str) -> None:
    """Refuse an image that is not pinned."""
    if not DIGEST.search(image):
        raise invalid(
            who,
            "app.image",
            image,
            "with require_digest=True, references that end in '@sha256:' and 64 digits",
            "Pass ContainerImage.uri, or look the digest up with 'docker buildx imagetools "
            "inspect'.",
        )


def _check_name(who: str, name: str) -> None:
    if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise invalid(
            who,
            "name",
            name,
            f"at most {LONGEST_NAME} lower-case letters, digits and inner hyphens, a letter first",
            "It names objects of Kubernetes, which have DNS names.",
        )


def _new_name(who: str, name: str) -> str:
    # Not Pulumi's random one: the log group must exist, with its retention, before the cluster
    # that writes to it, and its name is made of the cluster's; and every preview shows it.
    cluster = f"{name}-{pulumi.get_stack()}"
    if not re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z_-]*", cluster) or len(cluster) > (
        LONGEST_CLUSTER_NAME
    ):
        raise invalid(
            who,
            "name",
            name,
            f"names whose cluster '{cluster}' (name and stack) is at most "
            f"{LONGEST_CLUSTER_NAME} letters, digits, hyphens and underscores",
            "Rename the stack or the component.",
        )
    return cluster


def _check_app(who: str, app: ResolvedWebApp) -> None:
    codes = [int(code) for code in re.findall(r"\d+", app.health.success_codes)]
    low, high = PROBE_CODES
    if min(codes) < low or max(codes) > high:
        raise invalid(
            who,
            "app.health.success_codes",
            app.health.success_codes,
            f"codes from {low} to {high}, which is what a probe of Kubernetes takes",
            "Let app.health.path answer with 200 while the app lives.",
        )
    if app.scaling is not None and app.scaling.requests_per_target is not None:
        raise invalid(
            who,
            "app.scaling.requests_per_target",
            app.scaling.requests_per_target,
            "cpu_percent and memory_percent on Kubernetes",
            "metrics-server counts no requests; that takes an adapter of your own for custom "
            "metrics.",
        )
    if app.scaling is not None and app.scaling.min < 1:
        raise invalid(
            who,
            "app.scaling.min",
            app.scaling.min,
            "1 or more on Kubernetes",
            "With no pod there is no figure by which the autoscaler could add one.",
        )


def _check_given(
    who: str,
    args: EksWebAppArgs,
    given: ExistingCluster,
    opts: pulumi.ResourceOptions | None,
) -> None:
    for field in new_cluster.CLUSTER_ONLY:
        if field in args:
            raise invalid(
                who,
                field,
                cast(Mapping[str, object], args)[field],
                "without cluster",
                "A given cluster is left as it is; set it where that cluster is made.",
            )
    kubeconfig = given.get("kubeconfig")
    if kubeconfig is None and not _has_provider(opts):
        raise ValueError(
            f"{who}: cluster has no kubeconfig, and opts holds no Kubernetes provider. Next step: "
            "set cluster['kubeconfig'], or pass opts=pulumi.ResourceOptions(providers="
            "[pulumi_kubernetes.Provider(...)])."
        )
    if isinstance(kubeconfig, str):
        _check_kubeconfig(who, kubeconfig)


def _has_provider(opts: pulumi.ResourceOptions | None) -> bool:
    if opts is None:
        return False
    providers: list[Any] = [opts.provider] if opts.provider is not None else []
    if isinstance(opts.providers, Mapping):
        providers += opts.providers.values()
    elif opts.providers is not None:
        providers += opts.providers
    if any(getattr(provider, "package", None) == "kubernetes" for provider in providers):
        return True
    parent = opts.parent
    return parent is not None and parent.get_provider("kubernetes:core/v1:Namespace") is not None


def _check_kubeconfig(who: str, text: str) -> None:
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError:
        found = None
    if not isinstance(found, Mapping) or not found.get("clusters"):
        # Not shown: it may hold a key.
        raise ValueError(
            f"{who}: cluster['kubeconfig'] is not a kubeconfig. Allowed: its text, YAML or JSON "
            "with 'clusters', 'contexts' and 'users', not the path of a file. Next step: pass "
            "what 'kubectl config view --minify --raw' prints."
        )


def _namespace(who: str, given: str) -> str:
    if not NAME.fullmatch(given) or len(given) > 63:
        raise invalid(
            who, "namespace", given, "up to 63 lower-case letters, digits and inner hyphens"
        )
    if given == "default" or given.startswith("kube-"):
        raise invalid(
            who,
            "namespace",
            given,
            "a namespace of the app's own",
            "It is made here and deleted with the app; leave it out to get the component's name.",
        )
    return given


def _path(who: str, given: str) -> str:
    if not re.fullmatch(r"/[!-~]{0,1023}", given):
        raise invalid(who, "readiness_path", given, "a path such as '/ready'")
    return given


def _class(who: str, given: str | None) -> str | None:
    if given is not None and not re.fullmatch(r"[a-z0-9.-]+(/[A-Za-z0-9._-]+)?", given):
        raise invalid(
            who,
            "load_balancer_class",
            given,
            "the class of a controller, such as 'service.k8s.aws/nlb'",
        )
    return given
