"""DataProcessingWorkflow: ValidateInput, then ProcessA beside ProcessB, then CombineResults.

Owns the state machine and its five functions. Leaves out who starts it (``start_policy()``)
and where results are kept: they are the execution's output.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict

import pulumi

from ..alarms import AlarmOverride
from ..architecture import checked_architecture
from ..checks import workflow_name
from ..errors import check_keys
from ..function import MultiTriggerFunction, MultiTriggerFunctionArgs
from ..logs import checked_retention
from ..outputs import declared
from ..policy import Statement
from ..runtimes import checked_runtime
from ..shipped import function_code
from ..state_machine import StateMachine, StateMachineArgs, WorkflowRelease
from ..state_machine.composed import compose
from ..tags import merged
from ..watched import Watched, inside
from .definition import FUNCTION_SECONDS, definition

KIND = "DataProcessingWorkflow"
STEPS: Mapping[str, str] = {
    "ValidateInput": "validate_input",
    "ProcessA": "process_a",
    "ProcessB": "process_b",
    "CombineResults": "combine_results",
    "HandleError": "handle_error",
}
"""States and the folders of their functions."""


@dataclass(frozen=True)
class _Watched:
    """How the functions and the state machine are watched."""

    tracing: bool
    alarms: bool
    topic_arn: pulumi.Input[str] | None


class DataFunctions(TypedDict):
    """Folders of handlers that replace the ones the library ships."""

    validate_input: NotRequired[str]
    """Handler that tells good rows from bad ones. By default for rows of product, quantity and
    price."""
    process_a: NotRequired[str]
    """Handler of the first branch. By default totals by product."""
    process_b: NotRequired[str]
    """Handler of the second branch. By default rows far from the others."""
    combine_results: NotRequired[str]
    """Handler that gets what both branches returned, a list of two. By default one summary."""
    handle_error: NotRequired[str]
    """Handler that gets what failed, under ``error``. By default it logs and reports it."""


class DataProcessingWorkflowArgs(TypedDict):
    """Settings of a DataProcessingWorkflow."""

    runtime: NotRequired[str]
    """Lambda runtime of the functions (``python3.13``)."""
    architecture: NotRequired[str]
    """``arm64`` (default, cheaper) or ``x86_64``."""
    functions: NotRequired[DataFunctions]
    """Code of one's own in place of what the library ships. None by default."""
    release: NotRequired[WorkflowRelease]
    """How a new version takes over: at once by default, on the alias ``live``."""
    tracing: NotRequired[bool]
    """Whether executions and functions are traced with X-Ray (False); billed per trace."""
    log_retention_days: NotRequired[int]
    """Days that logs are kept (30): one of CloudWatch's values, such as 7, 14, 30, 90, 365."""
    alarms: NotRequired[bool]
    """Whether alarms are made for failed executions and functions (True)."""
    alarm_topic_arn: NotRequired[pulumi.Input[str]]
    """SNS topic that is told when an alarm starts and ends; nobody unless given."""
    alarm_overrides: NotRequired[Mapping[str, AlarmOverride]]
    """Numbers that stand in for computed ones, by alarm: ``failed``, ``execution-time``; of a step
    with its name before it: ``process-a/duration``. They are for alarms that are made here and
    for those that ``Observability`` makes. None by default."""
    tags: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Tags for everything that is made, over the component's own. None by default."""


class DataProcessingWorkflow(pulumi.ComponentResource):
    """Checks a data set, works on it from two sides at once, and combines both::

        DataProcessingWorkflow("sales", {})

    An execution takes rows, 2,000 at most and below the 256 KiB that Step Functions hands from
    state to state::

        {"dataset": {"name": "july",
                     "rows": [{"product": "PROD-001", "quantity": 2, "price": 29.99}]}}

    and ends with totals by product, rows that stand out, and the rows that were left out with the
    reason. What fails goes through HandleError, and the execution fails with the first error.
    """

    name: pulumi.Output[str]
    """Name of the state machine."""
    arn: pulumi.Output[str]
    """ARN of the state machine, without an alias; start ``alias_arn`` instead."""
    alias_arn: pulumi.Output[str]
    """ARN of the alias: what to start."""
    function_names: pulumi.Output[Mapping[str, str]]
    """Names of the functions, by step."""
    log_group_name: pulumi.Output[str]
    """Log group of the executions."""

    def __init__(
        self,
        name: str,
        args: DataProcessingWorkflowArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        who = f"{KIND} '{name}'"
        check_keys(who, args, DataProcessingWorkflowArgs)
        given: Mapping[str, Any] = {key: value for key, value in args.items() if value is not None}
        workflow_name(who, name)
        runtime = checked_runtime(who, "runtime", given.get("runtime"))
        architecture = checked_architecture(who, "architecture", given.get("architecture"))
        days = checked_retention(who, given.get("log_retention_days"))
        own = given.get("functions", {})
        code = {step: own.get(folder) or function_code(folder) for step, folder in STEPS.items()}
        document = definition()
        timeouts = dict.fromkeys(map(_inside, STEPS), FUNCTION_SECONDS)
        composed = compose(who, name, document, timeouts, given.get("alarm_overrides"))
        super().__init__(f"slipway:index:{KIND}", name, {}, opts)
        tags = merged(KIND, name, given.get("tags"))
        child = pulumi.ResourceOptions(parent=self)
        watched = _Watched(
            given.get("tracing", False), given.get("alarms", True), given.get("alarm_topic_arn")
        )
        functions: dict[str, MultiTriggerFunction] = {}
        for step, folder in code.items():
            function: MultiTriggerFunctionArgs = {
                "code": folder,
                "runtime": runtime,
                "architecture": architecture,
                "timeout_seconds": FUNCTION_SECONDS,
                "log_retention_days": days,
                "tracing": watched.tracing,
                "alarms": watched.alarms,
                "tags": tags,
            }
            if watched.topic_arn is not None:
                function["alarm_topic_arn"] = watched.topic_arn
            if overrides := composed.functions[_inside(step)]:
                function["alarm_overrides"] = overrides
            functions[step] = MultiTriggerFunction(f"{name}-{_inside(step)}", function, opts=child)
        machine: StateMachineArgs = {
            "definition": document,
            "functions": {step: function.task() for step, function in functions.items()},
            "release": given.get("release", {}),
            "log_retention_days": days,
            "tracing": watched.tracing,
            "alarms": watched.alarms,
            "tags": tags,
        }
        if watched.topic_arn is not None:
            machine["alarm_topic_arn"] = watched.topic_arn
        if composed.machine:
            machine["alarm_overrides"] = composed.machine
        self._machine = StateMachine(name, machine, opts=child)
        self._things = [*self._machine.watched()]
        for step, made in functions.items():
            self._things += inside(_inside(step), made.watched())
        self.name = self._machine.name
        self.arn = self._machine.arn
        self.alias_arn = self._machine.alias_arn
        self.function_names = pulumi.Output.all(
            **{step: function.function_name for step, function in functions.items()}
        )
        self.log_group_name = self._machine.log_group_name
        self.register_outputs(declared(self, DataProcessingWorkflow))

    def watched(self) -> Sequence[Watched]:
        """The machine and the steps."""
        return self._things

    def start_policy(self) -> list[Statement]:
        """Start executions."""
        return self._machine.start_policy()

    def read_policy(self) -> list[Statement]:
        """Read executions and their histories."""
        return self._machine.read_policy()


def _inside(step: str) -> str:
    """What a step's function is called within the component."""
    return STEPS[step].replace("_", "-")
