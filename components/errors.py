"""One shape for every complaint of the library, and the check for misspelt argument names.

What is allowed is known to the component; how it is said, and which valid value is nearest,
is decided here.
"""

import difflib
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NotRequired, Required


def nearest(given: str, valid: Iterable[str]) -> str | None:
    """The valid value that looks most like ``given``, or None when nothing is close."""
    matches = difflib.get_close_matches(str(given), list(valid), n=1, cutoff=0.6)
    return matches[0] if matches else None


def invalid(component: str, field: str, given: object, allowed: str, hint: str = "") -> ValueError:
    """A ``ValueError`` that says where, what, what instead and what to do.

    Args:
        component: class and name, as in ``FargateWebService 'storefront'``.
        field: the argument as the caller writes it, dotted when nested: ``app.port``.
        given: the value that was given; it is shown, so never pass a secret.
        allowed: the values that would do.
        hint: the next step, a full sentence.
    """
    message = f"{component}: {field}={given!r} is not valid. Allowed: {allowed.rstrip('.')}."
    return ValueError(f"{message} {hint}".rstrip())


def check_keys(
    component: str, args: Mapping[str, object], shape: type, *, prefix: str = ""
) -> None:
    """Refuse keys that the TypedDict ``shape`` does not have, and missing required ones.

    Type checkers see a misspelt key in a literal; nobody sees one in a plain dict, which is
    how arguments arrive from other languages. Nested TypedDicts, alone or in sequences and
    mappings, are checked as well. ``prefix`` (``app.``) stands before the keys in messages.

    Raises:
        ValueError: names the component, the dotted key and the nearest valid one.
    """
    _check(component, args, shape, prefix)


def _check(component: str, args: object, shape: type, prefix: str) -> None:
    if not isinstance(args, Mapping):
        raise invalid(component, prefix.rstrip(".") or "args", args, f"a mapping of {_keys(shape)}")
    # Not get_type_hints: pulumi.Input holds a forward reference that only Pulumi can resolve.
    hints: Mapping[str, Any] = shape.__annotations__
    for key in args:
        if key not in hints:
            close = nearest(str(key), hints)
            hint = f"Did you mean '{prefix}{close}'?" if close else f"It has {_keys(shape)}."
            raise ValueError(f"{component}: unknown argument '{prefix}{key}'. {hint}")
    required: frozenset[str] = getattr(shape, "__required_keys__", frozenset())
    missing = [key for key in hints if key in required and args.get(key) is None]
    if missing:
        names = ", ".join(f"'{prefix}{key}'" for key in missing)
        raise ValueError(f"{component}: missing required argument {names}. Set it.")
    for key, value in args.items():
        if value is not None:
            _check_nested(component, value, hints[key], f"{prefix}{key}")


def _check_nested(component: str, value: object, hint: Any, path: str) -> None:
    """Follow ``hint`` to the TypedDicts in it; whatever is not a plain container is a leaf."""
    origin, parameters = typing.get_origin(hint), typing.get_args(hint)
    if origin in (NotRequired, Required):
        _check_nested(component, value, parameters[0], path)
    elif origin in (typing.Union, types.UnionType):
        # Input[T] is T or something that resolves to it later; only T has keys to check now.
        for option in parameters:
            _check_nested(component, value, option, path)
    elif typing.is_typeddict(hint):
        _check(component, value, hint, f"{path}.")
    elif origin is Mapping and isinstance(value, Mapping):
        for key, item in value.items():
            _check_nested(component, item, parameters[1], f"{path}.{key}")
    elif origin is Sequence and isinstance(value, list | tuple):
        for index, item in enumerate(value):
            _check_nested(component, item, parameters[0], f"{path}[{index}]")


def _keys(shape: type) -> str:
    return ", ".join(sorted(shape.__annotations__))
