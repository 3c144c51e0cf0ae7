"""What a caller of MultiTriggerFunction writes; checked in ``settings.py`` and by the triggers."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi

from ..alarms import AlarmOverride
from ..network import Placement
from ..policy import Statement
from .triggers.events import EventTrigger
from .triggers.function_url import FunctionUrl
from .triggers.http_api import HttpApi
from .triggers.rest_api import RestApi
from .triggers.s3 import BucketTrigger
from .triggers.schedules import ScheduleTrigger
from .triggers.sns import TopicTrigger
from .triggers.sqs import QueueTrigger
from .triggers.streams import StreamTrigger
from .triggers.tables import TableTrigger


class Triggers(TypedDict):
    """What calls a function, by kind. Where a kind can be had several times, each has a short name
    of letters, digits and hyphens, which becomes part of the names of what is made."""

    rest_api: NotRequired[RestApi]
    """A REST API: API keys, quotas, caching, request validation. None by default."""
    http_api: NotRequired[HttpApi]
    """An HTTP API: cheaper and faster, with JSON web tokens, without what only a REST API has.
    None by default."""
    url: NotRequired[FunctionUrl]
    """An HTTPS address of the function itself. None by default."""
    s3: NotRequired[Mapping[str, BucketTrigger]]
    """Objects of buckets, by a short name. None by default."""
    sqs: NotRequired[Mapping[str, QueueTrigger]]
    """Messages of queues, by a short name. None by default."""
    sns: NotRequired[Mapping[str, TopicTrigger]]
    """Messages of topics, by a short name. None by default."""
    events: NotRequired[Mapping[str, EventTrigger]]
    """Events of EventBridge that match a pattern, by a short name. None by default."""
    schedules: NotRequired[Mapping[str, ScheduleTrigger]]
    """Times of day and intervals, by a short name. None by default."""
    tables: NotRequired[Mapping[str, TableTrigger]]
    """Changes of DynamoDB tables, by a short name. None by default."""
    streams: NotRequired[Mapping[str, StreamTrigger]]
    """Records of Kinesis streams, by a short name. None by default."""


class FunctionVpc(TypedDict):
    """Where in a VPC a function has its network interfaces."""

    network: Placement
    """``Network.placement``, or the ids of an existing VPC. A function never gets a public
    address, so it always runs in the private subnets: with ``nat: none`` it reaches what is in
    the VPC, S3 and DynamoDB (through the endpoints of ``Network``), and nothing else."""
    security_group_ids: NotRequired[Sequence[pulumi.Input[str]]]
    """Security groups of the function, 1 to 5. By default one is made that lets everything out
    and nothing in: nobody connects to a function."""


class FunctionFileSystem(TypedDict):
    """An EFS file system that a function sees as a directory."""

    access_point_arn: pulumi.Input[str]
    """ARN of the EFS access point: which user, and which directory. The file system must have a
    mount target in each of the function's subnets before the function is made (name them in
    ``depends_on``), open on port 2049 to the function's security group."""
    mount_path: str
    """Where the handler finds it, ``/mnt/<name>``, up to 160 characters."""
    read_only: NotRequired[bool]
    """Whether the handler may only read (False)."""


class FunctionRelease(TypedDict):
    """How a new version of a function takes over.

    Ten, then fifty percent of the calls, five minutes each, and back at too many errors::

        "release": {"canary_steps": [10, 50], "bake_seconds": 300}

    A tenth of the calls stays with version 7 until the next deployment::

        "release": {"weights": {"7": 0.1}}
    """

    alias: NotRequired[str]
    """Name of the alias that everything calls (``live``): letters, digits, ``-`` and ``_``."""
    weights: NotRequired[Mapping[str, pulumi.Input[float]]]
    """Share of the calls, 0 to 1 and below 1, that another published version gets: one at most,
    by its number; the newest gets the rest. None by default. Not with ``canary_steps`` or
    ``provisioned_concurrency``."""
    canary_steps: NotRequired[Sequence[int]]
    """Percent of the calls that a new version gets in turn before it gets them all, 1 to 99 and
    rising. Too many errors give all of them back to the old version and fail the update. By
    default a new version gets all calls at once. Needs boto3 (``pip install slipway[hooks]``).
    Not with ``weights`` or ``provisioned_concurrency``."""
    bake_seconds: NotRequired[int]
    """How long each step is watched, 1 to 3600 (120): CloudWatch shows the errors of a minute
    only after it has passed."""
    provisioned_concurrency: NotRequired[int]
    """Execution environments that are always warm, and billed while they are: 1 or more, within
    ``reserved_concurrency``. None by default. Not with ``weights``, ``canary_steps`` or
    ``snap_start``."""
    snap_start: NotRequired[bool]
    """Whether environments start from a snapshot that is taken when a version is published
    (False): cold starts get shorter, publishing takes minutes, and the cache is billed. Not with
    ``provisioned_concurrency``, ``file_system`` or ``ephemeral_storage`` above 512."""


