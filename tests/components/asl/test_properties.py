"""Whatever it is given, the linter answers: with problems that have a place, always the same."""

import copy
import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from components.asl import Problem, lint, tasks

from .machines import EXPRESS, RIGHT
from .wrong import WRONG

WORDS = sorted(
    {
        word
        for document in [*RIGHT.values(), *EXPRESS.values()]
        for word in json.dumps(document, ensure_ascii=False).split('"')
        if word.strip(" :,{}[]")
    }
)
"""Names and values that mean something in the language."""

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(WORDS)
)
keys = st.sampled_from(WORDS) | st.text(max_size=6)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=15,
)
corpus = st.sampled_from([*RIGHT.values(), *EXPRESS.values(), *(case.document for case in WRONG)])
quietly = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def check(document: Any, *, express: bool = False) -> None:
    found = lint(document, express=express, placeholders=["Charge"], timeouts={"Charge": 20})
    assert all(isinstance(problem, Problem) and problem.message for problem in found)
    assert all(str(problem).startswith(("state ", "machine")) for problem in found)
    again = lint(document, express=express, placeholders=["Charge"], timeouts={"Charge": 20})
    assert again == found
    assert len(set(found)) == len(found)
    list(tasks(document))


@quietly
@given(values)
def test_any_json_gets_an_answer(document: Any) -> None:
    check(document)


@quietly
@given(st.dictionaries(keys, values, max_size=6), st.booleans())
def test_any_state_gets_an_answer(fields: dict[str, Any], express: bool) -> None:
    check({"StartAt": "A", "States": {"A": fields}}, express=express)


@quietly
@given(st.data(), corpus, st.booleans())
def test_a_machine_with_random_changes_gets_an_answer(
    data: st.DataObject, document: Any, express: bool
) -> None:
    changed = copy.deepcopy(document)
    for _ in range(data.draw(st.integers(1, 3))):
        change(data, changed)
    check(changed, express=express)


def change(data: st.DataObject, value: Any) -> None:
    """Remove, replace or add something at a random depth of ``value``."""
    while isinstance(value, dict | list) and value:
        key = data.draw(st.sampled_from(range(len(value)) if isinstance(value, list) else [*value]))
        if isinstance(value[key], dict | list) and data.draw(st.integers(0, 3)):
            value = value[key]
            continue
        how = data.draw(st.integers(0, 2))
        if how == 0:
            del value[key]
        elif how == 1 or isinstance(value, list):
            value[key] = data.draw(values)
        else:
            value[data.draw(keys)] = data.draw(values)
        return


@quietly
@given(st.text(alphabet="$.[]()'\"\\ ?*@:,abS0-{}%/`", max_size=25))
def test_any_text_is_answered_as_path_function_and_expression(text: str) -> None:
    check({"StartAt": "A", "States": {"A": {"Type": "Pass", "InputPath": text, "End": True}}})
    state = {"Type": "Pass", "Parameters": {"x.$": f"States.Format({text})"}, "End": True}
    check({"StartAt": "A", "States": {"A": state}})
    ata = {"Type": "Pass", "Output": f"{{%{text}%}}", "End": True}
    check({"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": ata}})


def test_depth_and_circles_get_an_answer() -> None:
    deep: Any = {"Type": "Pass", "End": True}
    for _ in range(5000):
        deep = {"x": deep}
    (problem,) = lint({"StartAt": "A", "States": {"A": deep}})
    assert "is nested more than 150 levels deep" in problem.message
    circle: dict[str, Any] = {}
    circle["States"] = circle
    assert "levels deep" in lint(circle)[0].message


def test_nested_tests_and_branches_are_checked_to_the_bottom() -> None:
    test: Any = {"Variable": "$.x", "IsNul": True}
    for _ in range(60):
        test = {"Not": test}
    state: Any = {"Type": "Choice", "Choices": [{**test, "Next": "B"}], "Default": "B"}
    machine: Any = {"StartAt": "A", "States": {"A": state, "B": {"Type": "Succeed"}}}
    assert any("IsNul: is no comparison" in str(problem) for problem in lint(machine))
    for level in range(25):
        fan = {"Type": "Parallel", "Branches": [machine], "End": True}
        machine = {"StartAt": f"Fan{level}", "States": {f"Fan{level}": fan}}
        machine = machine if level else {"StartAt": "Fan0", "States": {"Fan0": {**fan}}}
    assert lint(machine)
