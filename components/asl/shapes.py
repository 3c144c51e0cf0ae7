"""Which fields a machine and each type of state have, in either query language.

The one table of the linter: what a field may hold is the business of the module that knows
about it. Source: the Amazon States Language specification and the Step Functions developer
guide, "Amazon States Language" and the pages of the state types.
"""

from collections.abc import Iterable, Mapping

from ..errors import nearest
from .document import LANGUAGES, Machine, Scope, State
from .problems import Place, Report, Steps, a
from .values import text

PATH, ATA = "JSONPath", "JSONata"
"""A field of states in this query language only."""
BOTH = ""


def _of(both: str, path: str = "", ata: str = "") -> dict[str, str]:
    return {
        **dict.fromkeys(["Type", "Comment", "QueryLanguage", *both.split()], BOTH),
        **dict.fromkeys(path.split(), PATH),
        **dict.fromkeys(ata.split(), ATA),
    }


STATE_FIELDS: Mapping[str, Mapping[str, str]] = {
    "Task": _of(
        "Next End Assign Retry Catch Resource Credentials TimeoutSeconds HeartbeatSeconds",
        "InputPath OutputPath ResultPath Parameters ResultSelector TimeoutSecondsPath "
        "HeartbeatSecondsPath",
        "Arguments Output",
    ),
    "Pass": _of("Next End Assign", "InputPath OutputPath ResultPath Parameters Result", "Output"),
    "Choice": _of("Assign Choices Default", "InputPath OutputPath", "Output"),
    "Wait": _of(
        "Next End Assign Seconds Timestamp",
        "InputPath OutputPath SecondsPath TimestampPath",
        "Output",
    ),
    "Succeed": _of("", "InputPath OutputPath", "Output"),
    "Fail": _of("Error Cause", "ErrorPath CausePath"),
    "Parallel": _of(
        "Next End Assign Retry Catch Branches",
        "InputPath OutputPath ResultPath Parameters ResultSelector",
        "Arguments Output",
    ),
    "Map": _of(
        "Next End Assign Retry Catch ItemProcessor Iterator ItemSelector ItemReader ItemBatcher "
        "ResultWriter Label MaxConcurrency ToleratedFailureCount ToleratedFailurePercentage",
        "InputPath OutputPath ResultPath Parameters ResultSelector ItemsPath MaxConcurrencyPath "
        "ToleratedFailureCountPath ToleratedFailurePercentagePath",
        "Items Output",
    ),
}
REQUIRED: Mapping[str, tuple[str, ...]] = {
    "Task": ("Resource",),
    "Choice": ("Choices",),
    "Parallel": ("Branches",),
}
MACHINE_FIELDS = ("Comment", "QueryLanguage", "StartAt", "States", "TimeoutSeconds", "Version")
BRANCH_FIELDS = ("Comment", "StartAt", "States")
PROCESSOR_FIELDS = (*BRANCH_FIELDS, "ProcessorConfig")

INSTEAD = {
    "InputPath": "$states.input in Arguments or Output",
    "OutputPath": "Output",
    "ResultPath": "Output, or Assign to keep the input beside it",
    "ResultSelector": "Output with $states.result",
    "Parameters": "Arguments",
    "Result": "Output",
    "ItemsPath": "Items",
    "Variable": "Condition",
    "Arguments": "Parameters",
    "Output": "ResultSelector, ResultPath or OutputPath",
    "Items": "ItemsPath",
    "Condition": "Variable and a comparison",
}
"""What to write in the other language; ``XPath`` becomes ``X`` with an expression."""
_OWN_PLACE = {("Pass", "Parameters"): "Output", ("Map", "Parameters"): "ItemSelector"}
"""The same, where a type of state differs."""
_MOVED = {
    ("Pass", "Arguments"): "Pass states compute nothing but Output: put it there.",
    ("Map", "Arguments"): "Map states shape each item in ItemSelector.",
    ("Choice", "Next"): "Choice states lead on by Choices[].Next and Default.",
    ("Choice", "End"): "Choice states lead on by Choices[].Next and Default.",
    ("Succeed", "Next"): "A Succeed state ends its machine or branch: use Pass to go on.",
    ("Succeed", "End"): "A Succeed state ends its machine or branch anyway: leave End out.",
    ("Fail", "Next"): "A Fail state ends the execution: use Pass to go on.",
    ("Fail", "End"): "A Fail state ends the execution anyway: leave End out.",
}


