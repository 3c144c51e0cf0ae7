"""Each thing that can be wrong: exactly that is said, at that place."""

import pytest

from components.asl import lint

from .wrong import WRONG, Wrong


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.says[:70])
def test_a_mistake_is_named_with_its_place_and_nothing_else_is(case: Wrong) -> None:
    found = lint(case.document, **case.options)
    said = [str(problem) for problem in found]
    assert len(found) == 1, said
    assert said[0].startswith(case.says), said
    assert case.also in said[0], said
    assert found[0].warning is case.warning, said
