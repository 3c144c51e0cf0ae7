"""What a filter on JSON may say: EventBridge patterns and SNS filter policies are one language.

A pattern that AWS takes but that never matches loses events without a trace, and one that it
refuses fails in the middle of an update: both are looked for here. Outputs are welcome as
values; what they hold cannot be looked at.

Source of the operators: EventBridge user guide, "Comparison operators"; SNS developer guide,
"Subscription filter policies".
"""

import ipaddress
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeGuard

import pulumi

from ...checks import listed
from ...errors import invalid, nearest

OPERATORS = (
    *("prefix", "suffix", "equals-ignore-case", "wildcard", "cidr"),
    *("numeric", "exists", "anything-but"),
)
_TEXT_OPERATORS = ("prefix", "suffix", "equals-ignore-case", "wildcard")
_COMPARISONS = ("<", "<=", "=", ">=", ">")
_VALUES = "text, numbers, True, False, None or operators"


def checked(
    who: str, field: str, pattern: object, *, number_limit: float = math.inf
) -> dict[str, Any]:
    """``pattern`` with whole floats as integers, since EventBridge compares numbers as text.

    Args:
        who: class and name of the component, for messages.
        field: the argument as the caller writes it.
        pattern: names of fields to lists of values, nested as in the message.
        number_limit: the largest number that may be compared with, by its absolute value.

    Raises:
        ValueError: AWS would refuse it, or it cannot match anything.
    """
    return _Check(who, number_limit).mapping(field, pattern)


def leaves(pattern: Mapping[str, Any], depth: int = 1) -> Iterator[tuple[int, int]]:
    """For each field that is compared: how deep it lies, and with how many values."""
    for key, value in pattern.items():
        if key == "$or":
            for alternative in value:
                yield from leaves(alternative, depth)
        elif isinstance(value, Mapping):
            yield from leaves(value, depth + 1)
        else:
            yield depth, len(value)


