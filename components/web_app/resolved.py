"""A WebApp checked and complete: what the component that runs it works with."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import pulumi

from .. import checks, policy
from ..architecture import checked_architecture
from ..environment import checked_environment
from ..errors import check_keys, invalid
from ..policy import Statement
from .spec import Domain, HealthCheck, Scaling, WebApp

A = TypeVar("A", bound=Mapping[str, object])
DEFAULT_PORT = 5000
"""The port of Flask and of many Python images; above 1024, so no root is needed."""
DEFAULT_CPU = 256
DEFAULT_MEMORY = 512
"""With 256 CPU units the smallest size that both runtimes accept: enough for a small app."""
DEFAULT_REPLICAS = 2
"""One can fail, or its zone, and the other answers."""
DEFAULT_DRAIN_SECONDS = 30
"""Longer than most requests, far below the 300 s that a load balancer waits by itself and
that every deployment would then wait for (lesson of many ECS users)."""
MAX_DRAIN_SECONDS = 120
"""Fargate's longest ``stopTimeout`` (Amazon ECS developer guide, task definition parameters
for Fargate): a longer drain would be cut off by SIGKILL."""

_HOST_NAME = re.compile(r"(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}\.?")
_SUCCESS_CODES = re.compile(r"[2-4]\d\d(-[2-4]\d\d)?(,[2-4]\d\d(-[2-4]\d\d)?)*")


@dataclass(frozen=True)
class ResolvedHealthCheck:
    """A checked HealthCheck with every default in place."""

    path: str = "/health"
    interval_seconds: int = 10
    timeout_seconds: int = 5
    healthy_threshold: int = 2
    unhealthy_threshold: int = 3
    grace_seconds: int = 60
    success_codes: str = "200"


@dataclass(frozen=True)
class ResolvedScaling:
    """A checked Scaling with every default in place."""

    min: int = 2
    max: int = 10
    cpu_percent: int = 70
    memory_percent: int | None = None
    requests_per_target: int | None = None


@dataclass(frozen=True)
class ResolvedDomain:
    """A checked Domain."""

    name: str
    zone_id: pulumi.Input[str]
    certificate_arn: pulumi.Input[str] | None


@dataclass(frozen=True)
class ResolvedWebApp:
    """A checked WebApp with every default in place; integers are integers."""

    image: pulumi.Input[str]
    port: int
    cpu: int
    memory: int
    architecture: str
    replicas: int
    environment: Mapping[str, pulumi.Input[str]]
    secrets: Mapping[str, pulumi.Input[str]]
    command: Sequence[str] | None
    health: ResolvedHealthCheck
    drain_seconds: int
    scaling: ResolvedScaling | None
    domain: ResolvedDomain | None
    permissions: Sequence[Statement]
    read_only_root: bool
    exec: bool


def resolve(component: str, name: str, app: WebApp) -> ResolvedWebApp:
    """Check ``app`` and fill in its defaults, before anything is registered.

    Args:
        component: class of the component that runs it, for the messages.
        name: that component's name.
        app: the app as the caller wrote it.

    Raises:
        ValueError: a value is not allowed; names the component, the field (``app.port``),
            the value, what is allowed and the next step.
    """
    owner = f"{component} '{name}'"
    _check_certificate_has_domain(owner, app)
    check_keys(owner, app, WebApp, prefix="app.")
    _check_image(owner, app["image"])
    read_only_root, exec_ = _given(app, "read_only_root", True), _given(app, "exec", False)
    if read_only_root and exec_:
        raise ValueError(
            f"{owner}: app.exec=True needs a writable root file system, but app.read_only_root "
            "is True (its default). Set app.read_only_root=False to open shells, or "
            "app.exec=False to keep the root read-only."
        )
    permissions = list(_given(app, "permissions", ()))
    for statement in permissions:
        policy.check(statement)
    secrets = dict(_given(app, "secrets", {}))
    scaling, domain = app.get("scaling"), app.get("domain")
    return ResolvedWebApp(
        image=app["image"],
        port=checks.integer(owner, "app.port", _given(app, "port", DEFAULT_PORT), 1, 65535),
        cpu=checks.integer(owner, "app.cpu", _given(app, "cpu", DEFAULT_CPU), 1),
        memory=checks.integer(owner, "app.memory", _given(app, "memory", DEFAULT_MEMORY), 1),
        architecture=checked_architecture(owner, "app.architecture", app.get("architecture")),
        replicas=checks.integer(
            owner, "app.replicas", _given(app, "replicas", DEFAULT_REPLICAS), 0
        ),
        environment=checked_environment(
            owner, _given(app, "environment", {}), secrets, prefix="app."
        ),
        secrets=secrets,
        command=list(_given(app, "command", ())) or None,
        health=_health(owner, _given(app, "health", {})),
        drain_seconds=checks.integer(
            owner,
            "app.drain_seconds",
            _given(app, "drain_seconds", DEFAULT_DRAIN_SECONDS),
            1,
            MAX_DRAIN_SECONDS,
            f"Fargate kills a task {MAX_DRAIN_SECONDS} s after it was told to stop; requests "
            "still running then are lost. Hand longer work to a queue.",
        ),
        scaling=None if scaling is None else _scaling(owner, scaling),
        domain=None if domain is None else _domain(owner, domain),
        permissions=permissions,
        read_only_root=read_only_root,
        exec=exec_,
    )


def checked_args(component: str, name: str, args: A, shape: type[A]) -> A:
    """The arguments of a component that runs ``args["app"]``, without those that are None.

    None means "not given", as it does in other languages.

    Raises:
        ValueError: an argument is unknown or missing, or the app is not allowed.
    """
    app = args.get("app")
    if isinstance(app, Mapping):
        resolve(component, name, cast(WebApp, app))  # it has the better words for its own fields
    check_keys(f"{component} '{name}'", args, shape)
    return cast(A, {key: value for key, value in args.items() if value is not None})


def _given(args: Mapping[str, Any], key: str, default: Any) -> Any:
    """The caller's value; None means not given, as it does in other languages."""
    value = args.get(key)
    return default if value is None else value


