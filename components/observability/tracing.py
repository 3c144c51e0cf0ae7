"""X-Ray: one group with everything that is traced, and how much of it is.

Left out: whether something is traced at all, which each component says itself (``tracing``).
"""

import hashlib
from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from ..watched import Watched
from .alarms import physical
from .settings import Group, traced_entries

LONGEST_NAME = 32
"""Of groups and sampling rules (X-Ray API reference)."""
RESERVOIR = 1
"""Requests a second that are always traced, as by X-Ray's default rule."""
PRIORITY = 9000
"""Before the default rule (10000), after whatever somebody writes by hand."""
_TYPES = {"rest_api": "AWS::ApiGateway::Stage", "workflow": "AWS::StepFunctions::StateMachine"}


def make_tracing(
    name: str,
    groups: Sequence[Group],
    percent: float,
    tags: Mapping[str, pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
) -> None:
    """The group and the rules; nothing where nothing is traced."""
    names = [
        traced
        for group in groups
        for thing in group.things
        if thing.traced and (traced := _name(thing)) is not None
    ]
    if names:
        aws.xray.Group(
            name,
            group_name=short(physical(name)),
            filter_expression=pulumi.Output.all(*names).apply(
                lambda known: " OR ".join(f'service("{one}")' for one in sorted(set(known)))
            ),
            # Insights are billed by the trace.
            insights_configuration={"insights_enabled": False, "notifications_enabled": False},
            tags=tags,
            opts=opts,
        )
    for group, thing in traced_entries(groups):
        what = "-".join(part for part in (group.name, thing.name) if part)
        aws.xray.SamplingRule(
            f"{name}-{what}",
            rule_name=short(physical(name, what)),
            priority=PRIORITY,
            reservoir_size=RESERVOIR,
            fixed_rate=percent / 100,
            service_name=_name(thing) or "*",
            service_type=_TYPES[thing.kind],
            host="*",
            http_method="*",
            url_path="*",
            resource_arn="*",
            version=1,
            tags=tags,
            opts=opts,
        )


def short(name: str) -> str:
    """``name``, or its beginning and a hash of it where X-Ray takes no more."""
    if len(name) <= LONGEST_NAME:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: LONGEST_NAME - 9].rstrip('-')}-{digest}"


def _name(thing: Watched) -> pulumi.Input[str] | None:
    """What X-Ray calls it; None where nobody knows."""
    if thing.kind == "function":
        return thing.dimensions["FunctionName"]
    if thing.kind == "rest_api":
        return pulumi.Output.concat(thing.dimensions["ApiName"], "/", thing.dimensions["Stage"])
    if thing.kind == "workflow":
        arn = pulumi.Output.from_input(thing.dimensions["StateMachineArn"])
        return arn.apply(lambda known: known.split(":")[6])
    return None
