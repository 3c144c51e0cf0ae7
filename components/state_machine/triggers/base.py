"""What every kind of trigger shares: what it knows of the machine, and the role that starts it.

A kind is a module with its TypedDict and one ``plan(subject, given)`` that checks what the
caller wrote; the plan then makes what starts the machine's alias.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from ...alarms.watch import Formulas, Watch
from ...function.triggers.base import Sender
from ...function.triggers.base import Subject as Function
from ...policy import Statement, allow, document, trust


@dataclass(frozen=True)
class Subject:
    """What a trigger may know of the machine while everything is still a plain value."""

    who: str
    """Class and name for messages: ``StateMachine 'orders'``."""
    name: str
    """The component's name; children are ``f"{name}-{role}"``."""
    express: bool
    timeout_seconds: int | None
    """Of the whole execution; None where the workflow has none."""

    def as_function(self) -> Function:
        """For checks that functions have as well; starting takes no time that could overlap."""
        return Function(self.who, self.name, 0, None)


@dataclass(frozen=True)
class Target:
    """The deployed machine as triggers see it: they start its alias, never a version."""

    name: str
    tags: Mapping[str, pulumi.Input[str]]
    opts: pulumi.ResourceOptions
    """``parent`` is the component; use ``pulumi.ResourceOptions.merge`` for more."""
    watch: Watch
    """Filled by the triggers with what they make; ``formulas`` of it are computed before."""
    tracing: bool
    express: bool
    machine: "aws.sfn.StateMachine"
    alias: "aws.sfn.Alias"
    account_id: pulumi.Output[str]
    failure_queue: "aws.sqs.Queue | None"
    """Where schedules and events end up that could not start an execution; made by the component
    for those kinds, with an alarm."""
    senders: list[Sender] = field(default_factory=list)
    """Filled by the triggers; the component turns it into the failure queue's one policy."""

    @property
    def failures(self) -> "aws.sqs.Queue":
        """The failure queue, for kinds that have one (``Plan.may_fail``)."""
        assert self.failure_queue is not None
        return self.failure_queue

    def starter(
        self,
        role: str,
        principal: str,
        *,
        source_account: pulumi.Input[str] | None = None,
        source_arn: pulumi.Input[str] | None = None,
        action: str = "states:StartExecution",
        more: Sequence[Statement] = (),
    ) -> "tuple[aws.iam.Role, aws.iam.RolePolicy]":
        """A role with which one service starts the alias, and nothing else.

        Args:
            role: suffix of its name, unique in the machine.
            principal: the service, such as ``events.amazonaws.com``.
            source_account: of whoever the service acts for, where it says so.
            source_arn: on whose behalf, where it says so.
            action: how it starts an execution.
            more: what it may do besides.
        """
        name = f"{self.name}-{role}"
        made = aws.iam.Role(
            name,
            description=f"Starts {self.name} for {principal}",
            assume_role_policy=trust(
                principal, source_account=source_account, source_arn=source_arn
            ),
            tags=self.tags,
            opts=self.opts,
        )
        policy = aws.iam.RolePolicy(
            name,
            role=made.id,
            # IAM looks at the machine itself as well as at its alias.
            policy=document([allow(action, [self.alias.arn, self.machine.arn]), *more]),
            opts=self.opts,
        )
        return made, policy

    def after(self, *needed: pulumi.Resource) -> pulumi.ResourceOptions:
        """Options of what must not start anything before ``needed`` is there."""
        return pulumi.ResourceOptions.merge(
            self.opts, pulumi.ResourceOptions(depends_on=list(needed))
        )


class Plan(ABC):
    """The checked triggers of one kind of one machine."""

    may_fail = False
    """Whether it puts into the failure queue what could not start an execution."""

    def formulas(self, subject: Subject) -> Formulas:  # noqa: ARG002 - most kinds make nothing
        """Alarms of what is made of this kind, by the name under which ``Target.watch`` is told."""
        return {}

    @abstractmethod
    def connect(self, target: Target) -> Mapping[str, Any]:
        """Make what starts the machine; return the component's outputs of this kind by name."""
