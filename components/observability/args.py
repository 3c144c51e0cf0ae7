"""What a caller of Observability writes; checked in ``settings.py``."""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi

from ..alarms import AlarmOverride


class FunctionToWatch(TypedDict):
    """A Lambda function that was not made by Slipway."""

    name: pulumi.Input[str]
    """Name of the function."""
    timeout_seconds: int
    """Its timeout, 1 to 900: durations are judged by it."""
    alias: NotRequired[pulumi.Input[str]]
    """Alias that callers use: only what it is called by is watched. By default every call."""
    reserved_concurrency: NotRequired[int]
    """Its reserved concurrency, 1 or more. Without, concurrency has no alarm: the account's limit
    is shared."""
    log_group_name: NotRequired[pulumi.Input[str]]
    """Its log group, for queries. By default ``/aws/lambda/<name>``."""
    json_logs: NotRequired[bool]
    """Whether it logs in Lambda's JSON format, so that errors can be counted (False)."""
    traced: NotRequired[bool]
    """Whether it is traced with X-Ray (False)."""


class QueueToWatch(TypedDict):
    """An SQS queue that was not made by Slipway, and its dead-letter queue."""

    name: pulumi.Input[str]
    """Name of the queue, not its URL."""
    visibility_seconds: NotRequired[int]
    """Its visibility timeout, 0 to 43200 (30, SQS's default)."""
    retention_seconds: NotRequired[int]
    """How long it keeps messages, 60 to 1209600 (345600, SQS's default)."""
    max_receives: NotRequired[int]
    """How often a message is received before it moves to the dead-letter queue, 1 to 1000 (5)."""
    dead_letter_name: NotRequired[pulumi.Input[str]]
    """Name of its dead-letter queue: every message in it rings. None by default."""
    dead_letter: NotRequired[bool]
    """Whether the queue is itself one that should be empty (False)."""


class TableToWatch(TypedDict):
    """A DynamoDB table that was not made by Slipway."""

    name: pulumi.Input[str]
    """Name of the table."""


class ApiToWatch(TypedDict):
    """An API of API Gateway that was not made by Slipway."""

    kind: str
    """``rest`` or ``http``: their metrics have other names."""
    name: NotRequired[pulumi.Input[str]]
    """Name of a REST API, by which its metrics are known; two of one name count as one."""
    id: NotRequired[pulumi.Input[str]]
    """Id of an HTTP API, by which its metrics are known."""
    stage: NotRequired[pulumi.Input[str]]
    """Name of the stage. Required for a REST API; ``$default`` for an HTTP API."""
    timeout_seconds: NotRequired[int]
    """How long it waits for an answer, 1 to 30 (29): latency is judged by it."""
    traced: NotRequired[bool]
    """Whether the stage of a REST API is traced with X-Ray (False)."""


class WorkflowToWatch(TypedDict):
    """A state machine that was not made by Slipway."""

    arn: pulumi.Input[str]
    """ARN of the state machine, without an alias."""
    timeout_seconds: NotRequired[int]
    """``TimeoutSeconds`` of its definition, 1 or more: long executions ring before it ends them.
    None by default."""
    express: NotRequired[bool]
    """Whether it is an express workflow (False)."""
    log_group_name: NotRequired[pulumi.Input[str]]
    """Its log group, for queries. None by default."""
    traced: NotRequired[bool]
    """Whether it is traced with X-Ray (False)."""


