"""What a caller of StateMachine writes; checked in ``settings.py`` and by the triggers."""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi

from ..alarms import AlarmOverride
from ..function.task import WorkflowFunction
from ..policy import Statement
from .triggers.api import WorkflowApi
from .triggers.events import WorkflowEvent
from .triggers.schedules import WorkflowSchedule
from .triggers.sqs import WorkflowQueue


class Undo(TypedDict):
    """What takes a completed step back when the execution can only end in failure."""

    task: Mapping[str, Any]
    """A Task state without ``Next``, ``End``, ``Catch``, ``ResultPath`` and ``OutputPath``. Its
    input is the execution's whole document, its result is kept at ``$.undone.<Step>``; a ``Retry``
    of its own replaces the default of six attempts."""
    unsure: NotRequired[bool]
    """Whether it also runs when the step itself failed in a way that leaves open whether it took
    effect (False), such as a timeout. The task must then do no harm where there is nothing to
    undo."""
    definite: NotRequired[Sequence[str]]
    """Errors after which the step surely took no effect, for ``unsure`` steps. None by default."""


class WorkflowRelease(TypedDict):
    """How a new version of a workflow takes over. Executions that run stay with their version.

    A tenth of the new executions still gets version 7::

        "release": {"weights": {"7": 10}}
    """

    alias: NotRequired[str]
    """Name of the alias that everything starts (``live``): letters, digits, ``-``, ``_``, ``.``."""
    weights: NotRequired[Mapping[str, int]]
    """Percent of the new executions, 1 to 100, that another published version gets: one at most,
    by its number; the newest gets the rest. 100 goes back to that version. None by default."""


class WorkflowTriggers(TypedDict):
    """What starts executions, by kind. Where a kind can be had several times, each has a short name
    of letters, digits and hyphens, which becomes part of the names of what is made."""

    schedules: NotRequired[Mapping[str, WorkflowSchedule]]
    """Times of day and intervals, by a short name. None by default."""
    events: NotRequired[Mapping[str, WorkflowEvent]]
    """Events of EventBridge that match a pattern, by a short name. None by default."""
    api: NotRequired[WorkflowApi]
    """A REST API with one path that starts an execution for each POST. None by default."""
    sqs: NotRequired[Mapping[str, WorkflowQueue]]
    """Messages of queues, by a short name. None by default."""


class StateMachineArgs(TypedDict):
    """Settings of a StateMachine."""

    definition: NotRequired[Mapping[str, Any]]
    """The workflow in Amazon States Language. Strings in it may hold placeholders, ``${Name}``,
    for what is known only later. Either this or ``definition_file``."""
    definition_file: NotRequired[str]
    """The same as a JSON file (``.asl.json``), relative to the program's directory."""
    functions: NotRequired[Mapping[str, WorkflowFunction]]
    """Lambda functions by placeholder: ``{"Charge": charge.task()}``. None by default."""
    substitutions: NotRequired[Mapping[str, pulumi.Input[str]]]
    """What the other placeholders stand for: ARNs, names of tables, URLs of queues, plain text.
    None by default."""
    arns: NotRequired[Mapping[str, pulumi.Input[str]]]
    """The ARN behind a placeholder of ``substitutions`` whose value is none (a table's name, a
    queue's URL): the role is derived from it. None by default."""
    permissions: NotRequired[Sequence[Statement]]
    """What tasks may do beyond what is derived from them: ``[allow(...)]``. Tasks of the AWS SDK
    (``aws-sdk:``) need it. Nothing by default."""
    kind: NotRequired[str]
    """``standard`` (default: up to a year, each step once, a history of 90 days) or ``express``
    (up to 5 minutes, each step at least once, logs only; for many short executions). Another
    kind is another state machine."""
    undo: NotRequired[Mapping[str, Undo]]
    """What takes steps back, by the name of their state at the top level. Whatever then makes an
    execution fail, the completed steps are undone in reverse order; an undo that fails for good
    ends in a queue with an alarm. None by default."""
    release: NotRequired[WorkflowRelease]
    """How a new version takes over: at once by default, on the alias ``live``."""
    triggers: NotRequired[WorkflowTriggers]
    """What starts executions, by kind. None by default: they are started by whom
    ``start_policy()`` is given to."""
    tracing: NotRequired[bool]
    """Whether executions are traced with X-Ray (False); billed per trace."""
    log_level: NotRequired[str]
    """Which events of executions are logged: ``ALL`` (default of ``express``, which keeps no other
    history), ``ERROR`` (default of ``standard``), ``FATAL`` or ``OFF``."""
    log_execution_data: NotRequired[bool]
    """Whether inputs and outputs of steps are in the log (False: they may be personal)."""
    log_retention_days: NotRequired[int]
    """Days that logs are kept (30): one of CloudWatch's values, such as 7, 14, 30, 90, 365."""
    alarms: NotRequired[bool]
    """Whether alarms are made for failed, timed out, aborted and throttled executions and for
    queues of what failed (True)."""
    alarm_topic_arn: NotRequired[pulumi.Input[str]]
    """SNS topic that is told when an alarm starts and ends; nobody unless given."""
    alarm_overrides: NotRequired[Mapping[str, AlarmOverride]]
    """Numbers that stand in for computed ones, by alarm: ``{"failed": {"threshold": 3}}``; of what
    the component makes besides with its name before it: ``undo/depth``, ``queue-orders/oldest``.
    They are for alarms that are made here and for those that ``Observability`` makes. None by
    default."""
    tags: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Tags for everything that is made, over the component's own. None by default."""
