"""Asks a component what it is made of, and says what would do where it does not know."""

import importlib
from collections.abc import Sequence
from typing import Any

from ..errors import invalid
from ..watched import KINDS, Watchable, Watched

_LIBRARY = __name__.rpartition(".observability.")[0]
_DESCRIBED = {
    "aws:lambda/": "functions",
    "aws:sqs/": "queues",
    "aws:dynamodb/": "tables",
    "aws:apigateway/": "apis",
    "aws:apigatewayv2/": "apis",
    "aws:sfn/": "workflows",
    "aws:ecs/": "services",
    "aws:eks/": "clusters",
}
"""Beginnings of Pulumi's types, and the argument that describes such a resource."""


def watched(who: str, service: str, component: Any) -> Sequence[Watched]:
    """The things of ``component``.

    Raises:
        ValueError: Observability does not know such a component; lists those that it knows.
    """
    if isinstance(component, type) or not isinstance(component, Watchable):
        token = getattr(component, "pulumi_type", "")
        other = next((arg for kind, arg in _DESCRIBED.items() if token.startswith(kind)), None)
        raise invalid(
            who,
            f"components.{service}",
            type(component).__name__ if not isinstance(component, type) else component,
            f"a component of {', '.join(_classes())}, or whatever has watched()",
            f"Describe it under {other}={{{service!r}: …}}."
            if other
            else "Nothing measures it: leave it out, or describe what it made under functions, "
            "queues, tables, apis, workflows, services or clusters.",
        )
    things = component.watched()
    for thing in things:
        if thing.kind not in KINDS:
            raise invalid(who, f"components.{service}", thing.kind, ", ".join(KINDS))
    return things


def _classes() -> list[str]:
    """Which classes of the library can be watched; asked only for a complaint."""
    library = importlib.import_module(_LIBRARY)
    return [
        name
        for name in library.__all__
        if name != "Observability" and callable(getattr(getattr(library, name), "watched", None))
    ]