class ServiceToWatch(TypedDict):
    """An ECS service that was not made by Slipway."""

    cluster: pulumi.Input[str]
    """Name of its cluster."""
    service: pulumi.Input[str]
    """Name of the service."""
    tasks: int
    """Fewest tasks that should run, 1 or more: the least that scaling leaves, or the desired
    count without scaling."""
    cpu_target: NotRequired[float]
    """CPU that scaling aims at, percent. CPU rings at 85 % without."""
    memory_target: NotRequired[float]
    """Memory that scaling aims at, percent. Memory rings at 85 % without."""
    load_balancer: NotRequired[pulumi.Input[str]]
    """Its load balancer as CloudWatch calls it, the end of the ARN: ``app/<name>/<id>``. With
    ``target_group``; no alarm on requests without."""
    target_group: NotRequired[pulumi.Input[str]]
    """Its target group as CloudWatch calls it, the end of the ARN: ``targetgroup/<name>/<id>``."""
    health_timeout_seconds: NotRequired[float]
    """Timeout of the load balancer's health check (5, its default): latency is judged by it."""
    container_insights: NotRequired[str]
    """What the cluster has: ``off`` (default), ``on`` or ``enhanced``."""
    log_group_name: NotRequired[pulumi.Input[str]]
    """Log group of the tasks, for queries. None by default."""
    json_logs: NotRequired[bool]
    """Whether a line is a JSON object with a ``level``, so that errors can be counted (False)."""
    url: NotRequired[pulumi.Input[str]]
    """What the health check gets, expecting 200. None by default."""


class ClusterToWatch(TypedDict):
    """An EKS cluster that was not made by Slipway."""

    name: pulumi.Input[str]
    """Name of the cluster in EKS."""
    container_insights: NotRequired[str]
    """What it has: ``off`` (default), ``on`` or ``enhanced``."""


class Chat(TypedDict):
    """A Slack channel that is told, through Amazon Q Developer in chat applications (formerly AWS
    Chatbot). The workspace must have been authorised once in its console."""

    slack_workspace_id: str
    """Id of the workspace: ``T`` and letters and digits."""
    slack_channel_id: str
    """Id of the channel: ``C`` or ``G`` and letters and digits; it ends the channel's link."""


class DeploymentMark(TypedDict):
    """Something that was deployed; dashboards mark when."""

    label: str
    """What was deployed, such as a version."""
    at: str
    """When, ISO 8601 with a time zone: ``2026-11-21T10:00:00Z``."""


class ObservabilityArgs(TypedDict):
    """Settings of an Observability. What is watched stands under a name of its own, of letters,
    digits and hyphens, whichever argument it comes by."""

    components: NotRequired[Mapping[str, Any]]
    """Components of Slipway, from programs in Python; programs in other languages describe what
    they watch below. None by default."""
    functions: NotRequired[Mapping[str, FunctionToWatch]]
    """Lambda functions of others. None by default."""
    queues: NotRequired[Mapping[str, QueueToWatch]]
    """SQS queues of others. None by default."""
    tables: NotRequired[Mapping[str, TableToWatch]]
    """DynamoDB tables of others. None by default."""
    apis: NotRequired[Mapping[str, ApiToWatch]]
    """APIs of others. None by default."""
    workflows: NotRequired[Mapping[str, WorkflowToWatch]]
    """State machines of others. None by default."""
    services: NotRequired[Mapping[str, ServiceToWatch]]
    """ECS services of others. None by default."""
    clusters: NotRequired[Mapping[str, ClusterToWatch]]
    """EKS clusters of others. None by default."""
    emails: NotRequired[Sequence[str]]
    """Addresses that are told; each gets a link to confirm first. None by default."""
    https: NotRequired[Sequence[pulumi.Input[str]]]
    """HTTPS addresses that are told; each confirms the subscription itself, as services for
    on-call duty do. None by default."""
    chat: NotRequired[Chat]
    """Slack channel that is told. None by default."""
    container_insights: NotRequired[str]
    """What dashboards draw of Container Insights: ``off``, ``on`` or ``enhanced``, and no more
    than each cluster has. By default what each has, and nothing where that is not known."""
    overrides: NotRequired[Mapping[str, AlarmOverride]]
    """Numbers of single alarms in place of the computed ones, by ``<name>/<thing>/<role>`` or
    ``<name>/<role>``, as in ``alarm_names``. Alarms that a component has made itself take theirs
    as its own ``alarm_overrides``. None by default."""
    deployments: NotRequired[Sequence[DeploymentMark]]
    """What dashboards mark. None by default."""
    sampling_percent: NotRequired[float]
    """Share of the requests that are traced after the first of each second, 0 to 100 (5), by REST
    APIs and state machines whose tracing is on. Functions alone trace at a rate of Lambda's."""
    tags: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Tags for everything that is made, over the component's own. None by default."""
