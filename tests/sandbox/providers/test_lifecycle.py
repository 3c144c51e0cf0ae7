"""Every provider, from creation over an update in place to the end, seen with boto3."""

from collections.abc import Mapping
from typing import Any

import pytest

from .cases import CASES
from .declared import NOT_TOLD, declared
from .world import Case, World

pytestmark = pytest.mark.sandbox


def _part(seen: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Those members of ``seen`` that ``wanted`` names, as deep as it names them."""
    return {
        key: _part(seen[key], value)
        if isinstance(value, dict) and isinstance(seen.get(key), dict) and key != "tags"
        else seen.get(key)
        for key, value in wanted.items()
    }


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_resource_is_really_made_updated_and_removed(world: World, case: Case) -> None:
    provider = world.provider(case.token)
    first = case.first(world)
    inputs = provider.check("thing", first)
    id, outputs = provider.create("thing", inputs)
    assert id
    assert provider.outputs <= outputs.keys()
    known_inputs, known_outputs = declared(case.token)
    left_out = known_outputs - known_inputs - outputs.keys() - NOT_TOLD.keys()
    assert left_out == set(), "outputs that Pulumi has, neither told nor explained in NOT_TOLD"

    seen = case.look(world, id, outputs)
    assert seen is not None
    assert _part(seen, case.seen(world)) == case.seen(world)

    if case.then is not None:
        assert case.seen_then is not None
        later = {
            key: value for key, value in {**first, **case.then(world)}.items() if value is not None
        }
        changed = provider.check("thing", later)
        assert provider.changed(inputs, changed), "the update must change something"
        assert not provider.must_replace(provider.changed(inputs, changed), inputs, changed)
        outputs = provider.update(id, inputs, changed, outputs)
        assert provider.outputs <= outputs.keys()
        seen = case.look(world, id, outputs)
        assert seen is not None
        assert _part(seen, case.seen_then(world)) == case.seen_then(world)

    provider.delete(id, outputs)
    assert (case.look(world, id, outputs) is not None) == case.stays
    provider.delete(id, outputs)  # what is gone already is no error
