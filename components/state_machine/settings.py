"""Checks what the caller wrote and turns it into plain settings with every default filled in.

Everything that can be wrong is found here, before a resource exists: the workflow is read,
completed with its undo steps, linted, and asked what its role needs, all while no ARN is known.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import pulumi

from .. import policy
from ..alarms.watch import Formulas, checked
from ..asl import Problem, lint
from ..checks import integer, listed, one_of
from ..errors import check_keys, invalid, nearest
from ..logs import checked_retention
from ..policy import Statement
from . import maps, release, triggers, watching
from .args import StateMachineArgs
from .definition import load, used
from .needs import Names, Need, check_arn, derive
from .release import Release
from .triggers.base import Plan, Subject
from .undo import with_undo

KIND = "StateMachine"
UNDO_QUEUE = "UndoQueueUrl"
"""Placeholder of the queue of undo steps that failed for good."""
KINDS = ("standard", "express")
LOG_LEVELS = ("ALL", "ERROR", "FATAL", "OFF")
LONGEST_NAME = 46
"""A role's name has at most 64 characters, of which Pulumi takes eight to make it unique and the
role of schedules ten."""
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*")
_PLACEHOLDER = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Settings:
    """A StateMachine's arguments, checked, in Python's types."""

    who: str
    name: str
    express: bool
    document: Mapping[str, Any]
    """The workflow with its undo steps and its placeholders."""
    values: Mapping[str, pulumi.Input[str]]
    """What the placeholders stand for, but for those that the component makes itself."""
    arns: Mapping[str, pulumi.Input[str]]
    """ARNs by placeholder, as far as there is one."""
    needs: Sequence[Need]
    permissions: Sequence[Statement]
    undo: bool
    """Whether steps are undone, and a queue is made for undo steps that fail."""
    own_maps: bool
    """Whether it starts executions of itself, as a distributed Map does."""
    release: Release
    plans: Mapping[str, Plan]
    """The triggers, by kind."""
    tracing: bool
    log_level: str
    log_execution_data: bool
    log_retention_days: int
    alarms: bool
    alarm_topic_arn: pulumi.Input[str] | None
    formulas: Formulas
    """Every alarm that the machine should have, by thing, overrides included."""
    tags: Mapping[str, pulumi.Input[str]]


def resolve(name: str, args: StateMachineArgs) -> Settings:
    """Check every argument of the component ``name``.

    Raises:
        ValueError: naming component, field, given value, what is allowed, and the next step.
    """
    who = f"{KIND} '{name}'"
    check_keys(who, args, StateMachineArgs)
    # None means "not given", as it does in other languages.
    args = cast(StateMachineArgs, {k: v for k, v in args.items() if v is not None})
    if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        allowed = f"up to {LONGEST_NAME} letters, digits and single hyphens between them"
        raise invalid(who, "name", name, f"{allowed}, a letter first")
    express = one_of(who, "kind", args.get("kind", "standard"), KINDS) == "express"
    permissions = args.get("permissions", ())
    for number, statement in enumerate(permissions):
        try:
            policy.check(statement)
        except ValueError as error:
            raise ValueError(f"{who}: permissions[{number}]: {error}") from None
    names, timeouts = _names(who, args)
    document = _document(who, args, names, timeouts, express=express)
    level = one_of(
        who, "log_level", args.get("log_level", "ALL" if express else "ERROR"), LOG_LEVELS
    )
    seconds = document.get("TimeoutSeconds")
    subject = Subject(who, name, express, seconds if isinstance(seconds, int) else None)
    plans = triggers.plan_all(subject, args.get("triggers", {}))
    formulas = watching.formulas(subject, document, plans.values(), undo=bool(args.get("undo")))
    return Settings(
        who=who,
        name=name,
        express=express,
        document=document,
        values={**names.functions, **names.substitutions},
        arns={**names.functions, **names.substitutions, **names.arns},
        needs=derive(who, document, names, permissions),
        permissions=permissions,
        undo=bool(args.get("undo")),
        own_maps=maps.checked(who, document, permissions),
        release=release.resolve(who, args.get("release", {})),
        plans=plans,
        tracing=args.get("tracing", False),
        log_level=level,
        log_execution_data=args.get("log_execution_data", False),
        log_retention_days=checked_retention(who, args.get("log_retention_days")),
        alarms=args.get("alarms", True),
        alarm_topic_arn=args.get("alarm_topic_arn"),
        formulas=checked(who, formulas, args.get("alarm_overrides")),
        tags=args.get("tags", {}),
    )


def _names(who: str, args: StateMachineArgs) -> tuple[Names, Mapping[str, int]]:
    """The placeholders that have a value, and the timeouts of those that are functions."""
    functions, texts = args.get("functions", {}), args.get("substitutions", {})
    for field, given in (("functions", functions), ("substitutions", texts)):
        for name in given:
            if not _PLACEHOLDER.fullmatch(name):
                allowed = "names of letters, digits and _, a letter first"
                raise invalid(who, field, name, allowed, "In the workflow they stand as ${Name}.")
    for name in functions.keys() & texts.keys():
        raise invalid(
            who, "substitutions", name, "names that functions does not have", "Keep one of them."
        )
    if args.get("undo") and UNDO_QUEUE in {*functions, *texts}:
        hint = "With undo the component makes this queue itself."
        raise invalid(who, "substitutions", UNDO_QUEUE, f"names other than {UNDO_QUEUE}", hint)
    for name, value in texts.items():
        if not isinstance(value, str | pulumi.Output):
            raise invalid(who, f"substitutions.{name}", value, "text", "Write numbers as text.")
    timeouts = {
        name: integer(who, f"functions.{name}.timeout_seconds", item["timeout_seconds"], 1, 900)
        for name, item in functions.items()
    }
    for name, item in functions.items():
        if isinstance(item["arn"], str):
            check_arn(who, f"functions.{name}.arn", item["arn"], "lambda")
    arns = args.get("arns", {})
    for name in arns:
        if name not in texts:
            close = nearest(name, texts)
            hint = f"Did you mean {close!r}?" if close else "It says what a placeholder stands for."
            allowed = f"names in substitutions: {listed(texts) or 'there are none'}"
            raise invalid(who, "arns", name, allowed, hint)
    own = frozenset({UNDO_QUEUE}) if args.get("undo") else frozenset[str]()
    return Names(
        {name: item["arn"] for name, item in functions.items()}, texts, arns, own
    ), timeouts


def _document(
    who: str,
    args: StateMachineArgs,
    names: Names,
    timeouts: Mapping[str, int],
    *,
    express: bool,
) -> Mapping[str, Any]:
    """The workflow, complete and free of errors."""
    document = load(who, args)
    file = args.get("definition_file")
    where = "the workflow" if file is None else f"the workflow in {file!r}"
    if undo := args.get("undo"):
        # What is wrong without the undo steps is told in the caller's own words.
        _refuse(f"{who}: {where}", lint(document, express=express))
        document = with_undo(who, document, undo)
    placeholders = {*names.functions, *names.substitutions, *(names.own & used(document))}
    problems = lint(document, express=express, placeholders=placeholders, timeouts=timeouts)
    _refuse(f"{who}: {where}", problems)
    for problem in problems:
        pulumi.log.warn(f"{who}: {problem}")
    return document


def _refuse(where: str, problems: Sequence[Problem]) -> None:
    errors = [str(problem) for problem in problems if not problem.warning]
    if errors:
        count = "an error" if len(errors) == 1 else f"{len(errors)} errors"
        lines = "".join(f"\n- {error}" for error in errors)
        raise ValueError(f"{where} has {count}:{lines}")
