"""What a health check asks: a document that ``python -m slipway.health`` reads from the exports."""

from collections.abc import Mapping
from typing import Any

import pulumi

from .service import Service

VERSION = 1
"""Of the document's form."""


def document(
    services: Mapping[str, Service],
    *,
    region: pulumi.Input[str],
    topic_arn: pulumi.Input[str],
) -> pulumi.Output[Mapping[str, Any]]:
    """Plain data: each thing that can be asked, the composite alarms, and the topic."""
    checks: list[dict[str, Any]] = [
        {
            "service": service.name,
            "thing": thing.name,
            "kind": thing.kind,
            "check": dict(sorted(thing.check.items())),
        }
        for service in services.values()
        for thing in service.things
        if thing.check
    ]
    composites = {
        service.name: service.composite.alarm_name
        for service in services.values()
        if service.composite is not None
    }
    plain: dict[str, Any] = {
        "version": VERSION,
        "region": region,
        "topic_arn": topic_arn,
        "checks": checks,
        "composite_alarms": composites,
    }
    return pulumi.Output.from_input(plain)
