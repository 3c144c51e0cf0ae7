"""How cases look at resources, and the tags that they set and must see."""

from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from sandbox.providers.base import Outputs

from .world import World, tags_of

T1, T2 = {"team": "a", "old": "1"}, {"team": "b"}


SEEN1, SEEN2 = {"stack": "test", "team": "a", "old": "1"}, {"stack": "test", "team": "b"}


def unless_gone(
    look: Callable[[World, str, Outputs], Mapping[str, Any] | None],
) -> Callable[[World, str, Outputs], Mapping[str, Any] | None]:
    """None where AWS says that there is no such thing."""
    gone = ("NotFound", "NoSuch", "DoesNotExist", "Unable to describe", "MISSING")

    def looking(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
        try:
            return look(world, id, outputs)
        except ClientError as error:
            if not any(word in str(error) for word in gone):
                raise
            return None

    return looking


def described(operation: str, parameter: str, key: str, *fields: str) -> Any:  # a Look
    """Look at one EC2 resource by id: these fields and its tags."""

    def look(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
        try:
            found = getattr(world.client("ec2"), operation)(**{parameter: [id]})[key]
        except ClientError as error:
            if "NotFound" not in str(error):
                raise
            return None
        found = [item for item in found if item.get("State") != "deleted"]
        if not found:
            return None
        return {
            **{name: found[0].get(name) for name in fields},
            "tags": tags_of(found[0].get("Tags", [])),
        }

    return look
