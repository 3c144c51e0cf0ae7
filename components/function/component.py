"""MultiTriggerFunction: one function, and everything that may call it, declared as data.

Owns the function from its code to its alias, its role, its logs and what happens to calls that
fail. Leaves out layers (``PythonLayer``), the VPC (``Network``), dashboards (``Observability``)
and what a trigger kind makes, which is in ``triggers/``. Here the parts are put together in the
order in which data flows.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from ..alarms.watch import Watch
from ..outputs import declared
from ..tables import make_table
from ..tags import merged
from ..watched import Watched
from . import failures, watching
from .args import MultiTriggerFunctionArgs
from .function import make_function
from .grants import Grants
from .release import make_alias
from .role import make_role
from .settings import KIND, resolve
from .triggers.base import Scope, Target

_SINGLE = ("api_url", "api_id", "api_stage", "http_api_url", "function_url")
_BY_TRIGGER = (
    *("api_key_parameter_arns", "bucket_names", "queue_urls", "queue_arns"),
    *("dead_letter_queue_urls", "topic_arns", "table_names", "stream_names"),
)
"""Both are outputs that only the triggers know."""


class MultiTriggerFunction(Grants, pulumi.ComponentResource):
    """A Python function on Lambda, and any number of triggers of it::

        MultiTriggerFunction("events", {
            "code": "functions/events",
            "triggers": {
                "http_api": {"routes": [{"method": "GET", "path": "/hello"}]},
                "sqs": {"jobs": {}},
                "schedules": {"nightly": {"expression": "cron(0 2 * * ? *)"}},
            },
        })

    Everything calls one alias, never a version: a release moves the alias (at once, by weights,
    or in canary steps that are watched), and no trigger notices. A call that fails for good ends
    in the failure queue or in a dead-letter queue, each with an alarm. The role may do what the
    arguments say and nothing else.

    What it costs at rest is nothing, but for ``provisioned_concurrency``, alarms (0.10 USD each
    a month in us-east-1) and what triggers make (a Kinesis stream, a cache of a REST API).
    """

    function_name: pulumi.Output[str]
    """Name of the function."""
    function_arn: pulumi.Output[str]
    """ARN of the function, without a version; call ``alias_arn`` instead."""
    alias_name: pulumi.Output[str]
    """Name of the alias that everything calls."""
    alias_arn: pulumi.Output[str]
    """ARN of the alias: what to invoke."""
    invoke_arn: pulumi.Output[str]
    """The alias as API Gateway names it, for another function's API that asks this one whom it
    lets in."""
    version: pulumi.Output[str]
    """Number of the newest version."""
    role_arn: pulumi.Output[str]
    """ARN of the role of the handler."""
    log_group_name: pulumi.Output[str]
    """Log group that the function writes to."""
    security_group_id: pulumi.Output[str | None]
    """Security group that was made for the function in its VPC; databases let it in. None without
    ``vpc`` or with security groups of one's own."""
    idempotency_table_name: pulumi.Output[str | None]
    """Name of the table of processed calls; none without ``idempotency``."""
    api_url: pulumi.Output[str]
    """Where the REST API answers, without a trailing slash; none without ``rest_api``."""
    api_id: pulumi.Output[str]
    """Id of the REST API; none without ``rest_api``."""
    api_stage: pulumi.Output[str]
    """Name of the REST API's stage; none without ``rest_api``."""
    api_key_parameter_arns: pulumi.Output[Mapping[str, str]]
    """ARNs of the SSM parameters (SecureString) that hold the values of the REST API's keys, by
    the key's name."""
    http_api_url: pulumi.Output[str]
    """Where the HTTP API answers, without a trailing slash; none without ``http_api``."""
    function_url: pulumi.Output[str]
    """The function's own address; none without ``url``."""
    bucket_names: pulumi.Output[Mapping[str, str]]
    """Names of the buckets, by trigger."""
    queue_urls: pulumi.Output[Mapping[str, str]]
    """URLs of the queues that were made, by trigger."""
    queue_arns: pulumi.Output[Mapping[str, str]]
    """ARNs of the queues, by trigger."""
    dead_letter_queue_urls: pulumi.Output[Mapping[str, str]]
    """URLs of the dead-letter queues of the queues that were made, by trigger."""
    topic_arns: pulumi.Output[Mapping[str, str]]
    """ARNs of the topics, by trigger."""
    table_names: pulumi.Output[Mapping[str, str]]
    """Names of the tables, by trigger."""
    stream_names: pulumi.Output[Mapping[str, str]]
    """Names of the Kinesis streams, by trigger."""
    failure_queue_url: pulumi.Output[str]
    """URL of the queue with the events that nobody could process."""

    def __init__(
        self,
        name: str,
        args: MultiTriggerFunctionArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        made = resolve(name, args)
        super().__init__(f"slipway:index:{KIND}", name, {}, opts)
        tags = merged(KIND, name, made.tags)
        child = pulumi.ResourceOptions(parent=self)

        log_group = aws.cloudwatch.LogGroup(
            name, retention_in_days=made.log_retention_days, tags=tags, opts=child
        )
        watch = Watch(name, made.formulas, made.alarms, made.alarm_topic_arn, tags, child)
        failure_queue = failures.make_failure_queue(name, watch)
        scope = Scope(
            name=name,
            tags=tags,
            opts=child,
            log_retention_days=made.log_retention_days,
            watch=watch,
            force_delete=made.force_delete,
            failure_queue=failure_queue,
        )
        sources = [item for plan in made.plans.values() for item in plan.make_sources(scope)]
        table = None
        if made.idempotency:
            table = make_table(
                f"{name}-idempotency",
                ttl="expiration",
                force_delete=made.force_delete,
                tags=tags,
                opts=child,
            )
            watch.add_table(watching.IDEMPOTENCY, table)
        role, policy = make_role(
            made,
            log_group.arn,
            failure_queue.arn,
            None if table is None else table.arn,
            sources,
            tags,
            child,
        )
        function, group_id = make_function(made, role, policy, log_group, table, tags, child)
        alias = make_alias(name, made.release, function, child)
        failures.configure(made.failures, alias, scope)
        target = Target(
            scope=scope,
            function=function,
            alias=alias,
            account_id=aws.get_caller_identity_output(
                opts=pulumi.InvokeOutputOptions(parent=self)
            ).account_id,
            ready=[policy],
        )
        found: dict[str, Any] = {}
        for plan in made.plans.values():
            found |= plan.connect(target)
        failures.let_in(scope, target.senders)
        watching.tell(watch, function, alias, log_group, traced=made.tracing)

        self._things = watch.told()
        self._made, self._found = made, found
        self.function_name = function.name
        self.function_arn = function.arn
        self.alias_name = alias.name
        self.alias_arn = alias.arn
        self.invoke_arn = alias.invoke_arn
        self.version = function.version
        self.role_arn = role.arn
        self.log_group_name = log_group.name
        self.security_group_id = pulumi.Output.from_input(group_id)
        self.idempotency_table_name = pulumi.Output.from_input(table.name if table else None)
        self.failure_queue_url = failure_queue.url
        for key in _SINGLE:
            setattr(self, key, pulumi.Output.from_input(found.get(key)))
        for key in _BY_TRIGGER:
            setattr(self, key, pulumi.Output.from_input(found.get(key, {})))
        self.register_outputs(declared(self, MultiTriggerFunction))

    def watched(self) -> Sequence[Watched]:
        """The function, and the queues, tables, streams and APIs that its triggers have made."""
        return self._things
