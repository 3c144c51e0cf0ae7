"""Checks of single values that several parts of a document share."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .problems import Place, Report, Steps, suggestion

PLACEHOLDER = re.compile(r"\$\{([A-Za-z][A-Za-z0-9_]*)\}")
"""``${Name}``: something whose value is known when the machine is deployed."""
MAX_SECONDS = 99_999_999
"""The largest number of seconds that any field takes: a little over three years."""


def listed(value: object) -> list[Any]:
    """``value`` when it is an array; what is none is reported by whoever expects one."""
    return value if isinstance(value, list) else []


def objects(value: object) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The objects in an array, with their indices."""
    for index, item in enumerate(listed(value)):
        if isinstance(item, dict):
            yield index, item


def number(value: object) -> float | None:
    """``value`` when it is a number; True is none."""
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def whole(value: object) -> int | None:
    """``value`` when it is a whole number; 3.0 is one, since some callers know no other."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value // 1:
        return None
    return int(value)


def expression(value: object) -> bool:
    """Whether ``value`` is written as a JSONata expression, well formed or not."""
    return isinstance(value, str) and value.startswith("{%")


def has_placeholder(value: object) -> bool:
    """Whether part of the text is not known yet, so that its form cannot be checked."""
    return isinstance(value, str) and PLACEHOLDER.search(value) is not None


def text(report: Report, place: Place, steps: Steps, fields: Mapping[str, Any]) -> None:
    """The field that ``steps`` ends in is a string, if it is there."""
    value = fields.get(str(steps[-1]))
    if steps[-1] in fields and not isinstance(value, str):
        report.error(place, steps, f"must be a string, not {shown(value)}.")


def integer(
    report: Report,
    place: Place,
    steps: Steps,
    fields: Mapping[str, Any],
    low: int,
    high: int = MAX_SECONDS,
    *,
    jsonata: bool = False,
) -> int | None:
    """The field that ``steps`` ends in, when it is a whole number in its range.

    Anything else is reported, unless it is missing or an expression in a JSONata state.
    """
    name = str(steps[-1])
    if name not in fields or (jsonata and expression(fields[name])):
        return None
    value = whole(fields[name])
    if value is None or not low <= value <= high:
        or_expression = " or a {% %} expression" if jsonata else ""
        report.error(
            place,
            steps,
            f"must be a whole number from {low} to {high}{or_expression}, "
            f"not {shown(fields[name])}.",
        )
        return None
    return value


def choice(
    report: Report, place: Place, steps: Steps, fields: Mapping[str, Any], words: Sequence[str]
) -> None:
    """The field that ``steps`` ends in is one of ``words``, if it is there."""
    value = fields.get(str(steps[-1]))
    if steps[-1] in fields and value not in words:
        report.error(place, steps, f"{shown(value)} is not valid. {suggestion(str(value), words)}")


def one_at_most(
    report: Report, place: Place, prefix: Steps, fields: Mapping[str, Any], names: Sequence[str]
) -> bool:
    """Refuse all but one of fields that exclude each other; False when there are more."""
    given = [name for name in names if name in fields]
    for name in given[1:]:
        report.error(place, (*prefix, name), f"cannot stand beside {given[0]}. Keep one of them.")
    return len(given) < 2


def shown(value: object) -> str:
    """``value`` as JSON would write it, cut to a readable length."""
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list):
        return "an array"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    written = repr(value)
    return written if len(written) <= 60 else f"{written[:57]}..."
