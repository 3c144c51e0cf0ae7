"""What is right is left alone, and tasks are found wherever they are."""

import copy
import json
import os
import subprocess
import sys
from pathlib import Path
from types import MappingProxyType

import pytest

from components.asl import Task, lint, tasks
from components.data_workflow import definition as data_workflow

from .machines import EXPRESS, LAMBDA, RIGHT, Machine, callback, calls, distributed, machine


@pytest.mark.parametrize("name", RIGHT)
def test_nothing_is_said_about_a_machine_that_is_right(name: str) -> None:
    assert lint(RIGHT[name]) == []


@pytest.mark.parametrize("name", EXPRESS)
def test_nothing_is_said_about_an_express_workflow_that_is_right(name: str) -> None:
    assert lint(EXPRESS[name], express=True) == []


def test_the_data_workflow_of_the_library_is_right() -> None:
    assert lint(data_workflow.definition()) == []


def test_every_type_of_state_is_among_the_right_machines_in_both_languages() -> None:
    def types(document: Machine) -> set[str]:
        return {state["Type"] for state in document["States"].values()}

    of_path = set[str]().union(*(types(RIGHT[n]) for n in RIGHT if not n.startswith("jsonata")))
    of_ata = set[str]().union(*(types(RIGHT[n]) for n in RIGHT if n.startswith("jsonata")))
    assert of_path == {"Task", "Pass", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"}
    assert of_ata == of_path


def test_a_document_is_not_changed() -> None:
    document = RIGHT["task with everything"]
    before = copy.deepcopy(document)
    lint(document, placeholders=["x"], timeouts={"x": 5})
    assert document == before


def test_any_mapping_and_sequence_will_do() -> None:
    frozen = MappingProxyType({"StartAt": "A", "States": MappingProxyType({"A": callback()})})
    assert lint(frozen) == []
    fan = {"Type": "Parallel", "Branches": (machine(B=callback()),), "End": True}
    assert lint(machine(A=fan)) == []


def test_tasks_are_found_in_branches_and_item_processors() -> None:
    document = machine(
        Fan={
            "Type": "Parallel",
            "Branches": [machine(One=callback()), machine(Each=distributed())],
            "Next": "Last",
        },
        Last={"Type": "Task", "Resource": LAMBDA, "End": True},
    )
    found = list(tasks(document))
    assert [(task.state, task.resource.rpartition(":")[2], task.callback) for task in found] == [
        ("Fan/branch 1/One", "sendMessage.waitForTaskToken", True),
        ("Fan/branch 2/Each/Work", "invoke", False),
        ("Last", "charge", False),
    ]
    assert found[0].fields["MessageBody"] == {"token.$": "$$.Task.Token"}
    assert found[0].definition["TimeoutSeconds"] == 3600
    assert found[2].fields == {}


def test_tasks_of_jsonata_states_give_their_arguments() -> None:
    (task,) = tasks({"QueryLanguage": "JSONata", **machine(A=calls())})
    assert task == Task("A", task.resource, task.definition["Arguments"], False, task.definition)


@pytest.mark.parametrize("document", [None, [], "x", {}, {"States": []}, {"States": {"A": 1}}])
def test_what_is_no_machine_has_no_tasks(document: object) -> None:
    assert list(tasks(document)) == []


def test_a_thousand_states_take_no_time_to_speak_of() -> None:
    # Not measured in seconds, which depend on the machine: one state more costs what one costs.
    def events(count: int) -> int:
        states = {f"S{i}": callback(Next=f"S{i + 1}") for i in range(count)}
        document = machine(**states, **{f"S{count}": {"Type": "Succeed"}})
        calls_made = 0

        def count_call(*_: object) -> None:
            nonlocal calls_made
            calls_made += 1

        before = sys.getprofile()
        sys.setprofile(count_call)
        try:
            assert lint(document) == []
        finally:
            sys.setprofile(before)
        return calls_made

    events(10)  # fills the caches
    assert events(1000) / events(100) < 12


def test_the_linter_loads_nothing_of_pulumi(tmp_path: Path) -> None:
    # In a package of its own, since `components` itself needs pulumi.
    source = Path(__file__).resolve().parents[3] / "components"
    package = tmp_path / "alone"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "errors.py").write_text((source / "errors.py").read_text())
    (package / "asl").symlink_to(source / "asl")
    file = tmp_path / "machine.json"
    file.write_text(json.dumps(RIGHT["pass"]))
    code = (
        "import sys, alone.asl.__main__ as main\n"
        f"assert main.main([{str(file)!r}]) == 0\n"
        "sys.exit(any(name.startswith(('pulumi', 'yaml', 'boto')) for name in sys.modules))"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, check=False)
    assert done.returncode == 0
