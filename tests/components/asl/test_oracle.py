"""cfn-lint's schema of state machines, written by others, says the same."""

import copy
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

from components.asl import lint
from components.data_workflow import definition as data_workflow

from .machines import BEYOND_CFN_LINT, EXPRESS, RIGHT, Machine
from .wrong import WRONG

Oracle = Callable[[Machine], list[str]]


@pytest.fixture(scope="session")
def refusals() -> Oracle:
    """What cfn-lint has against a machine."""
    # Inside, since the import takes seconds; by name, since cfn-lint has no types.
    rules = import_module("cfnlint.rules.resources.stepfunctions.StateMachineDefinition")
    validators: Any = import_module("cfnlint.jsonschema")
    resolvers: Any = import_module("cfnlint.schema.resolver")
    rule: Any = rules.StateMachineDefinition()

    def ask(document: Machine) -> list[str]:
        schema = rule.schema
        if document.get("QueryLanguage") == "JSONata":
            schema = rule._convert_schema_to_jsonata()
        resolver = resolvers.RefResolver.from_schema(schema, store=rule.store)
        validator = validators.CfnTemplateValidator(schema=schema).evolve(resolver=resolver)
        found = [error.message for error in validator.iter_errors(document)]
        if found:  # its next check expects the schema to hold
            return found
        return [error.message for error in rule._validate_start_at(document, "", False)]

    return ask


@pytest.mark.parametrize("name", [name for name in RIGHT if name not in BEYOND_CFN_LINT])
def test_cfn_lint_has_nothing_against_the_right_machines(name: str, refusals: Oracle) -> None:
    assert refusals(RIGHT[name]) == []


@pytest.mark.parametrize("name", BEYOND_CFN_LINT)
def test_what_cfn_lint_does_not_know_yet_is_still_so(name: str, refusals: Oracle) -> None:
    assert refusals(RIGHT[name]) != []


@pytest.mark.parametrize("document", [*EXPRESS.values(), data_workflow.definition()])
def test_cfn_lint_has_nothing_against_the_other_machines(
    document: Machine, refusals: Oracle
) -> None:
    assert refusals(document) == []


def test_what_cfn_lint_refuses_is_refused(refusals: Oracle) -> None:
    cases = [case for case in WRONG if isinstance(case.document, dict) and not case.options]
    plain = [case.document for case in cases if "x" not in case.document]  # those are no JSON
    refused = [document for document in plain if refusals(document)]
    assert len(refused) > 60  # else the oracle is broken, or was never asked
    for document in refused:
        assert any(not problem.warning for problem in lint(document)), document


def test_whatever_is_taken_out_of_a_right_machine_cfn_lint_misses_nothing_that_we_allow(
    refusals: Oracle,
) -> None:
    asked = 0
    for name, document in RIGHT.items():
        if name in BEYOND_CFN_LINT:
            continue
        for state, fields in document["States"].items():
            for field in fields:
                less = copy.deepcopy(document)
                del less["States"][state][field]
                if refusals(less):
                    asked += 1
                    assert any(not p.warning for p in lint(less)), (name, state, field)
    assert asked > 50
