"""What a caller writes to describe a web app; ``resolved.py`` checks it.

Left out: what one runtime alone has (load balancer, Spot, CPU and memory pairs that Fargate
sells), which is an argument of the component that runs the app.

The health-and-drain contract, and what each number becomes:

=====================  ======================================  ==============================
WebApp                 on Fargate                              on Kubernetes
=====================  ======================================  ==============================
health.path            target group and container check        all three probes (see below)
interval_seconds       target group and container interval     periodSeconds
timeout_seconds        target group and container timeout      timeoutSeconds
healthy_threshold      target group HealthyThresholdCount      successThreshold of readiness
unhealthy_threshold    UnhealthyThresholdCount, check retries  failureThreshold
grace_seconds          service grace period, check startPeriod startup probe's whole length
success_codes          target group matcher                    refused beyond 200 to 399
drain_seconds          deregistration delay; stopTimeout       termination, after a preStop
=====================  ======================================  ==============================

On Kubernetes ``EksWebApp.readiness_path`` may give the readiness probe a path of its own.

At the end of a task the load balancer first stops sending new requests, then the app gets
SIGTERM and ``drain_seconds`` to finish what it has, then it is killed.

And the rest of a WebApp:

=====================  ======================================  ==============================
WebApp                 on Fargate                              on Kubernetes
=====================  ======================================  ==============================
image                  container image                         container image
port                   container port, target group, groups    container port, NetworkPolicy
cpu, memory            task size                               requests; limits in proportion
architecture           runtime platform                        nodes, nodeSelector
replicas               desired count                           replicas
environment            environment                             env; what looks secret: Secret
secrets                read by ECS when a task starts          read at deployment into Secret
command                command                                 args
scaling                target tracking policies                HorizontalPodAutoscaler
requests_per_target    a policy of its own                     refused
domain                 ALB: certificate, redirect, alias       NLB: certificate, alias
permissions            task role                               Pod Identity role
read_only_root         read-only root, volume at /tmp          the same
exec                   ECS Exec, its channels                  operators may change and exec
=====================  ======================================  ==============================
"""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi

from ..policy import Statement


class HealthCheck(TypedDict):
    """How a runtime finds out that the app works; the module says what each field becomes."""

    path: NotRequired[str]
    """Path that answers while the app lives, without asking its dependencies. Default
    ``/health``."""
    interval_seconds: NotRequired[int]
    """Seconds between two checks, 5 to 300. Default 10: a dead app is noticed within half a
    minute, and checks stay cheap."""
    timeout_seconds: NotRequired[int]
    """Seconds until a check without an answer has failed, 2 to 60 and below the interval.
    Default 5."""
    healthy_threshold: NotRequired[int]
    """Successful checks in a row until requests are sent, 2 to 10. Default 2: the fewest that
    a load balancer accepts."""
    unhealthy_threshold: NotRequired[int]
    """Failed checks in a row until the app is replaced, 2 to 10. Default 3, so that one slow
    answer replaces nothing."""
    grace_seconds: NotRequired[int]
    """Seconds after the start in which failed checks do not count, 0 to 300. Default 60. It
    must cover the first successful checks: at least interval times healthy threshold."""
    success_codes: NotRequired[str]
    """HTTP codes that mean healthy: ``200``, ``200-299`` or ``200,204``. Default ``200``."""


class Scaling(TypedDict):
    """How many replicas run, and what adds or removes one. Giving it turns scaling on."""

    min: NotRequired[int]
    """Fewest replicas, 0 or more. Default 2: one may fail."""
    max: NotRequired[int]
    """Most replicas, not below ``min``. Default 10: a limit to the bill."""
    cpu_percent: NotRequired[int]
    """Average CPU use to hold, 1 to 100 percent of what is reserved. Default 70: room for a
    burst until new replicas are up."""
    memory_percent: NotRequired[int]
    """Average memory use to hold, 1 to 100 percent. Not used by default: few apps give memory
    back, so it only ever scales out."""
    requests_per_target: NotRequired[int]
    """Requests per minute that each replica should get, 1 or more. Not used by default: only
    the app's owner knows the number. Fargate only."""


class Domain(TypedDict):
    """The name under which the app is reached. Giving it means HTTPS and an alias record; HTTP is
    redirected on Fargate, and does not exist on Kubernetes."""

    name: str
    """Host name, for instance ``shop.example.com``."""
    zone_id: pulumi.Input[str]
    """Id of the Route 53 hosted zone that holds the name; it gets the alias record."""
    certificate_arn: NotRequired[pulumi.Input[str]]
    """ACM certificate of the name in the app's region. By default one is requested and
    validated through the zone."""


class WebApp(TypedDict):
    """A web app: what runs, how much of it, and how one tells that it works."""

    image: pulumi.Input[str]
    """Image to run, best pinned by digest: ``ContainerImage.uri``."""
    port: NotRequired[int]
    """Port that the app listens on, 1 to 65535. Default 5000; below 1024 needs root."""
    cpu: NotRequired[int]
    """CPU units per replica, 1024 are one vCPU. Default 256. The runtime says what it sells."""
    memory: NotRequired[int]
    """Memory per replica in MiB. Default 512."""
    architecture: NotRequired[str]
    """``arm64`` or ``x86_64``; the image must be built for it. Default ``arm64``, the cheaper
    one."""
    replicas: NotRequired[int]
    """How many run while ``scaling`` is off, 0 or more. Default 2, so that one may fail."""
    environment: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Environment variables. A value whose name looks like a secret (``*PASSWORD*``,
    ``*TOKEN*`` …) must be a Pulumi secret; better use ``secrets``. None by default."""
    secrets: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Variable names to ARNs of SSM parameters or Secrets Manager secrets; read when a replica
    starts on Fargate, when the program is deployed on Kubernetes. None by default."""
    command: NotRequired[Sequence[str]]
    """Command in place of the image's own. By default the image's."""
    health: NotRequired[HealthCheck]
    """How the app is checked. By default ``/health`` every 10 seconds."""
    drain_seconds: NotRequired[int]
    """Seconds that a replica gets to finish its requests when it is stopped, 1 to 120.
    Default 30. The app must stop accepting work on SIGTERM."""
    scaling: NotRequired[Scaling]
    """Scale between two bounds. Off by default: ``replicas`` is then exact."""
    domain: NotRequired[Domain]
    """Domain of the app. By default none: HTTP on the load balancer's own name."""
    permissions: NotRequired[Sequence[Statement]]
    """What the app itself may do in AWS, written with ``allow``. None by default."""
    read_only_root: NotRequired[bool]
    """Whether the root file system is read-only. Default True: an intruder cannot change the
    app. ``/tmp`` stays writable."""
    exec: NotRequired[bool]
    """Whether a shell can be opened in a replica: by ECS Exec, or by the operators of an
    EksWebApp. Default False; it needs a writable root, so ``read_only_root`` must then be False."""
