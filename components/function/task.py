"""A function as a step of a workflow sees it; here, so that both components can name it."""

from typing import TypedDict

import pulumi


class WorkflowFunction(TypedDict):
    """A Lambda function that a workflow calls; ``MultiTriggerFunction.task()`` returns one."""

    arn: pulumi.Input[str]
    """ARN to call: of an alias, or of one version for executions that must not change under
    way."""
    timeout_seconds: int
    """The function's own timeout, 1 to 900: a task must wait longer, or it would give up a call
    that still runs."""
