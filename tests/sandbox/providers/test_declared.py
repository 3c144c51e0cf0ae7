"""What providers declare: every input is consumed, and is one that Pulumi knows."""

import inspect
import types
import typing
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import pydantic
import pytest

from sandbox.providers import discover
from sandbox.providers.base import Provider, UnsupportedInput

from .cases import CASES
from .declared import NOT_TOLD, declared
from .world import World

REGISTRY = discover()
TOKENS = sorted(REGISTRY.providers)
AWS = [token for token in TOKENS if token.startswith("aws:")]
Samples = dict[type[pydantic.BaseModel], list[Mapping[str, Any]]]


def _parts(annotation: Any) -> Iterator[Any]:
    """The classes inside an annotation such as ``list[Rule] | None``."""
    if typing.get_origin(annotation) in (list, dict, typing.Union, types.UnionType):
        for part in typing.get_args(annotation):
            yield from _parts(part)
    elif inspect.isclass(annotation):
        yield annotation


def _gather(model: type[pydantic.BaseModel], sample: Mapping[str, Any], into: Samples) -> None:
    """File a sample under its model, and what is nested in it under theirs."""
    into[model].append(sample)
    for name, field in model.model_fields.items():
        value = sample.get(field.alias or name)
        for part in _parts(field.annotation):
            if issubclass(part, pydantic.BaseModel):
                for item in value if isinstance(value, list) else [value]:
                    if item is not None:
                        _gather(part, item, into)


def _unset(model: type[pydantic.BaseModel], samples: Samples, besides: set[str]) -> Iterator[str]:
    """Wire names that no sample of the model, or of a model nested in it, sets."""
    for name, field in model.model_fields.items():
        wire = field.alias or name
        if wire in besides:
            continue
        if all(sample.get(wire) is None for sample in samples[model]):
            yield wire
        for part in _parts(field.annotation):
            if issubclass(part, pydantic.BaseModel):
                yield from (f"{wire}.{inner}" for inner in _unset(part, samples, set()))


@pytest.fixture(scope="module")
def samples(world: World) -> Samples:
    """All inputs that the cases set, by model."""
    found: Samples = defaultdict(list)
    for case in CASES:
        model = REGISTRY.providers[case.token].inputs
        _gather(model, case.first(world), found)
        if case.then is not None:
            _gather(model, case.then(world), found)
    return found


@pytest.mark.sandbox
@pytest.mark.parametrize("token", AWS)
def test_every_declared_input_is_in_a_case_or_listed_as_inert(samples: Samples, token: str) -> None:
    provider = REGISTRY.providers[token]
    assert token in {case.token for case in CASES}, f"{token} has no case"
    assert list(_unset(provider.inputs, samples, set(provider.inert))) == []


@pytest.mark.parametrize("token", TOKENS)
def test_names_in_declarations_are_inputs_of_the_type(token: str) -> None:
    provider = REGISTRY.providers[token]
    fields = {field.alias or name for name, field in provider.inputs.model_fields.items()}
    assert provider.replaces <= fields
    assert {name.split(".")[0] for name in provider.inert} <= fields
    assert all(provider.inert.values())


@pytest.mark.parametrize("token", AWS)
def test_inputs_and_outputs_have_the_names_that_pulumi_gives_them(token: str) -> None:
    provider = REGISTRY.providers[token]
    fields = {field.alias or name for name, field in provider.inputs.model_fields.items()}
    inputs, outputs = declared(token)
    assert fields <= inputs
    assert provider.outputs <= outputs


@pytest.mark.parametrize("token", TOKENS)
def test_an_unknown_property_is_refused_by_name_and_type(token: str) -> None:
    provider: Provider[Any] = REGISTRY.providers[token](None)  # type: ignore[arg-type]
    with pytest.raises(UnsupportedInput) as error:
        provider.check("mine", {"madeUpProperty": 1})
    for part in (token, "'mine'", "madeUpProperty"):
        assert part in str(error.value)


def test_an_output_that_providers_tell_has_no_reason_for_being_left_out() -> None:
    told = {name for provider in REGISTRY.providers.values() for name in provider.outputs}
    assert NOT_TOLD.keys() & told == set()
