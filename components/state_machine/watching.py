"""What a state machine tells whoever watches it: itself, its callbacks, and what it makes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from ..alarms import Formula, functions, workflows
from ..alarms.watch import Formulas, Watch
from ..asl.resources import CALLBACK
from ..function.failures import THING as FAILURES
from .arns import beside
from .triggers.base import Plan, Subject

UNDO = "undo"
"""What the queue of undo steps that failed is called among the things of the machine."""
_GUARDS = ("failed", "timed-out", "aborted", "throttled")
"""Alarms that the component makes itself."""


def formulas(
    subject: Subject,
    document: Mapping[str, Any],
    plans: Iterable[Plan] = (),
    *,
    undo: bool,
) -> Formulas:
    """Every alarm that the machine should have, before anything is made."""
    plans = list(plans)
    found: dict[str, Sequence[Formula]] = {
        "": workflows.formulas(express=subject.express, timeout_seconds=subject.timeout_seconds)
    }
    for call, seconds in callbacks(document).items():
        found[_thing(call)] = [workflows.callback_formula(seconds)]
    if undo:
        found[UNDO] = [workflows.undo_formula(subject.name)]
    if any(plan.may_fail for plan in plans):
        found[FAILURES] = [functions.failures_formula(subject.name)]
    for plan in plans:
        found |= plan.formulas(subject)
    return found


def callbacks(document: Mapping[str, Any]) -> dict[str, int]:
    """Integrations that wait for a callback, to the shortest time in which it must come.

    Those without a time are left out: there is nothing to measure their age by, and the linter
    has warned of them.
    """
    whole, found = document.get("TimeoutSeconds"), dict[str, int]()
    for state in _states(document):
        resource = str(state.get("Resource", ""))
        if not resource.endswith(CALLBACK):
            continue
        seconds = state.get("TimeoutSeconds", whole)
        if isinstance(seconds, int):
            call = resource.partition(":::")[2]
            found[call] = min(seconds, found.get(call, seconds))
    return found


def tell(
    watch: Watch,
    document: Mapping[str, Any],
    machine: "aws.sfn.StateMachine",
    log_group: "aws.cloudwatch.LogGroup",
    *,
    traced: bool,
) -> None:
    """Tell of the machine itself and its callbacks; it rings when executions go wrong."""
    watch.add(
        "workflow",
        "",
        {"StateMachineArn": machine.arn},
        made=_GUARDS,
        log_group_name=log_group.name,
        traced=traced,
        check={"state_machine_arn": machine.arn},
    )
    for call in callbacks(document):
        watch.add("callback", _thing(call), {"ServiceIntegrationResourceArn": _of(machine, call)})


def _of(machine: "aws.sfn.StateMachine", call: str) -> pulumi.Output[str]:
    # In metrics the ARN has the region and account that it lacks in a workflow.
    return machine.arn.apply(lambda arn: beside(arn, "states", call))


def _thing(call: str) -> str:
    """``callback-sdk-dynamodb-putitem``."""
    name = call.removesuffix(CALLBACK).removeprefix("aws-")
    return f"callback-{name.replace(':', '-').lower()}"


def _states(scope: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for state in scope.get("States", {}).values():
        yield state
        inner = [state[field] for field in ("ItemProcessor", "Iterator") if field in state]
        for one in [*inner, *state.get("Branches", ())]:
            yield from _states(one)