class FunctionFailures(TypedDict):
    """What happens to asynchronous calls (of S3, SNS, EventBridge, ``Event``) that fail."""

    retries: NotRequired[int]
    """How often Lambda tries again after an error of the handler, 0 to 2 (2)."""
    max_age_seconds: NotRequired[int]
    """How long Lambda keeps a call that it cannot make, 60 to 21600 (21600, the most)."""
    destination_arn: NotRequired[pulumi.Input[str]]
    """Where a call goes that has failed for good, with its error: ARN of a queue, topic, bucket,
    function or event bus. By default the component's failure queue. Not with
    ``dead_letter_arn``."""
    success_arn: NotRequired[pulumi.Input[str]]
    """Where each answer goes: ARN of a queue, topic, function or event bus. Nowhere by default."""
    dead_letter_arn: NotRequired[pulumi.Input[str]]
    """Lambda's older way: ARN of a queue or topic that gets the bare event, without the error.
    For consumers that expect that form; it replaces the failure queue for these calls. None by
    default."""


class MultiTriggerFunctionArgs(TypedDict):
    """Settings of a MultiTriggerFunction."""

    code: str
    """Directory of the handler, relative to the program's. What its ``requirements.txt`` names is
    packed with it, for the function's runtime and architecture."""
    handler: NotRequired[str]
    """``module.function`` that Lambda calls (``handler.handler``)."""
    runtime: NotRequired[str]
    """``python3.10`` to ``python3.14`` (``python3.13``)."""
    architecture: NotRequired[str]
    """``arm64`` (default: a fifth cheaper per millisecond) or ``x86_64``."""
    memory: NotRequired[int]
    """Memory in MiB, 128 to 10240 (256). CPU grows with it: one whole at 1769."""
    timeout_seconds: NotRequired[int]
    """Longest run, 1 to 900 (29, as long as a REST API waits)."""
    ephemeral_storage: NotRequired[int]
    """Size of ``/tmp`` in MiB, 512 to 10240 (512, which is free)."""
    environment: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Environment variables, 4 KB together with those of the component. None by default."""
    secrets: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Variables to ARNs of SSM parameters or Secrets Manager secrets. The variable holds the ARN,
    and the role may read it: the handler fetches the value, so that it is in no configuration.
    For a key of your own allow ``kms:Decrypt`` in ``permissions``. None by default."""
    layers: NotRequired[Sequence[pulumi.Input[str]]]
    """ARNs of layer versions, such as ``PythonLayer.arn``, at most 5. None by default."""
    permissions: NotRequired[Sequence[Statement]]
    """What the handler may do beyond what its triggers need: ``[allow(...)]``. Nothing by
    default."""
    vpc: NotRequired[FunctionVpc]
    """Run in a VPC. By default in Lambda's own network, with the internet and without a VPC."""
    file_system: NotRequired[FunctionFileSystem]
    """Mount EFS; needs ``vpc``. None by default."""
    reserved_concurrency: NotRequired[int]
    """Most invocations at a time, taken out of what the account's functions share; 0 switches the
    function off. None by default. Queues are better limited by their ``max_concurrency``."""
    release: NotRequired[FunctionRelease]
    """How a new version takes over: at once by default, on the alias ``live``."""
    failures: NotRequired[FunctionFailures]
    """What happens to asynchronous calls that fail: two retries, then the failure queue."""
    idempotency: NotRequired[bool]
    """Whether a DynamoDB table is made for calls that have been processed, named in the variable
    ``IDEMPOTENCY_TABLE`` (False); key ``id``, expiry ``expiration``, as Powertools expects."""
    tracing: NotRequired[bool]
    """Whether calls are traced with X-Ray (False); billed per trace."""
    log_retention_days: NotRequired[int]
    """Days that logs are kept (30): one of CloudWatch's values, such as 7, 14, 30, 90, 365."""
    log_level: NotRequired[str]
    """Least level of the handler's log lines that is kept: ``TRACE``, ``DEBUG``, ``INFO``
    (default), ``WARN``, ``ERROR`` or ``FATAL``."""
    alarms: NotRequired[bool]
    """Whether alarms are made for errors, the failure queue and dead-letter queues (True)."""
    alarm_topic_arn: NotRequired[pulumi.Input[str]]
    """SNS topic that is told when an alarm starts and ends; nobody unless given."""
    alarm_overrides: NotRequired[Mapping[str, AlarmOverride]]
    """Numbers that stand in for computed ones, by alarm: ``{"errors": {"statistic": "Sum",
    "threshold": 5, "period_seconds": 300, "periods": 2}}``. An alarm of what a trigger makes has
    its name before it: ``failures/depth``, ``queue-jobs/oldest``. They are for alarms that are
    made here and for those that ``Observability`` makes; a canary keeps the computed numbers.
    None by default."""
    force_delete: NotRequired[bool]
    """Whether buckets and tables that are made may be deleted with what is in them (False)."""
    triggers: NotRequired[Triggers]
    """What calls the function, by kind. None by default: it can be invoked by whom
    ``invoke_policy()`` is given to."""
    tags: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Tags for everything that is made, over the component's own. None by default."""
