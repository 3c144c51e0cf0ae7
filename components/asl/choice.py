"""Choice states: rules, their comparisons and how they nest."""

from collections.abc import Mapping
from typing import Any

from ..errors import nearest
from .document import State
from .problems import Report, Steps
from .shapes import unknown, wrong_language
from .simple import timestamp_problem
from .templates import check_path
from .values import expression, has_placeholder, listed, number, shown, text
from .variables import Variables

_ORDERED = ("Equals", "GreaterThan", "GreaterThanEquals", "LessThan", "LessThanEquals")
_IS = ("IsBoolean", "IsNull", "IsNumeric", "IsPresent", "IsString", "IsTimestamp")
COMPARISONS: Mapping[str, str] = {
    **{f"String{how}": "string" for how in _ORDERED},
    **{f"Numeric{how}": "number" for how in _ORDERED},
    **{f"Timestamp{how}": "timestamp" for how in _ORDERED},
    "BooleanEquals": "boolean",
    "StringMatches": "string",
    **{
        f"{what}{how}Path": "path"
        for what in ("String", "Numeric", "Timestamp")
        for how in _ORDERED
    },
    "BooleanEqualsPath": "path",
    **dict.fromkeys(_IS, "boolean"),
}
"""The operators, and what each compares with."""
_LOGIC = ("And", "Or", "Not")
_TOP = ("Next", "Assign", "Comment")
_JSONATA_RULE = ("Condition", "Next", "Assign", "Output", "Comment")


def check_state(state: State, variables: Variables, report: Report) -> None:
    """The rules and the default of a Choice state."""
    if state.type != "Choice":
        return
    rules = state.fields.get("Choices")
    if "Choices" in state.fields and not isinstance(rules, list):
        report.error(state, ("Choices",), f"must be an array of rules, not {shown(rules)}.")
    elif rules == []:
        report.error(state, ("Choices",), "is empty. Give at least one rule with a Next.")
    for index, rule in enumerate(listed(rules)):
        steps: Steps = ("Choices", index)
        if not isinstance(rule, dict):
            report.error(state, steps, f"must be an object, not {shown(rule)}.")
            continue
        if "Next" not in rule:
            report.error(state, (*steps, "Next"), "is missing. Name the state to go to.")
        text(report, state, (*steps, "Comment"), rule)
        if state.jsonata:
            _check_condition(state, steps, rule, report)
        else:
            _check_test(state, steps, rule, variables, report, top=True)
    if "Default" not in state.fields:
        report.warn(
            state,
            ("Default",),
            "is missing: when no rule matches, the execution fails with States.NoChoiceMatched. "
            "Name the state that is meant.",
        )


def _check_condition(state: State, steps: Steps, rule: Mapping[str, Any], report: Report) -> None:
    for name in rule:
        if name in COMPARISONS or name in _LOGIC or name == "Variable":
            report.error(state, (*steps, name), wrong_language("Variable", jsonata=True))
        elif name not in _JSONATA_RULE:
            unknown(report, state, (*steps, name), _JSONATA_RULE, "A rule")
    condition = rule.get("Condition")
    if "Condition" not in rule:
        report.error(
            state, (*steps, "Condition"), "is missing. Write '{% ... %}' that gives true or false."
        )
    elif not isinstance(condition, bool) and not expression(condition):
        report.error(
            state,
            (*steps, "Condition"),
            f"must be a '{{% ... %}}' expression that gives true or false, not {shown(condition)}.",
        )


def _check_test(
    state: State,
    steps: Steps,
    rule: Mapping[str, Any],
    variables: Variables,
    report: Report,
    *,
    top: bool,
) -> None:
    """A rule, or what stands inside And, Or and Not."""
    for name in rule:
        if name in COMPARISONS or name in _LOGIC or name == "Variable" or (top and name in _TOP):
            continue
        if name in _TOP:
            if name != "Comment":
                report.error(
                    state, (*steps, name), "stands at the top of a rule only. Move it there."
                )
        elif name in _JSONATA_RULE:
            report.error(state, (*steps, name), wrong_language(name, jsonata=False))
        else:
            close = nearest(name, [*COMPARISONS, *_LOGIC, "Variable"])
            hint = f"Did you mean {close!r}?" if close else "See the comparisons of Choice states."
            report.error(state, (*steps, name), f"is no comparison. {hint}")
    given = [name for name in rule if name in COMPARISONS or name in _LOGIC]
    if not given:
        report.error(
            state,
            steps,
            "compares nothing. Give a Variable and one comparison such as StringEquals, or And, "
            "Or, Not.",
        )
    for name in given[1:]:
        report.error(
            state, (*steps, name), f"is a second comparison beside {given[0]}. Join them with And."
        )
    if any(name in COMPARISONS for name in given):
        _check_variable(state, steps, rule, variables, report)
    elif "Variable" in rule and given:
        report.error(state, (*steps, "Variable"), f"has no place beside {given[0]}. Put it inside.")
    for name in given:
        if name in COMPARISONS:
            _check_operand(state, (*steps, name), rule[name], variables, report)
        else:
            _check_logic(state, (*steps, name), rule[name], variables, report)


def _check_variable(
    state: State, steps: Steps, rule: Mapping[str, Any], variables: Variables, report: Report
) -> None:
    here = (*steps, "Variable")
    value = rule.get("Variable")
    if "Variable" not in rule:
        report.error(state, here, "is missing. Name the value to compare, as in '$.order.amount'.")
    elif isinstance(value, str) and value.startswith("States."):
        report.error(
            state,
            here,
            "takes a path, no intrinsic function. Compute it in a Pass state before this one.",
        )
    else:
        check_path(state, here, value, variables, report, reference=True)


def _check_operand(
    state: State, steps: Steps, value: Any, variables: Variables, report: Report
) -> None:
    name, kind = str(steps[-1]), COMPARISONS[str(steps[-1])]
    if kind == "path":
        check_path(state, steps, value, variables, report, reference=True)
        return
    fits = {
        "string": isinstance(value, str),
        "number": number(value) is not None,
        "boolean": isinstance(value, bool),
        "timestamp": isinstance(value, str),
    }[kind]
    if not fits:
        path = f" To compare with a path use {name}Path." if f"{name}Path" in COMPARISONS else ""
        report.error(state, steps, f"compares with a {kind}, not {shown(value)}.{path}")
    elif kind == "timestamp" and not has_placeholder(value):
        if message := timestamp_problem(str(value)):
            report.error(state, steps, message)
    elif kind == "string" and f"{name}Path" in COMPARISONS and str(value).startswith("$."):
        report.warn(state, steps, f"{value!r} is compared as text. For its value use {name}Path.")


def _check_logic(
    state: State, steps: Steps, value: Any, variables: Variables, report: Report
) -> None:
    name = steps[-1]
    if name == "Not":
        if isinstance(value, dict):
            _check_test(state, steps, value, variables, report, top=False)
        else:
            report.error(state, steps, f"must be one test, an object, not {shown(value)}.")
        return
    if not isinstance(value, list) or not value:
        report.error(state, steps, f"must be a non-empty array of tests, not {shown(value)}.")
        return
    for index, test in enumerate(value):
        if isinstance(test, dict):
            _check_test(state, (*steps, index), test, variables, report, top=False)
        else:
            report.error(state, (*steps, index), f"must be an object, not {shown(test)}.")
