"""Joining a shared load balancer: the rule's limits, and who took which priority.

Sources: Elastic Load Balancing guide, "Condition types for listener rules" (lengths,
characters) and "Quotas for your Application Load Balancers" (values and wildcards per
rule; neither can be raised).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import pulumi

from ..checks import integer
from ..errors import invalid
from .args import AttachArgs, Attachment

LAST_PRIORITY = 50_000
LONGEST_VALUE = 128
MOST_VALUES = 5
MOST_WILDCARDS = 5
"""The quota page says 6, the page on conditions 5: the safe one."""
_PATH = re.compile(r"/[A-Za-z0-9_\-.$/~\"'@:+&*?]*")
_HOST = re.compile(r"[A-Za-z0-9\-.*?]*\.[A-Za-z*?]+")


@dataclass(frozen=True)
class Route:
    """A checked attachment: which requests of whose listener come here."""

    to: Attachment
    priority: int
    paths: tuple[str, ...]
    hosts: tuple[str, ...]

    @property
    def https(self) -> bool:
        """Whether the shared listener speaks HTTPS."""
        return bool(self.to.get("https", False))

    def url(self) -> pulumi.Output[str]:
        """The address a person would type: the first host and path without their wildcards."""
        path = re.split(r"[*?]", self.paths[0])[0].rstrip("/") if self.paths else ""
        host = next((item for item in self.hosts if not set("*?") & set(item)), None)
        if host is not None:
            return pulumi.Output.from_input(f"http{'s' if self.https else ''}://{host}{path}")
        return pulumi.Output.concat(self.to["url"], path)


def resolve(who: str, args: AttachArgs, domain: str | None) -> Route:
    """Check what the caller wrote; a domain stands in for missing host headers."""
    priority = integer(who, "attach.priority", args["priority"], 1, LAST_PRIORITY)
    paths = tuple(args.get("path_patterns", ()))
    hosts = tuple(args.get("host_headers", ()))
    if not hosts and domain is not None:
        hosts = (domain,)
    _check_values(who, "attach.path_patterns", paths, _PATH, "a path such as /api/*")
    _check_values(who, "attach.host_headers", hosts, _HOST, "a host name such as api.example.com")
    values = (*paths, *hosts)
    if not 1 <= len(values) <= MOST_VALUES:
        raise invalid(
            who,
            "attach",
            list(values),
            f"1 to {MOST_VALUES} path_patterns and host_headers together",
            "Without any the service would get every request; split more over two services.",
        )
    if (wildcards := sum(value.count("*") + value.count("?") for value in values)) > MOST_WILDCARDS:
        raise invalid(who, "attach", list(values), f"{MOST_WILDCARDS} wildcards, not {wildcards}")
    route = Route(to=args["to"], priority=priority, paths=paths, hosts=hosts)
    if domain is not None and not route.https:
        raise invalid(
            who,
            "app.domain",
            domain,
            "with attach, only where the shared listener speaks HTTPS",
            "Give the owner of the load balancer a domain, or set attach.to.https.",
        )
    return route


def _check_values(
    who: str, field: str, values: Sequence[str], shape: re.Pattern[str], example: str
) -> None:
    for value in values:
        if len(value) > LONGEST_VALUE or not shape.fullmatch(value):
            raise invalid(who, field, value, f"{example}, at most {LONGEST_VALUE} characters")


@dataclass(frozen=True)
class _Claim:
    listener: Any
    priority: int
    owner: str


_claims: WeakKeyDictionary[pulumi.Resource, list[_Claim]] = WeakKeyDictionary()
"""Priorities taken in each program run, which its root resource stands for."""


def claim(who: str, name: str, route: Route) -> None:
    """Refuse a priority that another service of this program took on the same listener.

    Two listeners are the same when they are one Output or one known ARN; what only the
    deployment can tell, the load balancer refuses itself.
    """
    root = pulumi.runtime.get_root_resource()
    if root is None:
        return
    listener = route.to["listener_arn"]
    taken = _claims.setdefault(root, [])
    for other in taken:
        same = other.listener is listener or (
            isinstance(listener, str)
            and isinstance(other.listener, str)
            and other.listener == listener
        )
        if same and other.priority == route.priority:
            used = {item.priority for item in taken}
            free = next(n for n in range(1, LAST_PRIORITY) if n not in used)
            raise invalid(
                who,
                "attach.priority",
                route.priority,
                f"one that no other service has; '{other.owner}' has this one",
                f"Next step: take another, for instance {free}.",
            )
    taken.append(_Claim(listener, route.priority, name))
