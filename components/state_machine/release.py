"""How a new version takes over: the alias, and the share that an older version still gets.

Every change of the machine is published as a version, and everything starts the alias. An
execution stays with the version that it was started with. Left out: canaries by CodeDeploy.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from ..checks import integer
from ..errors import invalid
from .args import WorkflowRelease

ALIAS = "live"
_ALIAS = re.compile(r"(?!\d+$)[A-Za-z0-9._-]{1,80}")
_VERSION = re.compile(r"[1-9]\d*")


@dataclass(frozen=True)
class Release:
    """How a new version takes over, checked."""

    who: str
    alias: str = ALIAS
    other: str | None = None
    """Number of a version that gets a share."""
    weight: int = 0
    """Its percentage."""


def resolve(who: str, given: WorkflowRelease) -> Release:
    """Check the ``release`` of a state machine.

    Raises:
        ValueError: a value is not allowed.
    """
    alias, weights = given.get("alias") or ALIAS, dict(given.get("weights") or {})
    if not _ALIAS.fullmatch(alias):
        raise invalid(
            who,
            "release.alias",
            alias,
            "1 to 80 letters, digits, -, _ and ., and not digits alone",
            "A number is a version's name.",
        )
    if len(weights) > 1:
        raise invalid(
            who,
            "release.weights",
            weights,
            "one version; an alias has two at most, and the newest is one of them",
            "Keep one.",
        )
    for version, share in weights.items():
        if not _VERSION.fullmatch(str(version)):
            raise invalid(
                who,
                "release.weights",
                version,
                "numbers of published versions, such as '7'",
                "The newest version needs no weight: it gets the rest.",
            )
        fraction = isinstance(share, float) and 0 < share < 1
        percent = integer(
            who,
            f"release.weights.{version}",
            share,
            1,
            100,
            f"It is in percent: write {share * 100:g}." if fraction else "",
        )
        return Release(who, alias, str(version), percent)
    return Release(who, alias)


def make_alias(
    name: str,
    release: Release,
    machine: "aws.sfn.StateMachine",
    opts: pulumi.ResourceOptions,
) -> "aws.sfn.Alias":
    """The alias on the newest version."""
    return aws.sfn.Alias(
        name,
        name=release.alias,
        description=f"What starts {name} starts this",
        routing_configurations=_routes(release, machine),
        opts=opts,
    )


def _routes(release: Release, machine: "aws.sfn.StateMachine") -> Any:
    newest, number = machine.state_machine_version_arn, release.other
    if number is None:
        return [{"state_machine_version_arn": newest, "weight": 100}]

    def other(known: Mapping[str, str]) -> str:
        if known["newest"] == (arn := f"{known['machine']}:{number}"):
            raise invalid(
                release.who,
                "release.weights",
                {number: release.weight},
                f"a version other than {number}, which is the newest",
                "Leave weights out: the newest version gets all new executions.",
            )
        return arn

    later: pulumi.Output[Any] = pulumi.Output.from_input({"machine": machine.arn, "newest": newest})
    routes = [{"state_machine_version_arn": later.apply(other), "weight": release.weight}]
    if release.weight < 100:
        routes.insert(0, {"state_machine_version_arn": newest, "weight": 100 - release.weight})
    return routes
