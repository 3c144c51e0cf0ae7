"""What Step Functions refuses of a definition when a state machine is made.

The embedded cloud takes any JSON and fails the execution later. This is the small part of
AWS's own checks that catches what cannot run: it knows no paths, expressions or arguments.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

LIMIT = 1_048_576
NAME_LIMIT = 80
_DATA = {"Comment", "Type", "QueryLanguage", "InputPath", "OutputPath", "Output", "Assign"}
_NEXT = {"Next", "End"}
_SHAPED = {"Parameters", "Arguments", "ResultPath", "ResultSelector"}
_FAILING = {"Retry", "Catch"}
_TIMES = {"TimeoutSeconds", "TimeoutSecondsPath"}
_WAITS = {"Seconds", "SecondsPath", "Timestamp", "TimestampPath"}
_MAP = {
    "Items",
    "ItemsPath",
    "ItemSelector",
    "ItemProcessor",
    "Iterator",
    "ItemReader",
    "ItemBatcher",
    "ResultWriter",
    "MaxConcurrency",
    "MaxConcurrencyPath",
    "ToleratedFailureCount",
    "ToleratedFailureCountPath",
    "ToleratedFailurePercentage",
    "ToleratedFailurePercentagePath",
    "Label",
}
FIELDS: Mapping[str, set[str]] = {
    "Pass": _DATA | _NEXT | {"Result", "Parameters", "ResultPath"},
    "Task": _DATA
    | _NEXT
    | _SHAPED
    | _FAILING
    | _TIMES
    | {"Resource", "Credentials", "HeartbeatSeconds", "HeartbeatSecondsPath"},
    "Choice": _DATA | {"Choices", "Default"},
    "Wait": _DATA | _NEXT | _WAITS,
    "Succeed": _DATA,
    "Fail": {"Comment", "Type", "QueryLanguage", "Error", "ErrorPath", "Cause", "CausePath"},
    "Parallel": _DATA | _NEXT | _SHAPED | _FAILING | {"Branches"},
    "Map": _DATA | _NEXT | _SHAPED | _FAILING | _MAP,
}
"""The fields of each type of state, of either query language."""
_MACHINE = {"Comment", "StartAt", "States", "QueryLanguage", "Version", "TimeoutSeconds"}
_BRANCH = {"Comment", "StartAt", "States", "QueryLanguage", "ProcessorConfig"}
LANGUAGES = (None, "JSONPath", "JSONata")


def check_definition(text: str, *, express: bool) -> dict[str, Any]:
    """The definition as an object; ValueError names the state and what AWS refuses of it."""
    if len(text.encode()) > LIMIT:
        raise ValueError(f"definition has {len(text.encode())} bytes; AWS takes {LIMIT}.")
    try:
        document = json.loads(text)
    except ValueError as error:
        raise ValueError(f"definition is not JSON: {error}") from None
    _machine(document, "definition", _MACHINE, set(), express=express)
    return dict(document)


def resources(document: object) -> Iterator[str]:
    """The resource of every task, in branches too."""
    if isinstance(document, dict):
        if document.get("Type") == "Task" and isinstance(document.get("Resource"), str):
            yield document["Resource"]
        for value in document.values():
            yield from resources(value)
    elif isinstance(document, list):
        for value in document:
            yield from resources(value)


def _machine(
    given: object, where: str, fields: set[str], names: set[str], *, express: bool
) -> None:
    if not isinstance(given, dict):
        raise ValueError(f"{where} is no JSON object.")
    _known(given, where, fields)
    if given.get("QueryLanguage") not in LANGUAGES:
        raise ValueError(f"{where}.QueryLanguage: Allowed: JSONPath, JSONata.")
    states = given.get("States")
    if not isinstance(states, dict) or not states:
        raise ValueError(f"{where}.States is missing or empty.")
    _leads(f"{where}.StartAt", given.get("StartAt"), states)
    reached = {given["StartAt"]}
    for name, state in states.items():
        here = f"{where}.States.{name}"
        if len(name) > NAME_LIMIT or name in names:
            raise ValueError(f"{here}: a name is used once, and has {NAME_LIMIT} characters.")
        names.add(name)
        _state(state, here, names, express=express)
        for field, target in _targets(state):
            _leads(f"{here}.{field}", target, states)
            reached.add(target)
    if unreached := [name for name in states if name not in reached]:
        raise ValueError(f"{where}.States.{unreached[0]}: the state is not reachable.")


def _state(state: object, here: str, names: set[str], *, express: bool) -> None:
    kind = str(state.get("Type")) if isinstance(state, dict) else ""
    if not isinstance(state, dict) or kind not in FIELDS:
        raise ValueError(f"{here}.Type is {kind!r}. Allowed: {', '.join(FIELDS)}.")
    _known(state, here, FIELDS[kind])
    if "Next" in FIELDS[kind] and ("Next" in state) == (state.get("End") is True):
        raise ValueError(f"{here} needs either Next or End: true.")
    if kind == "Task":
        _resource(state, here, express=express)
    elif kind == "Wait" and len(_WAITS & state.keys()) != 1:
        raise ValueError(f"{here} needs exactly one of {', '.join(sorted(_WAITS))}.")
    elif kind == "Choice" and not (isinstance(state.get("Choices"), list) and state["Choices"]):
        raise ValueError(f"{here}.Choices is missing or empty.")
    elif kind == "Parallel":
        branches = state.get("Branches")
        if not isinstance(branches, list) or not branches:
            raise ValueError(f"{here}.Branches is missing or empty.")
        for index, branch in enumerate(branches):
            _machine(branch, f"{here}.Branches[{index}]", _BRANCH, names, express=express)
    elif kind == "Map":
        inner = "ItemProcessor" if "ItemProcessor" in state else "Iterator"
        processor = state.get(inner)
        _machine(processor, f"{here}.{inner}", _BRANCH, names, express=express)
        assert isinstance(processor, dict)
        if express and processor.get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED":
            raise ValueError(f"{here}: an express workflow has no distributed Map.")


def _resource(state: Mapping[str, Any], here: str, *, express: bool) -> None:
    resource = state.get("Resource")
    if not isinstance(resource, str) or not resource.startswith("arn:"):
        raise ValueError(f"{here}.Resource={resource!r} is not an ARN.")
    waits = resource.endswith((".sync", ".sync:2", ".waitForTaskToken"))
    if express and (waits or ":activity:" in resource):
        raise ValueError(f"{here}.Resource={resource!r}: an express workflow does not wait for it.")


def _targets(state: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every field that names another state, and the name."""
    for field in ("Next", "Default"):
        if field in state:
            yield field, state[field]
    for field in ("Choices", "Catch"):
        items = state.get(field)
        for index, item in enumerate(items if isinstance(items, list) else []):
            given = item.get("Next") if isinstance(item, dict) else None
            yield f"{field}[{index}].Next", given


def _leads(where: str, target: object, states: Mapping[str, Any]) -> None:
    if not isinstance(target, str) or target not in states:
        raise ValueError(f"{where}={target!r}: there is no such state beside it.")


def _known(given: Mapping[str, Any], where: str, fields: set[str]) -> None:
    if unknown := sorted(given.keys() - fields):
        raise ValueError(f"{where}.{unknown[0]} is not a field that AWS knows there.")
