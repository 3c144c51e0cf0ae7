"""The document: where it comes from, and what becomes of its placeholders."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.state_machine import StateMachine
from components.testing import UNKNOWN, deploy

from .helpers import CHARGE, FUNCTION, MACHINE, PASS, definition, machine, one, refusal, task

QUERY = task(
    "aws-sdk:dynamodb:query",
    {"TableName": "${Table}", "Text": "of ${Table}: ${Text}"},
)
ARGS: dict[str, Any] = {
    "definition": one(QUERY),
    "permissions": [{"actions": ["dynamodb:Query"], "resources": ["arn:aws:dynamodb:a:1:table/x"]}],
}


def text(deployment: Any) -> Any:
    return deployment.one(MACHINE).inputs["definition"]


def test_placeholders_are_filled_in_inside_strings_and_escaped_as_json_wants() -> None:
    texts = {"Table": "orders", "Text": 'a "quote", a \\ and ${Table}\n'}
    found = definition(machine(**ARGS, substitutions=texts))
    assert found["States"]["Step"]["Parameters"] == {
        "TableName": "orders",
        # What stands in a value is text and no placeholder.
        "Text": 'of orders: a "quote", a \\ and ${Table}\n',
    }


def with_table(table: Callable[[], Any], *, known: bool) -> Any:
    """What the definition says of a table that is an output."""

    def program() -> None:
        texts = {"Table": table(), "Text": "x"}
        StateMachine("orders", {**ARGS, "substitutions": texts})  # type: ignore[typeddict-item]

    return text(deploy(program, known=known))


def test_what_is_not_known_yet_makes_the_text_unknown_and_nothing_else() -> None:
    known = with_table(lambda: pulumi.Output.from_input("orders"), known=False)
    assert json.loads(known)["States"]["Step"]["Parameters"]["TableName"] == "orders"
    assert with_table(lambda: aws.sqs.Queue("table").url, known=False) is UNKNOWN
    assert json.loads(with_table(lambda: aws.sqs.Queue("table").url, known=True))


def test_equal_documents_are_the_same_text() -> None:
    turned = json.loads(json.dumps(PASS), object_pairs_hook=lambda pairs: dict(reversed(pairs)))
    assert list(turned) != list(PASS)
    assert text(machine(definition=turned)) == text(machine(definition=PASS))


def test_whole_numbers_of_other_languages_are_integers() -> None:
    found = text(machine(definition={**PASS, "TimeoutSeconds": 60.0}))
    assert json.loads(found)["TimeoutSeconds"] == 60
    assert "60.0" not in found


def test_the_callers_document_stays_as_it_is() -> None:
    given = one(dict(CHARGE))
    before = json.dumps(given)
    machine(definition=given, functions={"Charge": {"arn": FUNCTION, "timeout_seconds": 20}})
    assert json.dumps(given) == before


def test_a_file_is_as_good_as_a_mapping(tmp_path: Path) -> None:
    file = tmp_path / "flow.asl.json"
    file.write_text(json.dumps(PASS), encoding="utf-8")
    assert text(machine(definition_file=str(file))) == text(machine(definition=PASS))


def test_there_is_one_document() -> None:
    both = refusal(definition=PASS, definition_file="flow.asl.json")
    assert both.startswith("definition and definition_file exclude each other.")
    none = refusal(definition=None)
    assert none.startswith("the workflow is missing. Next step: set definition")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{\n  "StartAt" "Done"\n}', "Expecting ':' delimiter at line 2, column 13: '\"StartAt\""),
        (b"", "is not JSON: Expecting value at line 1, column 1"),
        (b'{"a": 1, "a": 2}', "'a' stands there twice, and only the last would count."),
        (b"\xff\xfe", "Allowed: JSON in UTF-8. Byte 0 is no UTF-8."),
        (b"[]", "definition_file='list' is not valid. Allowed: a mapping with 'StartAt'"),
    ],
)
def test_a_file_that_is_no_document_says_where(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "flow.asl.json"
    file.write_bytes(content)
    assert words in refusal(definition_file=str(file))


def test_a_file_that_is_not_there_is_named_in_full(tmp_path: Path) -> None:
    words = refusal(definition_file=str(tmp_path / "flow.json"))
    assert f"No such file or directory: {tmp_path / 'flow.json'}." in words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (float("nan"), "definition.Comment=nan is not valid. Allowed: numbers that JSON has."),
        ({1, 2}, "definition.Comment={1, 2} is not valid. Allowed: what JSON has"),
        ([{3: 1}], "definition.Comment[0]=3 is not valid. Allowed: text as names of fields."),
    ],
)
def test_what_json_cannot_hold_is_refused(value: Any, words: str) -> None:
    assert refusal(definition={**PASS, "Comment": value}).startswith(words)


def test_an_output_in_the_document_is_sent_to_the_substitutions() -> None:
    def program() -> None:
        output = pulumi.Output.from_input("x")
        StateMachine("orders", {"definition": {**PASS, "Comment": output}})

    with pytest.raises(ValueError, match=r"definition\.Comment is an output") as error:
        deploy(program)
    assert "write a placeholder such as '${Name}'" in str(error.value)


def test_a_document_has_a_largest_size() -> None:
    words = refusal(definition={**PASS, "Comment": "x" * 1_048_576})
    assert "at most 1048576. Move a part into a state machine of its own" in words
