"""How a new version takes over: the alias, its weights or canary, and what keeps it warm.

Everything calls the alias. AWS lets a share of its calls go to a second version, and that is
what weights and canaries are made of; a function with provisioned concurrency has no such
second version, which is why they are refused together. What a canary does is in ``canary.py``.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from .. import deploy_time
from ..checks import integer
from ..errors import invalid
from ..runtimes import RUNTIMES
from . import hooks
from .args import FunctionRelease

ALIAS = "live"
BAKE_SECONDS = 120
"""Lambda reports a minute after it has passed: in two minutes one whole minute is seen."""
SNAP_START_STORAGE = 512
"""MiB of ``/tmp`` that a snapshot may have (Lambda developer guide, "Improving startup performance
with Lambda SnapStart")."""
_ALIAS = re.compile(r"(?!\d+$)[A-Za-z0-9_-]{1,128}")
_VERSION = re.compile(r"[1-9]\d*")


@dataclass(frozen=True)
class Release:
    """How a new version takes over, checked."""

    who: str
    alias: str = ALIAS
    weights: Mapping[str, pulumi.Input[float]] | None = None
    canary_steps: Sequence[int] = ()
    bake_seconds: int = BAKE_SECONDS
    provisioned_concurrency: int | None = None
    snap_start: bool = False


@dataclass(frozen=True)
class Surroundings:
    """What else of the function a release has to fit."""

    runtime: str
    reserved_concurrency: int | None
    ephemeral_storage: int
    file_system: bool


def resolve(who: str, given: FunctionRelease, around: Surroundings) -> Release:
    """Check the ``release`` of a function.

    Raises:
        ValueError: a value is not allowed, or two exclude each other.
    """
    alias, bake = given.get("alias") or ALIAS, given.get("bake_seconds")
    if not _ALIAS.fullmatch(alias):
        raise invalid(
            who,
            "release.alias",
            alias,
            "1 to 128 letters, digits, - and _, and not digits alone",
            "A number is a version's name.",
        )
    found = Release(
        who=who,
        alias=alias,
        weights=_weights(who, given.get("weights") or {}),
        canary_steps=_steps(who, given.get("canary_steps") or ()),
        bake_seconds=integer(
            who, "release.bake_seconds", BAKE_SECONDS if bake is None else bake, 1, 3600
        ),
        provisioned_concurrency=_provisioned(who, given, around.reserved_concurrency),
        snap_start=bool(given.get("snap_start")),
    )
    if bake is not None and not found.canary_steps:
        raise invalid(who, "release.bake_seconds", bake, "with release.canary_steps only")
    _check_pairs(found)
    if found.snap_start:
        _check_snap_start(found, around)
    return found


def _weights(
    who: str, given: Mapping[str, pulumi.Input[float]]
) -> Mapping[str, pulumi.Input[float]]:
    for version in given:
        if not _VERSION.fullmatch(str(version)):
            raise invalid(
                who,
                "release.weights",
                version,
                "numbers of published versions, such as '7'",
                "The newest version needs no weight: it gets the rest.",
            )
    if len(given) > 1:
        raise invalid(
            who,
            "release.weights",
            dict(given),
            "one version; an alias has two at most, and the newest is one of them",
            "Keep one.",
        )
    return {str(version): _weight(who, str(version), share) for version, share in given.items()}


def _weight(who: str, version: str, share: pulumi.Input[Any]) -> pulumi.Input[float]:
    if isinstance(share, pulumi.Output):
        later: pulumi.Output[object] = share
        return later.apply(lambda known: _share(who, version, known))
    return _share(who, version, share)


def _share(who: str, version: str, share: object) -> float:
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share < 1:
        close = isinstance(share, int | float) and 1 <= share <= 100
        raise invalid(
            who,
            "release.weights",
            {version: share},
            "shares from 0 to 1, below 1, since the newest version gets the rest",
            f"For {share:g} percent write {share / 100:g}." if close else "",  # type: ignore[operator]  # `close` says it is a number
        )
    return float(share)


def _steps(who: str, given: Sequence[object]) -> list[int]:
    steps = [
        integer(who, f"release.canary_steps[{number}]", step, 1, 99)
        for number, step in enumerate(given)
    ]
    if steps != sorted(set(steps)):
        raise invalid(
            who,
            "release.canary_steps",
            steps,
            "percentages that rise",
            f"Write {sorted(set(steps))}; after the last the new version gets all calls.",
        )
    if steps and not deploy_time.available():
        raise invalid(
            who,
            "release.canary_steps",
            steps,
            "where boto3 is installed",
            "Next step: pip install 'slipway[hooks]'.",
        )
    return steps


def _provisioned(who: str, given: FunctionRelease, reserved: int | None) -> int | None:
    field, count = "release.provisioned_concurrency", given.get("provisioned_concurrency")
    if count is None:
        return None
    number = integer(who, field, count, 1, hint="Leave it out for none.")
    if reserved is not None and number > reserved:
        raise invalid(
            who,
            field,
            number,
            f"at most reserved_concurrency={reserved}, which it is taken from",
            f"Next step: lower it, or set reserved_concurrency={number}.",
        )
    return number


def _check_pairs(found: Release) -> None:
    ways = {
        "release.weights": bool(found.weights),
        "release.canary_steps": bool(found.canary_steps),
        "release.provisioned_concurrency": found.provisioned_concurrency is not None,
        "release.snap_start": found.snap_start,
    }
    for one, two, why in (
        (
            "release.weights",
            "release.provisioned_concurrency",
            "AWS keeps only an alias with one version warm. Release with one of them: remove "
            "weights to keep cold starts away, or provisioned_concurrency to share calls out",
        ),
        (
            "release.canary_steps",
            "release.provisioned_concurrency",
            "a canary gives the alias a second version, and AWS keeps only an alias with one "
            "warm. Remove canary_steps to keep cold starts away, or provisioned_concurrency to "
            "release in steps",
        ),
        (
            "release.weights",
            "release.canary_steps",
            "both decide which share of the calls the second version gets. Keep canary_steps "
            "for a release that goes on by itself, or weights for one that you move by hand",
        ),
        (
            "release.snap_start",
            "release.provisioned_concurrency",
            "both are against cold starts, and Lambda has one or the other. Keep snap_start for "
            "less money, or provisioned_concurrency for the shortest start",
        ),
    ):
        if ways[one] and ways[two]:
            raise ValueError(f"{found.who}: {one} and {two} exclude each other: {why}.")


def _check_snap_start(found: Release, around: Surroundings) -> None:
    field, who = "release.snap_start", found.who
    if not RUNTIMES[around.runtime].snap_start:
        able = ", ".join(name for name, runtime in RUNTIMES.items() if runtime.snap_start)
        raise invalid(who, field, True, f"with runtime {able}, not {around.runtime}")
    if around.file_system:
        raise invalid(who, field, True, "without file_system: a snapshot cannot hold a mount")
    if around.ephemeral_storage > SNAP_START_STORAGE:
        raise invalid(
            who,
            field,
            True,
            f"with ephemeral_storage={SNAP_START_STORAGE}, not {around.ephemeral_storage}",
        )


def make_alias(
    name: str,
    release: Release,
    function: "aws.lambda_.Function",
    opts: pulumi.ResourceOptions,
) -> "aws.lambda_.Alias":
    """The alias on the newest version, and what keeps it warm."""
    alias = aws.lambda_.Alias(
        name,
        name=release.alias,
        description=f"What calls {name} calls this",
        function_name=function.name,
        function_version=function.version,
        routing_config=(
            {"additional_version_weights": release.weights} if release.weights else None
        ),
        opts=pulumi.ResourceOptions.merge(
            opts,
            pulumi.ResourceOptions(
                hooks=hooks.binding(release.who, release.canary_steps, release.bake_seconds)
            ),
        ),
    )
    if release.provisioned_concurrency is not None:
        aws.lambda_.ProvisionedConcurrencyConfig(
            name,
            function_name=function.name,
            qualifier=alias.name,
            provisioned_concurrent_executions=release.provisioned_concurrency,
            opts=opts,
        )
    return alias
