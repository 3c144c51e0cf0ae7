"""What a function tells whoever watches it: itself, and what its triggers make."""

from collections.abc import Iterable

import pulumi
import pulumi_aws as aws

from ..alarms import Formula, functions, tables
from ..alarms.watch import Formulas, Watch
from .failures import THING
from .triggers.base import Plan, Subject

IDEMPOTENCY = "idempotency"
"""What the table of processed calls is called among the things of the function."""


def formulas(
    subject: Subject, plans: Iterable[Plan] = (), *, idempotency: bool = False
) -> Formulas:
    """Every alarm that the function should have, before anything is made.

    A queue, table or stream that was given has an owner; the function's own ones are here.
    """
    plans = list(plans)
    own: list[Formula] = [
        *functions.formulas(
            timeout_seconds=subject.timeout_seconds,
            reserved_concurrency=subject.reserved_concurrency,
        )
    ]
    if ages := [seconds for plan in plans for seconds in plan.give_up_seconds()]:
        own.append(functions.iterator_age_formula(min(ages)))
    found: dict[str, Iterable[Formula]] = {
        "": own,
        THING: [functions.failures_formula(subject.name)],
    }
    if idempotency:
        found[IDEMPOTENCY] = tables.formulas()
    for plan in plans:
        found |= plan.formulas(subject)
    return {thing: tuple(items) for thing, items in found.items()}


def tell(
    watch: Watch,
    function: "aws.lambda_.Function",
    alias: "aws.lambda_.Alias",
    log_group: "aws.cloudwatch.LogGroup",
    *,
    traced: bool,
) -> None:
    """Tell of the function itself; it rings when its alias fails too often."""
    watch.add(
        "function",
        "",
        {
            "FunctionName": function.name,
            "Resource": pulumi.Output.concat(function.name, ":", alias.name),
        },
        made=("errors",),
        log_group_name=log_group.name,
        json_logs=True,
        traced=traced,
        check={"function": function.name, "alias": alias.name},
    )
