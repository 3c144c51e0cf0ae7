"""The providers of the embedded cloud, found by looking through this package.

One module serves one AWS service. A module's Provider classes are registered by their
``token``; a module may also define ``INVOKES``, a dict that maps the token of a function
(``aws:index/getCallerIdentity:getCallerIdentity``) to ``(context, args) -> result``,
camelCase both ways.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from .base import Context, Provider

Invoke = Callable[[Context, Mapping[str, Any]], dict[str, Any]]
"""Serves one function such as ``aws.get_availability_zones``."""


class Unserved(LookupError):  # noqa: N818 - says what it is
    """The program uses a type or function that no provider serves."""


@dataclass(frozen=True)
class Registry:
    """What the sandbox can serve, by token."""

    providers: Mapping[str, type[Provider[Any]]]
    invokes: Mapping[str, Invoke]

    def provider(self, token: str, name: str) -> type[Provider[Any]]:
        """The class that serves ``token``; Unserved says how to add one."""
        try:
            return self.providers[token]
        except KeyError:
            raise Unserved(
                f"{token} '{name}': no provider of the sandbox serves this type. Add a class with "
                f'token = "{token}" to sandbox/providers/, or switch the part that needs it off '
                "in the stack's configuration."
            ) from None

    def invoke(self, token: str) -> Invoke:
        """The function that serves the invoke ``token``; Unserved says how to add one."""
        try:
            return self.invokes[token]
        except KeyError:
            raise Unserved(
                f"{token}: no provider of the sandbox serves this function. Add it to the INVOKES "
                "of a module in sandbox/providers/."
            ) from None


def collect(modules: Iterable[ModuleType]) -> Registry:
    """The registry of these modules; two providers for one token are a ValueError."""
    providers: dict[str, type[Provider[Any]]] = {}
    invokes: dict[str, Invoke] = {}
    owners: dict[str, str] = {}
    for module in modules:
        served: list[tuple[str, Any]] = [
            (cls.token, cls)
            for cls in vars(module).values()
            if inspect.isclass(cls)
            and issubclass(cls, Provider)
            and cls.__module__ == module.__name__
            and hasattr(cls, "token")
            and not inspect.isabstract(cls)
        ]
        functions: dict[str, Invoke] = getattr(module, "INVOKES", {})
        for token in [token for token, _ in served] + list(functions):
            if token in owners:
                raise ValueError(f"{token} is served by {owners[token]} and by {module.__name__}")
            owners[token] = module.__name__
        providers.update(served)
        invokes.update(functions)
    return Registry(providers, invokes)


def discover() -> Registry:
    """The registry of every module in this package."""
    return collect(
        importlib.import_module(info.name)
        for info in pkgutil.walk_packages(__path__, prefix=f"{__name__}.")
    )
