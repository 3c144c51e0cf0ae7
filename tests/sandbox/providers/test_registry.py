"""Providers and functions are found by token."""

import sys
from types import ModuleType
from typing import Any

import pytest

from sandbox.providers import Unserved, collect, discover
from sandbox.providers.base import Inputs, Provider


def module(name: str, **members: Any) -> ModuleType:
    made = ModuleType(name)
    vars(made).update(members)
    return made


def provider(owner: str, token: str) -> type[Provider[Any]]:
    def create(self: object, name: str, inputs: Inputs) -> tuple[str, dict[str, Any]]:
        return name, {}

    def delete(self: object, id: str, outputs: dict[str, Any]) -> None:
        return None

    body = {"token": token, "inputs": Inputs, "create": create, "delete": delete}
    return type("Made", (Provider,), {**body, "__module__": owner})


def test_a_modules_own_classes_and_functions_are_registered() -> None:
    made, imported = provider("m", "a:b:C"), provider("elsewhere", "a:b:D")
    registry = collect([module("m", C=made, D=imported, Base=Provider, INVOKES={"a:b:f": dict})])
    assert registry.providers == {"a:b:C": made}
    assert list(registry.invokes) == ["a:b:f"]


@pytest.mark.parametrize(
    "modules",
    [
        [module("m", C=provider("m", "a:b:C")), module("n", C=provider("n", "a:b:C"))],
        [module("m", C=provider("m", "a:b:C"), D=provider("m", "a:b:C"))],
        [module("m", INVOKES={"a:b:C": dict}), module("n", INVOKES={"a:b:C": dict})],
    ],
)
def test_two_servers_of_one_token_are_an_error(modules: list[ModuleType]) -> None:
    with pytest.raises(ValueError, match=r"a:b:C is served by m and by [mn]"):
        collect(modules)


def test_an_unknown_token_is_named_with_what_to_do() -> None:
    registry = collect([])
    with pytest.raises(Unserved, match=r"a:b:C 'x': no provider .* token = \"a:b:C\""):
        registry.provider("a:b:C", "x")
    with pytest.raises(Unserved, match=r"a:b:f: no provider .* INVOKES"):
        registry.invoke("a:b:f")


def test_every_module_of_the_package_is_looked_through() -> None:
    registry = discover()
    assert registry.providers
    for token, cls in registry.providers.items():
        assert cls.token == token
        assert cls.__module__ in sys.modules
