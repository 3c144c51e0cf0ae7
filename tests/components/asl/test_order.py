"""All problems at once, in the order of the document, with the place of each."""

from typing import Any

import pytest

from components.asl import Problem, lint

from .machines import each, machine, passes


def test_every_problem_is_reported_in_the_order_of_the_document() -> None:
    document: dict[str, Any] = {
        "Coment": "first",
        "States": {
            "B": {
                "Type": "Task",
                "Retry": [
                    {"ErrorEquals": ["X"], "BackoffRate": 0},
                    {"MaxAttempts": -1, "ErrorEquals": []},
                ],
                "Resource": "nothing",
                "Next": "D",
            },
            "A": {
                "Type": "Parallel",
                "Branches": [machine(Inner=passes(InputPath="x")), machine("Y", Other=passes())],
                "OutputPath": "y",
                "End": True,
            },
        },
        "TimeoutSeconds": 0,
    }
    assert [(p.state, p.field) for p in lint(document, placeholders=["Unused"])] == [
        ("", ""),
        ("", "StartAt"),
        ("", "Coment"),
        ("B", "Retry[0].BackoffRate"),
        ("B", "Retry[1].MaxAttempts"),
        ("B", "Retry[1].ErrorEquals"),
        ("B", "Resource"),
        ("B", "Next"),
        ("A/branch 1/Inner", "InputPath"),
        ("A", "Branches[1].StartAt"),
        ("A", "OutputPath"),
        ("", "TimeoutSeconds"),
    ]


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (Problem("", "StartAt", "is missing."), "machine, StartAt: is missing."),
        (Problem("", "", "is empty."), "machine: is empty."),
        (Problem("A/B", "Retry[0]", "is odd."), "state 'A/B', Retry[0]: is odd."),
        (Problem("A", "", "is odd.", warning=True), "state 'A': is odd."),
    ],
)
def test_a_problem_reads_as_a_sentence_with_its_place(problem: Problem, text: str) -> None:
    assert str(problem) == text


def test_keys_that_hold_dots_are_shown_as_they_are_written() -> None:
    (problem,) = lint(machine(A=passes(Parameters={"a": [{"b.$": 1}]})))
    assert problem.field == "Parameters.a[0].b.$"


def test_two_names_of_one_thing_exclude_each_other() -> None:
    fields = {"Iterator": machine(B=passes()), "Parameters": {}}
    said = [str(problem) for problem in lint(machine(A=each(**fields)))]
    for field, other in (("Iterator", "ItemProcessor"), ("Parameters", "ItemSelector")):
        assert any(f"{field}: cannot stand beside {other}." in text for text in said), said


def test_the_same_problem_of_two_checks_is_reported_once() -> None:
    found = lint(machine(A=passes(Assign=5)))
    assert len(found) == 1
