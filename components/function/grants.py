"""What a function gives others: statements for their roles, and a bucket to share."""

from collections.abc import Mapping
from typing import Any

import pulumi

from ..checks import listed
from ..errors import invalid, nearest
from ..policy import Statement, allow
from .settings import Settings
from .task import WorkflowFunction
from .triggers.function_url import url_statements
from .triggers.rest_api import call_statements


class Grants:
    """The part of MultiTriggerFunction that others' arguments are made of."""

    function_arn: pulumi.Output[str]
    alias_arn: pulumi.Output[str]
    version: pulumi.Output[str]
    _made: Settings
    _found: Mapping[str, Any]
    """What the triggers returned when they were connected."""

    def bucket(self, trigger: str) -> pulumi.Input[str]:
        """Name of the bucket of an ``s3`` trigger, to give to another function's trigger: the
        two then share the bucket's one notification.

        Raises:
            ValueError: there is no such trigger; names those that there are.
        """
        self._plan(trigger, "s3")
        # The very output: by that, two triggers are known to be of one bucket.
        name: pulumi.Input[str] = self._found["bucket_names"][trigger]
        return name

    def task(self, *, pinned: bool = False) -> WorkflowFunction:
        """The function as a step of a ``StateMachine``, for its ``functions``.

        Args:
            pinned: call the version that is newest now rather than the alias. Each version of the
                function is then a version of the workflow, and an execution under way keeps
                calling those that it started with.
        """
        arn = self.alias_arn
        if pinned:
            arn = pulumi.Output.concat(self.function_arn, ":", self.version)
        return WorkflowFunction(arn=arn, timeout_seconds=self._made.timeout_seconds)

    def invoke_policy(self) -> list[Statement]:
        """Invoke the function, through its alias."""
        return [allow("lambda:InvokeFunction", self.alias_arn)]

    def send_policy(self, trigger: str) -> list[Statement]:
        """Send messages to the queue of an ``sqs`` trigger.

        Raises:
            ValueError: there is no such trigger; names those that there are.
        """
        return [self._plan(trigger, "sqs").send_policy(trigger)]

    def upload_policy(self, trigger: str) -> list[Statement]:
        """Put objects where they call the function, into the bucket of an ``s3`` trigger.

        Raises:
            ValueError: there is no such trigger; names those that there are.
        """
        return [self._plan(trigger, "s3").upload_policy(trigger)]

    def publish_policy(self, trigger: str) -> list[Statement]:
        """Publish to the topic of an ``sns`` trigger.

        Raises:
            ValueError: there is no such trigger; names those that there are.
        """
        self._plan(trigger, "sns")
        return [allow("sns:Publish", self._found["topic_arns"][trigger])]

    def write_policy(self, trigger: str) -> list[Statement]:
        """Write to the table of a ``tables`` trigger or the stream of a ``streams`` trigger.

        Raises:
            ValueError: there is no such trigger; names those that there are.
        """
        return [self._plan(trigger, "tables", "streams").write_policy(trigger)]

    def call_policy(self) -> list[Statement]:
        """Call those routes of the REST and the HTTP API that want IAM's signature.

        Raises:
            ValueError: the function has neither.
        """
        keys = ("api_execution_arn", "http_api_execution_arn")
        found = [self._found[key] for key in keys if key in self._found]
        if not found:
            raise ValueError(
                f"{self._made.who}: call_policy() is for callers of an API. Declare a rest_api or "
                "http_api trigger; for the function's own URL there is url_policy()."
            )
        return [item for arn in found for item in call_statements(arn)]

    def url_policy(self) -> list[Statement]:
        """Call the function's own URL with IAM's signature.

        Raises:
            ValueError: the function has none.
        """
        if "url" not in self._made.plans:
            raise ValueError(
                f"{self._made.who}: url_policy() is for callers of its URL. Declare a url trigger."
            )
        return list(url_statements(self.alias_arn))

    def _plan(self, trigger: str, *kinds: str) -> Any:
        """The plan of these kinds that has the trigger; what it can do depends on the kind."""
        made = self._made
        names = {kind: list(made.triggers.get(kind) or {}) for kind in kinds}
        owners = [kind for kind in kinds if trigger in names[kind]]
        if len(owners) > 1:
            raise ValueError(
                f"{made.who}: {trigger!r} is a trigger of {' and of '.join(owners)}. Next step: "
                "give them different names."
            )
        if not owners:
            every = [name for kind in kinds for name in names[kind]]
            close = nearest(trigger, every)
            raise invalid(
                made.who,
                "trigger",
                trigger,
                f"a name in triggers.{' or triggers.'.join(kinds)}: {listed(every) or 'none'}",
                f"Did you mean {close!r}?" if close else "",
            )
        return made.plans[owners[0]]