def check_state(state: State, machine: Machine, report: Report) -> None:
    """Fields that it must have, that it does not have, and that are of the other language."""
    known = STATE_FIELDS.get(state.type)
    _query_language(state, machine, report)
    text(report, state, ("Comment",), state.fields)
    if known is None:
        return
    for name in state.fields:
        language = known.get(name)
        if language is None:
            _unknown_in_state(state, name, known, report)
        elif language and (language == ATA) != state.jsonata:
            own = _OWN_PLACE.get((state.type, name), "")
            report.error(state, (name,), wrong_language(name, jsonata=state.jsonata, instead=own))
    for name in REQUIRED.get(state.type, ()):
        if name not in state.fields:
            report.error(state, (name,), f"is missing. A {state.type} state needs it.")


def check_scope(scope: Scope, report: Report) -> None:
    """The fields beside ``States``."""
    known = {"machine": MACHINE_FIELDS, "branch": BRANCH_FIELDS}.get(scope.kind, PROCESSOR_FIELDS)
    for name in scope.fields:
        if name in known:
            continue
        if name in MACHINE_FIELDS:
            report.error(
                scope.place,
                (*scope.prefix, name),
                f"belongs to the machine; {a(scope.kind)} has {_listed(known)}. Set it there.",
            )
        else:
            unknown(report, scope.place, (*scope.prefix, name), known, a(scope.kind).capitalize())
    text(report, scope.place, (*scope.prefix, "Comment"), scope.fields)
    if scope.kind != "machine":
        return
    language = scope.fields.get("QueryLanguage", PATH)
    if language not in LANGUAGES:
        report.error(scope.place, ("QueryLanguage",), _language_message(language))
    if "Version" in scope.fields and scope.fields["Version"] != "1.0":
        report.error(scope.place, ("Version",), "must be '1.0', the only one there is.")


def unknown(
    report: Report, place: Place, steps: Steps, known: Iterable[str], owner: str, more: str = ""
) -> None:
    """``steps`` ends in a key that is none of ``known``."""
    close = nearest(str(steps[-1]), known)
    hint = f"Did you mean {close!r}?" if close else f"{owner} has {_listed(known)}."
    report.error(place, steps, f"is no field here. {more or hint}")


def wrong_language(name: str, *, jsonata: bool, instead: str = "") -> str:
    """Why a field of the other query language is refused, and what takes its place."""
    ours, theirs = (ATA, PATH) if jsonata else (PATH, ATA)
    instead = instead or INSTEAD.get(name, "")
    if not instead and name.endswith("Path"):
        instead = f"{name.removesuffix('Path')} with a {{% %}} expression"
    return f"is a field of {theirs} states, and this one is {ours}. Use {instead or 'its like'}."


def _unknown_in_state(state: State, name: str, known: Mapping[str, str], report: Report) -> None:
    usable = [field for field, at in known.items() if not at or (at == ATA) == state.jsonata]
    moved = _MOVED.get((state.type, name), "")
    others = [kind for kind, fields in STATE_FIELDS.items() if name in fields]
    if not moved and others and nearest(name, usable) is None:
        moved = f"It is one of {_listed(others)} states; a {state.type} has {_listed(usable)}."
    unknown(report, state, (name,), usable, f"A {state.type} state", moved)


def _query_language(state: State, machine: Machine, report: Report) -> None:
    language = state.fields.get("QueryLanguage")
    if language is None and "QueryLanguage" not in state.fields:
        return
    if language not in LANGUAGES:
        report.error(state, ("QueryLanguage",), _language_message(language))
    elif machine.jsonata and language == PATH:
        report.error(
            state,
            ("QueryLanguage",),
            "a JSONata machine cannot have JSONPath states. Leave QueryLanguage out of the "
            "machine and set it on the states that are JSONata.",
        )


def _language_message(given: object) -> str:
    return f"{given!r} is no query language. There is {_listed(LANGUAGES)}."


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
