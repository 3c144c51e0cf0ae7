"""Rules of a Choice state, all of them.

The emulator knows half of the comparisons with a path, takes ``true`` for a number, and finds a
variable that is missing merely unequal; AWS ends the execution.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from ministack.services import stepfunctions as sfn

from sandbox.cloud.settings import Settings

from . import guard, sfn_variables


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Put our own rules in the place of the emulator's."""
    guard.replace(sfn, "_evaluate_rule", "(rule, data, ctx=None)", holds)


def holds(rule: Mapping[str, Any], data: Any, ctx: Any = None) -> bool:
    """Whether a rule with JSONPath holds for ``data``."""
    if "And" in rule:
        return all(holds(inner, data, ctx) for inner in rule["And"])
    if "Or" in rule:
        return any(holds(inner, data, ctx) for inner in rule["Or"])
    if "Not" in rule:
        return not holds(rule["Not"], data, ctx)
    present = rule.get("IsPresent")
    try:
        value = sfn._resolve_path_or_ctx(rule["Variable"], data, ctx)
    except sfn_variables.MissingPathError as error:
        if present is not None:
            return not present
        raise _runtime(
            f"Invalid path '{rule['Variable']}': The choice state's condition path references an "
            "invalid value."
        ) from error
    if present is not None:
        return bool(present)
    for operator, expected in rule.items():
        if operator in _TYPES:
            return _TYPES[operator](value) is expected
        kind, compare = _COMPARISONS.get(operator.removesuffix("Path"), (None, None))
        if kind is None or compare is None:
            continue
        if operator.endswith("Path"):
            expected = sfn._resolve_path_or_ctx(expected, data, ctx)
        left, right = kind(value), kind(expected)
        return left is not None and right is not None and compare(left, right)
    raise _runtime(f"The choice rule {dict(rule)} has no comparison.")


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _truth(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _matches(value: str, pattern: str) -> bool:
    """``*`` stands for any characters, ``\\*`` for itself."""
    pieces = re.split(r"(\\\*|\\\\|\*)", pattern)
    expression = "".join(
        ".*" if piece == "*" else re.escape(piece[1] if piece in ("\\*", "\\\\") else piece)
        for piece in pieces
    )
    return re.fullmatch(expression, value, re.DOTALL) is not None


_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "IsNull": lambda value: value is None,
    "IsNumeric": lambda value: _number(value) is not None,
    "IsString": lambda value: isinstance(value, str),
    "IsBoolean": lambda value: isinstance(value, bool),
    "IsTimestamp": lambda value: sfn._parse_ts(value) is not None,
}
_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "Equals": lambda left, right: left == right,
    "LessThan": lambda left, right: left < right,
    "GreaterThan": lambda left, right: left > right,
    "LessThanEquals": lambda left, right: left <= right,
    "GreaterThanEquals": lambda left, right: left >= right,
}
_COMPARISONS: Mapping[str, tuple[Callable[[Any], Any], Callable[[Any, Any], bool]]] = {
    **{f"String{name}": (_text, compare) for name, compare in _ORDERS.items()},
    **{f"Numeric{name}": (_number, compare) for name, compare in _ORDERS.items()},
    **{f"Timestamp{name}": (sfn._parse_ts, compare) for name, compare in _ORDERS.items()},
    "BooleanEquals": (_truth, _ORDERS["Equals"]),
    "StringMatches": (_text, _matches),
}


def _runtime(cause: str) -> Exception:
    return sfn._ExecutionError("States.Runtime", cause)  # type: ignore[no-any-return]
