"""The data of JSONPath states: path fields and payload templates.

A payload template is an object in which a field that ends in ``.$`` holds a path or an
intrinsic function; everything else is taken as it stands, which is why a path in a field
without ``.$`` is a warning.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from . import intrinsics, paths
from .document import State
from .problems import Place, Report, Steps
from .values import has_placeholder, objects, shown
from .variables import Variables, assignments

_PATHS = ("InputPath", "OutputPath")
_REFERENCES = (
    "ItemsPath",
    "SecondsPath",
    "TimestampPath",
    "TimeoutSecondsPath",
    "HeartbeatSecondsPath",
    "MaxConcurrencyPath",
    "ToleratedFailureCountPath",
    "ToleratedFailurePercentagePath",
)
_NESTED_REFERENCES: tuple[Steps, ...] = (
    ("ItemReader", "ReaderConfig", "MaxItemsPath"),
    ("ItemBatcher", "MaxItemsPerBatchPath"),
    ("ItemBatcher", "MaxInputBytesPerBatchPath"),
)
_TEMPLATES: tuple[Steps, ...] = (
    ("Parameters",),
    ("ResultSelector",),
    ("ItemSelector",),
    ("Credentials",),
    ("ItemReader", "Parameters"),
    ("ItemBatcher", "BatchInput"),
    ("ResultWriter", "Parameters"),
)
STATIC_PATH = re.compile(r"\$\$?\.[A-Za-z_][\w.\[\]]*|\$\$?\[.*\]|States\.[A-Za-z0-9]+\(.*\)")

"""A value that is meant as a path or a call, in a field where it stays text."""


def check_state(state: State, variables: Variables, report: Report) -> None:
    """Every path and template of a JSONPath state but those of its choice rules."""
    fields = state.fields
    for name in _PATHS:
        if fields.get(name) is not None:
            check_path(state, (name,), fields[name], variables, report)
    for name in _REFERENCES:
        if name in fields:
            check_path(state, (name,), fields[name], variables, report, reference=True)
    for steps in _NESTED_REFERENCES:
        value = _at(fields, steps)
        if value is not None:
            check_path(state, steps, value, variables, report, reference=True)
    for steps, value in _result_paths(fields):
        _check_result_path(state, steps, value, variables, report)
    if state.type == "Fail":
        for name in ("ErrorPath", "CausePath"):
            if name in fields:
                _check_fail_path(state, name, fields[name], variables, report)
    for steps in _TEMPLATES:
        value = _at(fields, steps)
        if isinstance(value, dict):
            check_template(state, steps, value, variables, report)
        elif value is not None:
            report.error(state, steps, f"must be an object, not {shown(value)}.")
    for steps, value in assignments(state):
        if isinstance(value, dict):
            check_template(state, steps, value, variables, report)
    if state.type == "Pass" and "Result" in fields:
        for steps, value in _strings(fields["Result"], ("Result",)):
            if STATIC_PATH.fullmatch(value):
                report.warn(
                    state,
                    steps,
                    f"{value!r} stays text: Result is taken as it stands. Use Parameters with a "
                    "field that ends in '.$'.",
                )


def check_path(
    place: Place,
    steps: Steps,
    value: Any,
    variables: Variables,
    report: Report,
    *,
    reference: bool = False,
) -> None:
    """A field that holds a path."""
    if not isinstance(value, str):
        report.error(place, steps, f"must be a path such as '$.order.id', not {shown(value)}.")
    elif not has_placeholder(value):
        _read(
            lambda: (paths.read(value, functions=not reference),), place, steps, variables, report
        )
        if reference:
            _warn_of_several(place, steps, value, report)


def _warn_of_several(place: Place, steps: Steps, value: str, report: Report) -> None:
    # AWS's guide has both: no wildcards and filters here, and examples with them.
    try:
        paths.read(value, functions=False)
    except paths.BadPath:
        return  # said already
    try:
        paths.read(value, single=True)
    except paths.BadPath as problem:
        report.warn(place, steps, str(problem))


def check_template(
    place: Place, steps: Steps, value: Any, variables: Variables, report: Report
) -> None:
    """A payload template, however deeply nested."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            check_template(place, (*steps, index), item, variables, report)
    elif isinstance(value, dict):
        for key, item in value.items():
            here = (*steps, key)
            if not key.endswith(".$"):
                check_template(place, here, item, variables, report)
                continue
            if key.removesuffix(".$") in value:
                report.error(
                    place, here, f"stands beside {key.removesuffix('.$')!r}. Keep one of the two."
                )
            _check_dynamic(place, here, item, variables, report)
    elif isinstance(value, str):
        if STATIC_PATH.fullmatch(value):
            report.warn(
                place,
                steps,
                f"{value!r} stays text, since the field's name does not end in '.$'. Write "
                f"'{steps[-1]}.$' if the value is meant.",
            )
        elif value.startswith("{%"):
            report.warn(
                place, steps, "stays text: '{% %}' works in JSONata states only. Use a path."
            )


