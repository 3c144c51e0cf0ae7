"""How a function of the emulator is replaced: never silently in vain.

Every patch names the function and the signature that it was written against. If either
has changed upstream, the cloud refuses to start and says which function it was.
"""

import inspect
from collections.abc import Callable
from importlib.metadata import version
from types import ModuleType
from typing import Any


class UpstreamChangedError(RuntimeError):
    """The emulator is not the one that the patches were written for."""


def replace(module: ModuleType, name: str, signature: str, new: Callable[..., Any]) -> None:
    """Put ``new`` in the place of ``module.name`` and of its entry in the action table."""
    original = checked(module, name, signature)
    setattr(module, name, new)
    actions: dict[str, Any] = getattr(module, "_ACTION_MAP", {})
    for action, handler in actions.items():
        if handler is original:
            actions[action] = new


def wrap(
    module: ModuleType,
    name: str,
    signature: str,
    make: Callable[[Callable[..., Any]], Callable[..., Any]],
) -> None:
    """Replace ``module.name`` by what ``make`` builds around the original."""
    replace(module, name, signature, make(checked(module, name, signature)))


def number(module: ModuleType, name: str, value: float) -> None:
    """Set a module's constant, if there still is one of that name."""
    if not isinstance(getattr(module, name, None), int | float):
        raise UpstreamChangedError(f"{_where(module, name)} no longer is a number; see its patch.")
    setattr(module, name, value)


def checked(module: ModuleType, name: str, signature: str) -> Callable[..., Any]:
    """``module.name``, if it still is the function that a patch relies on."""
    found: Callable[..., Any] | None = getattr(module, name, None)
    if not callable(found):
        raise UpstreamChangedError(
            f"{_where(module, name)} no longer exists; its patch must follow."
        )
    if (now := str(inspect.signature(found))) != signature:
        raise UpstreamChangedError(
            f"{_where(module, name)} now takes {now} and no longer {signature}; "
            "its patch must follow."
        )
    return found


def _where(module: ModuleType, name: str) -> str:
    return f"{module.__name__}.{name} (ministack {version('ministack')})"
