"""Placeholders (``${Name}``): each has a value, and each value is used."""

import re
from collections.abc import Collection
from typing import Any

from ..errors import nearest
from .document import SCOPES, Machine
from .problems import Place, Report, Steps
from .values import PLACEHOLDER

_ANY = re.compile(r"\$\{([^{}]*)\}?")


def check(machine: Machine, known: Collection[str], report: Report) -> None:
    """Used ones are among ``known``, and all of ``known`` are used somewhere."""
    used: set[str] = set()

    def walk(place: Place, value: Any, steps: Steps, inner: Collection[str] = ()) -> None:
        if isinstance(value, str):
            if "${" in value:
                used.update(_check_text(place, steps, value, known, report))
        elif isinstance(value, dict):
            for key, item in value.items():
                if PLACEHOLDER.search(key):
                    hint = f"{key!r}: placeholders stand in values, not in names, and stay there."
                    report.warn(place, (*steps, key), hint)
                if key not in inner:
                    walk(place, item, (*steps, key))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                walk(place, item, (*steps, index))

    for scope in machine.scopes:
        walk(scope.place, scope.fields, scope.prefix, ("States",))
        for state in scope.states.values():
            walk(state, state.fields, (), SCOPES)
    for name in sorted(set(known) - used):
        report.warn(
            Place(), (), f"the placeholder '${{{name}}}' has a value that nothing uses. Remove it."
        )


def _check_text(
    place: Place, steps: Steps, text: str, known: Collection[str], report: Report
) -> set[str]:
    names = PLACEHOLDER.findall(text)
    for name in names:
        if name not in known:
            close = nearest(name, known)
            hint = f"Did you mean '${{{close}}}'?" if close else "Give it one."
            report.error(place, steps, f"the placeholder '${{{name}}}' has no value. {hint}")
    for match in _ANY.finditer(text):
        if not PLACEHOLDER.fullmatch(match.group()) and not text.startswith("{%"):
            report.warn(
                place,
                steps,
                f"{match.group()!r} is no placeholder and stays as it is. A name has letters, "
                "digits and '_', and a letter first.",
            )
    return set(names)
