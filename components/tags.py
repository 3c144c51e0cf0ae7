"""The tags that every taggable child of a component carries.

Tags of the whole stack (owner, cost centre) belong in ``aws:defaultTags`` of the stack's
configuration; the provider puts them under these.
"""

from collections.abc import Mapping

import pulumi

COMPONENT_TAG = "slipway:component"
"""Which component made a resource: ``<Class>/<name>``. Bills and alarms can group by it."""


def merged(
    component: str, name: str, extra: Mapping[str, pulumi.Input[str]] | None = None
) -> dict[str, pulumi.Input[str]]:
    """The component's own tag under the caller's: for equal keys the caller's value wins.

    Args:
        component: the component's class name, for instance ``Network``.
        name: the component's name in the program.
        extra: the caller's tags.
    """
    return {COMPONENT_TAG: f"{component}/{name}", **(extra or {})}
