"""What every trigger kind shares: what it knows of the function, and in which order it acts.

A kind is a module with its TypedDicts and one ``plan(subject, given)`` that checks what the
caller wrote, before anything is registered. The plan then acts twice: it makes what must
exist before the function's role (queues, tables), and it connects the function's alias.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from ...alarms.watch import Formulas, Watch
from ...policy import Statement


@dataclass(frozen=True)
class Subject:
    """What a trigger may know of the function while everything is still a plain value."""

    who: str
    """Class and name for messages: ``MultiTriggerFunction 'events'``."""
    name: str
    """The component's name; children are ``f"{name}-{role}"``."""
    timeout_seconds: int
    reserved_concurrency: int | None
    """None: the function shares the account's concurrency."""


@dataclass(frozen=True)
class Scope:
    """Where a trigger's resources go and what they have in common."""

    name: str
    tags: Mapping[str, pulumi.Input[str]]
    opts: pulumi.ResourceOptions
    """``parent`` is the component; use ``pulumi.ResourceOptions.merge`` for more."""
    log_retention_days: int
    watch: Watch
    """Filled by the triggers with what they make; ``formulas`` of it are computed before."""
    force_delete: bool
    """Whether buckets and tables that are made may be deleted with what is in them."""
    failure_queue: "aws.sqs.Queue"
    """Where events end up that nobody could process; made by the component, with an alarm."""


@dataclass(frozen=True)
class Sender:
    """A service that may put undeliverable events into the failure queue."""

    principal: str
    """``events.amazonaws.com``."""
    source_arn: pulumi.Input[str]


@dataclass(frozen=True)
class Target:
    """The deployed function as triggers see it: they call its alias, never a version."""

    scope: Scope
    function: "aws.lambda_.Function"
    alias: "aws.lambda_.Alias"
    account_id: pulumi.Output[str]
    ready: Sequence[pulumi.Resource]
    """What must exist before an event source mapping: the role's policy."""
    senders: list[Sender] = field(default_factory=list)
    """Filled by the triggers; the component turns it into the failure queue's one policy."""

    def allow_invoke(
        self,
        role: str,
        principal: str,
        source_arn: pulumi.Input[str],
        **more: Any,
    ) -> "aws.lambda_.Permission":
        """Let one resource of one service of this account invoke the alias, nobody else.

        Args:
            role: suffix of the permission's name, unique in the function.
            principal: the service, such as ``s3.amazonaws.com``.
            source_arn: the resource on whose behalf the service calls.
            more: further arguments of ``aws.lambda_.Permission``.
        """
        return aws.lambda_.Permission(
            f"{self.scope.name}-{role}",
            action="lambda:InvokeFunction",
            function=self.function.name,
            qualifier=self.alias.name,
            principal=principal,
            source_arn=source_arn,
            source_account=self.account_id,
            opts=self.scope.opts,
            **more,
        )


class Plan(ABC):
    """The checked triggers of one kind of one function."""

    def formulas(self, subject: Subject) -> Formulas:  # noqa: ARG002 - most kinds make nothing
        """Alarms of what is made of this kind, by the name under which ``Scope.watch`` is told."""
        return {}

    def give_up_seconds(self) -> Sequence[int]:
        """After which time a record is given up, of each stream that is read."""
        return ()

    def make_sources(self, scope: Scope) -> Sequence[Statement]:  # noqa: ARG002 - most kinds need nothing
        """Make what must exist before the function; return what its role must be allowed."""
        return ()

    @abstractmethod
    def connect(self, target: Target) -> Mapping[str, Any]:
        """Make what calls the function; return the component's outputs of this kind by name."""
