"""What several services need: tags on the wire, names, waiting, deletes that tolerate absence.

Knows nothing of any one resource type; those are in the module of their service.
"""

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pydantic
from botocore.exceptions import ClientError

from .base import Outputs, auto_name

POLL_SECONDS = 0.1
"""How often a wait looks again: the embedded cloud answers within milliseconds."""


def physical_name(logical: str, name: str | None, prefix: str | None = None, *, limit: int) -> str:
    """The explicit name, or the prefix or logical name with random digits, within ``limit``."""
    return name or auto_name(logical, limit=limit, prefix=prefix)


def pairs(tags: Mapping[str, str], key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    """Tags as the list most AWS services take; ECS spells its keys in lower case."""
    return [{key: name, value: text} for name, text in tags.items()]


def tag_changes(outputs: Outputs, wanted: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The tags to set and the keys to remove, so that the resource carries ``wanted``."""
    current: Mapping[str, str] = outputs.get("tagsAll", {})
    put = {key: value for key, value in wanted.items() if current.get(key) != value}
    return put, [key for key in current if key not in wanted]


def wire(model: pydantic.BaseModel) -> dict[str, Any]:
    """A nested input as the camelCase mapping that Pulumi and ECS use, unset members left out."""
    return model.model_dump(by_alias=True, exclude_none=True)


def present(**values: Any) -> dict[str, Any]:
    """Request parameters without those that are not set."""
    return {key: value for key, value in values.items() if value is not None}


def pascal(value: Any) -> Any:
    """The same data with PascalCase keys, as boto3 wants them for EC2, ELB and most others."""
    if isinstance(value, Mapping):
        return {key[:1].upper() + key[1:]: pascal(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [pascal(item) for item in value]
    return value


@contextmanager
def ignoring(*codes: str) -> Generator[None]:
    """Let these AWS error codes pass: what should be gone already is."""
    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") not in codes:
            raise


def until(done: Callable[[], bool], *, seconds: float, what: str) -> None:
    """Poll until ``done()``; TimeoutError says what was waited for."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError(f"gave up after {seconds:g} s waiting for {what}")
        time.sleep(POLL_SECONDS)


def difference(old: Sequence[str], new: Sequence[str]) -> tuple[list[str], list[str]]:
    """What to add and what to remove to come from ``old`` to ``new``."""
    return [item for item in new if item not in old], [item for item in old if item not in new]


def one_of(field: str, value: object, allowed: Sequence[object], hint: str = "") -> None:
    """Refuse a value that AWS does not know."""
    if value not in allowed:
        listed = ", ".join(str(item) for item in allowed)
        raise ValueError(f"{field}={value!r} is not valid. Allowed: {listed}.{hint and ' ' + hint}")


def within(field: str, value: float, low: float, high: float) -> None:
    """Refuse a number outside AWS's limits."""
    if not low <= value <= high:
        raise ValueError(f"{field}={value:g} is not valid. Allowed: {low:g} to {high:g}.")


def exactly_one(what: str, given: Mapping[str, object]) -> str:
    """The one member that is set; AWS wants exactly one of them."""
    chosen = [key for key, value in given.items() if value is not None]
    if len(chosen) != 1:
        raise ValueError(
            f"{what} needs exactly one of {', '.join(given)}; given: {', '.join(chosen) or 'none'}."
        )
    return chosen[0]
