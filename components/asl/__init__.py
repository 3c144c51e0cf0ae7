"""The linter for Amazon States Language: what AWS refuses, and what would go wrong later.

It works on the document alone, without an account and without a network, so it runs in unit
tests and at the first preview, when no ARN is known yet: ``${Name}`` stands for what is not.

    for problem in lint(document):
        print(problem)

Left out: expressions of JSONata are checked for being whole and for names, not parsed; the
arguments of calls beyond the services of ``tasks.CALLS`` are AWS's to check.
"""

import json
from collections.abc import Collection, Iterator, Mapping

from . import (
    choice,
    flow,
    jsonata,
    maps,
    retries,
    shapes,
    simple,
    templates,
    timing,
    variables,
)
from . import (
    placeholders as placeholder_checks,
)
from . import (
    tasks as task_checks,
)
from .document import Machine, NotJson, plain, read
from .problems import Place, Problem, Report
from .tasks import Task
from .values import shown

__all__ = ["Problem", "Task", "lint", "tasks"]

MAX_BYTES = 1024 * 1024
"""Size of a definition (Step Functions developer guide, "Quotas")."""


def lint(
    document: object,
    *,
    express: bool = False,
    placeholders: Collection[str] | None = None,
    timeouts: Mapping[str, int] | None = None,
) -> list[Problem]:
    """Every problem of ``document``, in the order of the document; it never raises.

    Args:
        document: the machine as Python data, as ``json.load`` gives it.
        express: it is an Express workflow, which has no jobs, callbacks or activities and runs
            for five minutes at most.
        placeholders: names that have a value. None: they are not checked.
        timeouts: placeholder of a Lambda function to that function's own time-out in seconds.
    """
    if not isinstance(document, Mapping):
        return [
            Problem("", "", f"must be an object with StartAt and States, not {shown(document)}.")
        ]
    try:
        copy = plain(document)
    except NotJson as problem:
        report = Report(document)
        report.error(Place(), problem.steps[:8], problem.message)
        return report.problems()
    report = Report(copy)
    machine = read(copy, report, express=express)
    _check_machine(machine, report, express=express)
    names = variables.Variables(machine)
    for scope in machine.scopes:
        shapes.check_scope(scope, report)
        flow.check_scope(scope, report)
        for state in scope.states.values():
            shapes.check_state(state, machine, report)
            flow.check_state(state, report)
            variables.check_assignments(state, report)
            if state.jsonata:
                jsonata.check_keys(state, report)
                jsonata.check_state(state, names, report)
            else:
                templates.check_state(state, names, report)
            choice.check_state(state, names, report)
            simple.check_state(state, report)
            maps.check_state(state, report)
            task_checks.check_state(state, report)
            retries.check_state(state, scope, report)
            timing.check_state(state, machine, timeouts or {}, report)
    if placeholders is not None:
        placeholder_checks.check(machine, placeholders, report)
    return report.problems()


def tasks(document: object) -> Iterator[Task]:
    """Every Task state of a machine, in branches and item processors too.

    What is too broken to be walked is left out; ``lint`` says so.
    """
    try:
        copy = plain(document)
    except NotJson:
        return
    if isinstance(copy, dict):
        for state in read(copy, Report(copy), express=False).states:
            if (task := task_checks.task(state)) is not None:
                yield task


def _check_machine(machine: Machine, report: Report, *, express: bool) -> None:
    size = len(json.dumps(machine.fields, ensure_ascii=False, separators=(",", ":")).encode())
    if size > MAX_BYTES:
        report.error(
            Place(),
            (),
            f"the definition has {size:,} bytes; AWS takes {MAX_BYTES:,}. Move constants into "
            "functions, or split the machine and start the parts with states:startExecution.",
        )
    flow.check_names(machine, report)
    maps.check_labels(machine, report)
    timing.check_machine(machine, report, express=express)
