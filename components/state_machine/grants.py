"""What a state machine gives others: statements for their roles."""

from collections.abc import Mapping
from typing import Any

import pulumi

from ..checks import listed
from ..errors import invalid, nearest
from ..policy import Statement, allow
from ..queues import QUEUE_ACTIONS
from . import arns
from .settings import Settings


class Grants:
    """The part of StateMachine that others' arguments are made of."""

    arn: pulumi.Output[str]
    alias_arn: pulumi.Output[str]
    _made: Settings
    _found: Mapping[str, Any]
    """What the triggers returned when they were connected."""

    def start_policy(self) -> list[Statement]:
        """Start executions, through the alias; express ones also wait for their result."""
        actions = ["states:StartExecution"]
        if self._made.express:
            actions.append("states:StartSyncExecution")
        # IAM looks at the machine itself as well.
        return [allow(actions, [self.alias_arn, self.arn])]

    def read_policy(self) -> list[Statement]:
        """Read executions and their histories; stopping them is not included.

        Raises:
            ValueError: it is ``express``, which keeps neither.
        """
        if self._made.express:
            raise ValueError(
                f"{self._made.who}: read_policy() is for standard workflows; Step Functions keeps "
                "no executions of express ones. Next step: read the log group."
            )
        return [
            allow(
                ["states:DescribeExecution", "states:GetExecutionHistory"],
                self.arn.apply(arns.executions),
            )
        ]

    def callback_policy(self) -> list[Statement]:
        """Answer tasks that wait for their token.

        Raises:
            ValueError: it is ``express``, which has no such tasks.
        """
        if self._made.express:
            raise ValueError(
                f"{self._made.who}: callback_policy() is for standard workflows; express ones "
                "cannot wait for a token. Next step: set kind='standard'."
            )
        return [
            allow(
                ["states:SendTaskSuccess", "states:SendTaskFailure", "states:SendTaskHeartbeat"],
                self.arn,
            )
        ]

    def call_policy(self) -> list[Statement]:
        """Call the API with IAM's signature.

        Raises:
            ValueError: there is no ``api`` trigger.
        """
        if "api_method_arn" not in self._found:
            raise ValueError(
                f"{self._made.who}: call_policy() is for callers of its API. Declare an api "
                "trigger; start_policy() starts executions without one."
            )
        return [allow("execute-api:Invoke", self._found["api_method_arn"])]

    def undo_policy(self) -> list[Statement]:
        """Read and settle the queue of undo steps that failed.

        Raises:
            ValueError: there is no ``undo``.
        """
        if "undo_queue_arn" not in self._found:
            raise ValueError(
                f"{self._made.who}: undo_policy() is for the queue of undo steps that failed. "
                "Declare undo on a step."
            )
        return [allow(QUEUE_ACTIONS, self._found["undo_queue_arn"])]

    def send_policy(self, trigger: str) -> list[Statement]:
        """Send messages to the queue of an ``sqs`` trigger.

        Raises:
            ValueError: there is no such trigger; names those that there are.
        """
        queues: Mapping[str, pulumi.Output[str]] = self._found.get("queue_arns", {})
        if trigger not in queues:
            close = nearest(trigger, queues)
            raise invalid(
                self._made.who,
                "trigger",
                trigger,
                f"a name in triggers.sqs: {listed(queues) or 'none'}",
                f"Did you mean {close!r}?" if close else "",
            )
        return [allow("sqs:SendMessage", queues[trigger])]