def _check_certificate_has_domain(owner: str, app: Mapping[str, Any]) -> None:
    # The mistake has two spellings; both deserve this message and not "unknown argument" or
    # "missing argument".
    domain = app.get("domain")
    nested = isinstance(domain, Mapping) and "certificate_arn" in domain and not domain.get("name")
    if nested or ("certificate_arn" in app and not domain):
        raise ValueError(
            f"{owner}: a certificate is given without a domain. A certificate serves a host "
            "name: set app.domain={'name': ..., 'zone_id': ..., 'certificate_arn': ...}, or "
            "remove the certificate."
        )


def _check_image(owner: str, image: object) -> None:
    if isinstance(image, str) and not re.fullmatch(r"\S+", image):
        raise invalid(
            owner,
            "app.image",
            image,
            "an image reference without spaces",
            "Pass ContainerImage.uri, or a reference such as 'repository@sha256:...'.",
        )


def _health(owner: str, health: HealthCheck) -> ResolvedHealthCheck:
    default = ResolvedHealthCheck()

    def number(key: str, low: int, high: int) -> int:
        value = _given(health, key, getattr(default, key))
        return checks.integer(owner, f"app.health.{key}", value, low, high)

    path, codes = _given(health, "path", default.path), _given(health, "success_codes", "200")
    if not isinstance(path, str) or not re.fullmatch(r"/[!-~]{0,1023}", path):
        raise invalid(
            owner,
            "app.health.path",
            path,
            "a path such as '/health'",
            "Start it with '/' and leave host name and spaces out.",
        )
    if not isinstance(codes, str) or not _SUCCESS_CODES.fullmatch(codes):
        raise invalid(
            owner,
            "app.health.success_codes",
            codes,
            "HTTP codes from 200 to 499, as '200', '200-299' or '200,204'",
        )
    interval = number("interval_seconds", 5, 300)
    timeout = number("timeout_seconds", 2, 60)
    if timeout >= interval:
        raise invalid(
            owner,
            "app.health.timeout_seconds",
            timeout,
            f"less than app.health.interval_seconds ({interval})",
            f"Set the timeout to {interval - 1} or less, or the interval to {timeout + 1}.",
        )
    healthy, grace = number("healthy_threshold", 2, 10), number("grace_seconds", 0, 300)
    first_success = interval * healthy
    if grace < first_success:
        raise invalid(
            owner,
            "app.health.grace_seconds",
            grace,
            f"at least {first_success} (interval_seconds {interval} x healthy_threshold {healthy})",
            "A starting app would be replaced before it can become healthy: "
            f"set it to {first_success} or more."
            if first_success <= 300
            else f"Set the interval to {300 // healthy} or less.",
        )
    return ResolvedHealthCheck(
        path=path,
        interval_seconds=interval,
        timeout_seconds=timeout,
        healthy_threshold=healthy,
        unhealthy_threshold=number("unhealthy_threshold", 2, 10),
        grace_seconds=grace,
        success_codes=codes,
    )


def _scaling(owner: str, scaling: Scaling) -> ResolvedScaling:
    default = ResolvedScaling()

    def number(key: str, low: int, high: int | None = None) -> int:
        value = _given(scaling, key, getattr(default, key))
        return checks.integer(owner, f"app.scaling.{key}", value, low, high)

    lowest, highest = number("min", 0), number("max", 1)
    if lowest > highest:
        raise invalid(
            owner,
            "app.scaling.min",
            lowest,
            f"0 to app.scaling.max ({highest})",
            f"Lower min to {highest}, or raise max to {lowest}.",
        )
    return ResolvedScaling(
        min=lowest,
        max=highest,
        cpu_percent=number("cpu_percent", 1, 100),
        memory_percent=None
        if scaling.get("memory_percent") is None
        else number("memory_percent", 1, 100),
        requests_per_target=None
        if scaling.get("requests_per_target") is None
        else number("requests_per_target", 1),
    )


def _domain(owner: str, domain: Domain) -> ResolvedDomain:
    name = domain["name"]
    if not _HOST_NAME.fullmatch(name):
        raise invalid(
            owner,
            "app.domain.name",
            name,
            "a host name such as 'shop.example.com'",
            "Use lower case and leave scheme, port and path out.",
        )
    if isinstance(domain["zone_id"], str) and not domain["zone_id"].strip():
        raise invalid(
            owner,
            "app.domain.zone_id",
            domain["zone_id"],
            "the id of the Route 53 hosted zone that holds the name",
            "Look it up with 'aws route53 list-hosted-zones'.",
        )
    return ResolvedDomain(name.rstrip("."), domain["zone_id"], domain.get("certificate_arn"))
