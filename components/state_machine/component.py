"""StateMachine: a workflow in Amazon States Language, with everything around it.

Owns the state machine from its document to its alias, its role, its logs, its alarms, what
starts it, and the queue of undo steps that failed. Leaves out the functions that it calls
(``MultiTriggerFunction``) and dashboards (``Observability``).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from ..alarms.watch import Watch
from ..function.failures import make_failure_queue
from ..outputs import declared
from ..queues import DEAD_LETTER_RETENTION_SECONDS, make_queue, make_queue_policy
from ..tags import merged
from ..watched import Watched
from . import watching
from .args import StateMachineArgs
from .arns import account_of
from .definition import render
from .grants import Grants
from .release import make_alias
from .role import allow_own_maps, make_role
from .settings import KIND, UNDO_QUEUE, Settings, resolve
from .triggers.base import Target

LOG_GROUP_PREFIX = "/aws/vendedlogs/states/"
"""Log deliveries to other names each take room in one policy of the account, and once that is
full, deployments fail (Step Functions developer guide, "Using CloudWatch Logs to log execution
history")."""
_BY_TRIGGER = ("queue_urls", "dead_letter_queue_urls")


class StateMachine(Grants, pulumi.ComponentResource):
    """A Step Functions workflow::

        StateMachine("orders", {
            "definition": {
                "StartAt": "Charge",
                "States": {"Charge": {
                    "Type": "Task",
                    "Resource": "arn:aws:states:::lambda:invoke",
                    "Parameters": {"FunctionName": "${Charge}", "Payload.$": "$"},
                    "TimeoutSeconds": 60,
                    "End": True,
                }},
            },
            "functions": {"Charge": charge.task()},
        })

    The workflow is checked at preview, before any ARN is known, by the linter that also stands
    alone (``python -m slipway.asl``). The role may do what the tasks do and nothing else.
    Everything starts one alias: a release moves it, and executions under way go on with their
    version and the versions of functions that it calls.

    What it costs at rest is the alarms (0.10 USD each a month in us-east-1); ``standard``
    workflows cost by the step (25 USD a million), ``express`` ones by time and memory.
    """

    name: pulumi.Output[str]
    """Name of the state machine."""
    arn: pulumi.Output[str]
    """ARN of the state machine, without an alias; start ``alias_arn`` instead."""
    version_arn: pulumi.Output[str]
    """ARN of the newest version."""
    alias_arn: pulumi.Output[str]
    """ARN of the alias: what to start."""
    role_arn: pulumi.Output[str]
    """ARN of the role of its tasks."""
    log_group_name: pulumi.Output[str]
    """Log group of the executions."""
    undo_queue_url: pulumi.Output[str | None]
    """URL of the queue with the undo steps that failed for good; none without ``undo``."""
    failure_queue_url: pulumi.Output[str | None]
    """URL of the queue with the schedules and events that could not start an execution; none
    without either."""
    api_url: pulumi.Output[str | None]
    """Where to POST the input of an execution; none without ``api``."""
    queue_urls: pulumi.Output[Mapping[str, str]]
    """URLs of the queues that were made, by trigger."""
    dead_letter_queue_urls: pulumi.Output[Mapping[str, str]]
    """URLs of the dead-letter queues of the queues that were made, by trigger."""

    def __init__(
        self,
        name: str,
        args: StateMachineArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        made = resolve(name, args)
        super().__init__(f"slipway:index:{KIND}", name, {}, opts)
        tags = merged(KIND, name, made.tags)
        child = pulumi.ResourceOptions(parent=self)

        log_group = aws.cloudwatch.LogGroup(
            name,
            name_prefix=f"{LOG_GROUP_PREFIX}{name}-",
            retention_in_days=made.log_retention_days,
            tags=tags,
            opts=child,
        )
        watch = Watch(name, made.formulas, made.alarms, made.alarm_topic_arn, tags, child)
        undo = _undo_queue(watch) if made.undo else None
        own = {} if undo is None else {UNDO_QUEUE: undo.arn}
        role, policies = make_role(made, own, log_group.arn, tags, child)
        machine = _make_machine(made, undo, role, policies, log_group, tags, child)
        if made.own_maps:
            allow_own_maps(made, role, machine, child)
        alias = make_alias(name, made.release, machine, child)
        failures = None
        if any(plan.may_fail for plan in made.plans.values()):
            failures = make_failure_queue(name, watch)
        target = Target(
            name=name,
            tags=tags,
            opts=child,
            watch=watch,
            tracing=made.tracing,
            express=made.express,
            machine=machine,
            alias=alias,
            account_id=machine.arn.apply(account_of),
            failure_queue=failures,
        )
        found: dict[str, Any] = {} if undo is None else {"undo_queue_arn": undo.arn}
        for plan in made.plans.values():
            found |= plan.connect(target)
        if failures is not None:
            senders = [(sender.principal, sender.source_arn) for sender in target.senders]
            make_queue_policy(f"{name}-failures", failures, senders=senders, opts=child)
        watching.tell(watch, made.document, machine, log_group, traced=made.tracing)

        self._things = watch.told()
        self._made, self._found = made, found
        self.name = machine.name
        self.arn = machine.arn
        self.version_arn = machine.state_machine_version_arn
        self.alias_arn = alias.arn
        self.role_arn = role.arn
        self.log_group_name = log_group.name
        self.undo_queue_url = pulumi.Output.from_input(undo.url if undo else None)
        self.failure_queue_url = pulumi.Output.from_input(failures.url if failures else None)
        self.api_url = pulumi.Output.from_input(found.get("api_url"))
        for key in _BY_TRIGGER:
            setattr(self, key, pulumi.Output.from_input(found.get(key, {})))
        self.register_outputs(declared(self, StateMachine))

    def watched(self) -> Sequence[Watched]:
        """The machine, its callbacks, and the queues and the API that were made for it."""
        return self._things


def _undo_queue(watch: Watch) -> "aws.sqs.Queue":
    """The queue of steps that could not be undone, and the alarm that rings for them."""
    queue = make_queue(
        f"{watch.name}-{watching.UNDO}",
        retention_seconds=DEAD_LETTER_RETENTION_SECONDS,
        tags=watch.tags,
        opts=watch.opts,
    )
    watch.add_dead_letters(watching.UNDO, queue)
    return queue


def _make_machine(
    made: Settings,
    undo: "aws.sqs.Queue | None",
    role: "aws.iam.Role",
    policies: "list[aws.iam.RolePolicy]",
    log_group: "aws.cloudwatch.LogGroup",
    tags: Mapping[str, pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
) -> "aws.sfn.StateMachine":
    values = dict(made.values)
    if undo is not None:
        values[UNDO_QUEUE] = undo.url
    logging: Any = {"level": made.log_level}
    if made.log_level != "OFF":
        logging |= {
            "include_execution_data": made.log_execution_data,
            "log_destination": pulumi.Output.concat(log_group.arn, ":*"),
        }
    return aws.sfn.StateMachine(
        made.name,
        definition=render(made.document, values),
        role_arn=role.arn,
        type="EXPRESS" if made.express else "STANDARD",
        publish=True,
        logging_configuration=logging,
        tracing_configuration={"enabled": made.tracing},
        tags=tags,
        # Step Functions tries the role out on the log group, and a task may run at once.
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=policies)),
    )