class _Check:
    """One walk through a pattern; ``path`` is the field as the caller writes it."""

    def __init__(self, who: str, number_limit: float) -> None:
        self._who = who
        self._number_limit = number_limit

    def mapping(self, path: str, node: object) -> dict[str, Any]:
        if not isinstance(node, Mapping) or not node:
            raise invalid(
                self._who, path, node, "a mapping with at least one field", "Name what must match."
            )
        return {key: self._field(f"{path}.{key}", key, value) for key, value in node.items()}

    def _field(self, path: str, key: object, value: object) -> object:
        if not isinstance(key, str):
            raise invalid(self._who, path, key, "names of fields, as text")
        if key == "$or":
            if not _is_list(value) or len(value) < 2:
                raise invalid(self._who, path, value, "a list of two or more mappings")
            return [self.mapping(f"{path}[{n}]", item) for n, item in enumerate(value)]
        if isinstance(value, Mapping):
            # Both could be names of fields, but nobody has such fields.
            for operator in ("anything-but", "equals-ignore-case"):
                if operator in value:
                    raise invalid(
                        self._who, path, value, "a list of values", "Put the operator in a list."
                    )
            return self.mapping(path, value)
        if not _is_list(value) or not value:
            hint = f"Did you mean [{value!r}]?" if not _is_list(value) and value != {} else ""
            hint = "Put the operator in a list." if key in OPERATORS else hint
            raise invalid(self._who, path, value, "a list with at least one value", hint)
        return [self._item(f"{path}[{n}]", item) for n, item in enumerate(value)]

    def _item(self, path: str, item: object) -> object:
        if item is None or isinstance(item, str | bool | pulumi.Output):
            return item
        if isinstance(item, int | float):
            return self._number(path, item)
        if not isinstance(item, Mapping) or len(item) != 1:
            raise invalid(self._who, path, item, _VALUES, "An operator is a mapping of one key.")
        ((operator, operand),) = item.items()
        if operator not in OPERATORS:
            close = nearest(str(operator), OPERATORS)
            hint = f"Did you mean {close!r}?" if close else ""
            raise invalid(self._who, path, operator, f"the operators {listed(OPERATORS)}", hint)
        return {operator: self._operand(f"{path}.{operator}", operator, operand)}

    def _operand(self, path: str, operator: str, operand: Any) -> object:
        if isinstance(operand, pulumi.Output):
            return operand
        if operator == "exists":
            if not isinstance(operand, bool):
                raise invalid(self._who, path, operand, "True, False")
            return operand
        if operator == "numeric":
            return self._numeric(path, operand)
        if operator == "anything-but":
            return self._anything_but(path, operand)
        if operator in ("prefix", "suffix") and isinstance(operand, Mapping):
            if list(operand) != ["equals-ignore-case"]:
                raise invalid(self._who, path, operand, "text or {'equals-ignore-case': text}")
            return {"equals-ignore-case": self._text(path, *operand.values())}
        text = self._text(path, operand)
        if operator == "wildcard" and "**" in text:
            raise invalid(self._who, path, text, "single asterisks", "One * matches anything.")
        if operator == "cidr":
            try:
                ipaddress.ip_network(text, strict=False)
            except ValueError:
                hint = "Write a range such as '10.0.0.0/24'."
                raise invalid(self._who, path, text, "IPv4 and IPv6 ranges", hint) from None
        return text

    def _text(self, path: str, value: object) -> Any:
        if isinstance(value, pulumi.Output):
            return value
        if not isinstance(value, str) or not value:
            raise invalid(self._who, path, value, "text that is not empty")
        return value

    def _number(self, path: str, value: object) -> int | float:
        whole = isinstance(value, int | float) and not isinstance(value, bool)
        if not whole or not math.isfinite(value) or abs(value) > self._number_limit:  # type: ignore[arg-type]  # `whole` has just said so
            limit = "" if math.isinf(self._number_limit) else f" up to {self._number_limit:g}"
            raise invalid(self._who, path, value, f"numbers{limit}")
        return int(value) if value == int(value) else value  # type: ignore[call-overload, return-value]  # as above

    def _numeric(self, path: str, operand: object) -> list[object]:
        allowed = "a comparison and a number, as in ['>', 0], or a range, as in ['>', 0, '<=', 5]"
        if not _is_list(operand) or len(operand) not in (2, 4):
            raise invalid(self._who, path, operand, allowed)
        for comparison in operand[::2]:
            if comparison not in _COMPARISONS:
                hint = f"The comparisons are {listed(_COMPARISONS)}."
                raise invalid(self._who, path, operand, allowed, hint)
        numbers = [self._number(path, number) for number in operand[1::2]]
        if len(operand) == 4 and not (
            operand[0][0] == ">" and operand[2][0] == "<" and numbers[0] < numbers[1]
        ):
            hint = "A range begins with the lower end, and the ends differ."
            raise invalid(self._who, path, operand, allowed, hint)
        return [part for pair in zip(operand[::2], numbers, strict=True) for part in pair]

    def _anything_but(self, path: str, operand: object) -> object:
        if isinstance(operand, Mapping):
            if len(operand) != 1 or not set(operand) <= set(_TEXT_OPERATORS):
                allowed = f"one of the operators {listed(_TEXT_OPERATORS)}"
                raise invalid(self._who, path, operand, allowed)
            return {key: self._each(path, value, self._text) for key, value in operand.items()}
        several = list(operand) if _is_list(operand) else [operand]
        texts = all(isinstance(item, str | pulumi.Output) for item in several)
        if not several or not (texts or all(isinstance(item, int | float) for item in several)):
            raise invalid(self._who, path, operand, "text or numbers, not both, or one operator")
        return self._each(path, operand, self._text if texts else self._number)

    def _each(self, path: str, operand: object, check: Callable[[str, object], object]) -> object:
        """What may be one value or a list of them, in the form in which it was written."""
        if _is_list(operand):
            return [check(path, item) for item in operand]
        return check(path, operand)


def _is_list(value: object) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, list | tuple)