def _check_dynamic(
    place: Place, steps: Steps, value: Any, variables: Variables, report: Report
) -> None:
    if not isinstance(value, str):
        report.error(
            place,
            steps,
            f"must be a path or an intrinsic function, since its name ends in '.$', not "
            f"{shown(value)}. Leave '.$' out for a constant.",
        )
    elif has_placeholder(value):
        return
    elif value.startswith("$"):
        _read(lambda: (paths.read(value),), place, steps, variables, report)
    elif "(" in value:
        _read(lambda: intrinsics.read(value), place, steps, variables, report)
    else:
        report.error(
            place,
            steps,
            f"{value!r} is neither a path nor an intrinsic function, which a name that ends in "
            "'.$' needs. Leave '.$' out for a constant.",
        )


def _check_result_path(
    state: State, steps: Steps, value: Any, variables: Variables, report: Report
) -> None:
    if isinstance(value, str) and re.match(r"\$\$|\$\w", value):
        report.error(
            state, steps, f"{value!r} cannot be written to. Start it with '$.', or set null."
        )
    elif isinstance(value, str) and not has_placeholder(value):
        _read(
            lambda: (paths.read(value, single=True, functions=False),),
            state,
            steps,
            variables,
            report,
        )
    else:
        check_path(state, steps, value, variables, report)


def _check_fail_path(
    state: State, name: str, value: Any, variables: Variables, report: Report
) -> None:
    if not (isinstance(value, str) and intrinsics.looks_like_one(value)):
        check_path(state, (name,), value, variables, report, reference=True)
    elif value.partition("(")[0] in intrinsics.ARGUMENTS.keys() - intrinsics.TO_TEXT:
        report.error(
            state,
            (name,),
            f"{value!r} gives no text. Here there is {', '.join(intrinsics.TO_TEXT)}.",
        )
    elif not has_placeholder(value):
        _read(lambda: intrinsics.read(value), state, (name,), variables, report)


def _read(
    read: Callable[[], tuple[paths.Path, ...]],
    place: Place,
    steps: Steps,
    variables: Variables,
    report: Report,
) -> None:
    try:
        found = read()
    except paths.BadPath as problem:
        report.error(place, steps, str(problem))
        return
    for path in found:
        if message := variables.problem(path.variable):
            report.error(place, steps, message)


def _result_paths(fields: Mapping[str, Any]) -> Iterator[tuple[Steps, Any]]:
    if fields.get("ResultPath") is not None:
        yield ("ResultPath",), fields["ResultPath"]
    for index, catcher in objects(fields.get("Catch")):
        if catcher.get("ResultPath") is not None:
            yield ("Catch", index, "ResultPath"), catcher["ResultPath"]


def _at(fields: Any, steps: Steps) -> Any:
    for step in steps:
        if not isinstance(fields, dict) or step not in fields:
            return None
        fields = fields[step]
    return fields


def _strings(value: Any, steps: Steps) -> Iterator[tuple[Steps, str]]:
    if isinstance(value, str):
        yield steps, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _strings(item, (*steps, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _strings(item, (*steps, index))
