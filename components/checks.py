"""Checks of single values that several components make, and ``errors.invalid`` words."""

import re
from collections.abc import Iterable, Sequence

from .errors import invalid, nearest


def integer(
    component: str,
    field: str,
    value: object,
    low: int,
    high: int | None = None,
    hint: str = "",
) -> int:
    """``value`` as an int between ``low`` and ``high``; whole floats are accepted, since every
    number that comes from another language is one."""
    allowed = f"whole numbers from {low} to {high}" if high is not None else f"{low} or more"
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if isinstance(value, bool) or not whole:
        raise invalid(component, field, value, allowed, hint or "Give a whole number.")
    number = int(value)  # type: ignore[call-overload]  # `whole` has just said so
    if number < low or (high is not None and number > high):
        best = low if number < low or high is None else high
        raise invalid(component, field, number, allowed, hint or f"Nearest: {best}.")
    return int(number)


_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*")
WORKFLOW_NAME_LIMIT = 30
"""A function's name has at most 46 characters, of which its role in a workflow takes sixteen."""


def workflow_name(component: str, name: str) -> None:
    """Refuse a name that the workflow's functions could not begin theirs with."""
    if not _NAME.fullmatch(name) or len(name) > WORKFLOW_NAME_LIMIT:
        allowed = (
            f"up to {WORKFLOW_NAME_LIMIT} letters, digits and single hyphens between them, a "
            "letter first"
        )
        raise invalid(component, "name", name, allowed)


def one_of(component: str, field: str, value: object, allowed: Sequence[str]) -> str:
    """``value`` when it is one of ``allowed``."""
    if isinstance(value, str) and value in allowed:
        return value
    close = nearest(str(value), allowed)
    hint = f"Did you mean {close!r}?" if close else ""
    raise invalid(component, field, value, listed(allowed), hint)


def listed(values: Iterable[str]) -> str:
    """``'a', 'b', 'c'``."""
    return ", ".join(repr(value) for value in values)
