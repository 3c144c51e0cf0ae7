"""Messages of a queue that call the function."""

import json
from typing import Any

import pulumi
import pytest

from components.function.triggers import sqs
from components.testing import UNKNOWN, deploy

from .deployed import TAGS, Function, allowed, made, refused

ARN = "arn:aws:sqs:us-east-1:123456789012:"
QUEUE = "aws:sqs/queue:Queue"
MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"


def test_a_queue_and_its_dead_letter_queue_are_made() -> None:
    deployment = made(sqs, {"jobs": {}})
    queue = deployment.one(QUEUE, "shop-queue-jobs").inputs
    assert json.loads(queue["redrivePolicy"]) == {
        "deadLetterTargetArn": ARN + "shop-dead-letter-jobs",
        "maxReceiveCount": 5,
    }
    assert queue["tags"] == TAGS
    assert deployment.result == {
        "queue_arns": {"jobs": ARN + "shop-queue-jobs"},
        "queue_urls": {"jobs": "shop-queue-jobs-url"},
        "dead_letter_queue_urls": {"jobs": "shop-dead-letter-jobs-url"},
    }


@pytest.mark.parametrize(
    ("timeout", "given", "seconds"),
    [
        (30, {}, 180),
        (900, {"batch_window_seconds": 300}, 5700),
        (1, {"visibility_seconds": 60}, 60),
    ],
)
def test_the_visibility_timeout_follows_the_function(
    timeout: int, given: dict[str, Any], seconds: int
) -> None:
    queue = made(sqs, {"jobs": given}, timeout=timeout).one(QUEUE, "shop-queue-jobs")
    assert queue.inputs["visibilityTimeoutSeconds"] == seconds


@pytest.mark.parametrize("known", [True, False])
def test_lambda_calls_the_alias_once_the_role_may_read(known: bool) -> None:
    deployment = made(sqs, {"jobs": {"batch_size": 50.0, "batch_window_seconds": 1}}, known=known)
    mapping = deployment.one(MAPPING)
    inputs = dict(mapping.inputs)
    alias = deployment.one("aws:lambda/alias:Alias")
    assert inputs.pop("functionName") == alias.outputs.get("arn", UNKNOWN)
    assert inputs.pop("eventSourceArn") == (ARN + "shop-queue-jobs" if known else UNKNOWN)
    assert inputs == {
        "batchSize": 50,
        "enabled": True,
        "functionResponseTypes": ["ReportBatchItemFailures"],
        "maximumBatchingWindowInSeconds": 1,
        "tags": TAGS,
    }
    assert deployment.one("aws:iam/rolePolicy:RolePolicy").urn in mapping.depends_on
    assert deployment.one(QUEUE, "shop-queue-jobs").parent == mapping.parent


def test_the_role_may_consume_its_queues_and_nothing_else() -> None:
    deployment = made(sqs, {"jobs": {}, "mail": {"queue_arn": ARN + "mail"}})
    queues = {ARN + "shop-queue-jobs", ARN + "mail"}
    assert allowed(deployment) == {
        "sqs:ReceiveMessage": queues,
        "sqs:DeleteMessage": queues,
        "sqs:GetQueueAttributes": queues,
        "sqs:ChangeMessageVisibility": queues,
    }


def test_a_message_in_the_dead_letter_queue_rings() -> None:
    alarm = made(sqs, {"jobs": {}}, alarm_topic_arn="arn:topic").one(ALARM).inputs
    assert alarm["dimensions"] == {"QueueName": "shop-dead-letter-jobs"}
    assert (alarm["threshold"], alarm["comparisonOperator"]) == (0, "GreaterThanThreshold")
    assert alarm["alarmActions"] == ["arn:topic"]
    assert not made(sqs, {"jobs": {}}, alarms=False).of(ALARM)


def test_a_queue_that_exists_is_only_read() -> None:
    given = {"queue_arn": ARN + "mail", "visibility_seconds": 180}
    deployment = made(sqs, {"mail": given})
    assert [item.name for item in deployment.of(QUEUE)] == ["shop-failures"]
    assert not deployment.of(ALARM)
    assert deployment.one(MAPPING).inputs["eventSourceArn"] == ARN + "mail"
    assert deployment.result["queue_urls"] == {}


def test_a_fifo_queue_is_fifo_throughout() -> None:
    deployment = made(sqs, {"jobs": {"fifo": True}})
    for name in ("shop-queue-jobs", "shop-dead-letter-jobs"):
        inputs = deployment.one(QUEUE, name).inputs
        assert inputs["fifoQueue"]
        assert inputs["contentBasedDeduplication"]
    assert "maximumBatchingWindowInSeconds" not in deployment.one(MAPPING).inputs


def test_filters_reach_lambda_as_json() -> None:
    given = {"filters": [{"body": {"kind": ["order", {"prefix": "re"}]}}]}
    mapping = made(sqs, {"jobs": given}).one(MAPPING).inputs
    (item,) = mapping["filterCriteria"]["filters"]
    assert json.loads(item["pattern"]) == given["filters"][0]


@pytest.mark.parametrize(
    ("given", "reserved", "limits"),
    [
        ({"a": {}}, None, [None]),
        ({"a": {"max_concurrency": 5}}, None, [5]),
        ({"a": {}}, 10, [10]),
        ({"a": {}, "b": {}}, 10, [5, 5]),
        ({"a": {"max_concurrency": 7}, "b": {}}, 10, [7, 3]),
        ({"a": {"max_concurrency": 9}, "b": {}}, 10, [9, None]),
        ({"a": {}}, 1, [None]),
    ],
)
def test_queues_share_the_concurrency_that_is_reserved(
    given: dict[str, Any], reserved: int | None, limits: list[int | None]
) -> None:
    deployment = made(sqs, given, reserved=reserved)
    scaling = [item.inputs.get("scalingConfig", {}) for item in deployment.of(MAPPING)]
    assert [item.get("maximumConcurrency") for item in scaling] == limits


@pytest.mark.parametrize("known", [True, False])
def test_others_may_be_allowed_to_send(known: bool) -> None:
    def program() -> Any:
        return Function("shop", sqs, {"jobs": {}}).plan.send_policy("jobs")

    policy = deploy(program, known=known).result
    assert policy["actions"] == ["sqs:SendMessage"]
    assert policy["resources"] == ([ARN + "shop-queue-jobs"] if known else [UNKNOWN])


def test_reading_can_be_paused() -> None:
    assert made(sqs, {"jobs": {"enabled": False}}).one(MAPPING).inputs["enabled"] is False


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"visibility_seconds": 60},
            "MultiTriggerFunction 'shop': triggers.sqs.jobs.visibility_seconds=60 is not valid. "
            "Allowed: 180 or more: 6 x the function's timeout of 30 s + the batch window of 0 s. "
            "Set it to 180, or leave it out.",
        ),
        (
            {"queue_arn": ARN + "jobs", "visibility_seconds": 60, "batch_window_seconds": 5},
            "+ the batch window of 5 s. Set it on the queue to 185 and state that.",
        ),
        ({"visibility_seconds": 50_000}, "Allowed: whole numbers from 0 to 43200."),
        (
            {"batch_size": 11},
            "triggers.sqs.jobs.batch_size=11 is not valid. Allowed: whole numbers from 1 to 10. "
            "Up to 10000 with batch_window_seconds=1 or more.",
        ),
        ({"batch_size": 0}, "triggers.sqs.jobs.batch_size=0 is not valid."),
        ({"batch_size": 10_001, "batch_window_seconds": 1}, "whole numbers from 1 to 10000."),
        ({"batch_size": 11, "fifo": True}, "whole numbers from 1 to 10. Nearest: 10."),
        ({"batch_window_seconds": 301}, "Allowed: whole numbers from 0 to 300."),
        ({"batch_window_seconds": 1, "fifo": True}, "Allowed: 0 for a FIFO queue."),
        ({"max_concurrency": 1}, "jobs.max_concurrency=1 is not valid. Allowed: whole numbers "),
        ({"max_concurrency": 1001}, "from 2 to 1000. Nearest: 1000."),
        ({"max_receives": 0}, "Allowed: whole numbers from 1 to 1000."),
        (
            {"queue_arn": ARN + "jobs", "max_receives": 3},
            "Allowed: only for a queue that is made here. Set it in the redrive policy of the "
            "queue that you gave.",
        ),
        ({"queue_arn": ARN + "jobs.fifo"}, "triggers.sqs.jobs.fifo=False is not valid. "),
        ({"queue_arn": ARN + "jobs", "fifo": True}, "Set fifo=False."),
        (
            {"queue_arn": "https://sqs.us-east-1.amazonaws.com/123456789012/jobs"},
            "Allowed: the ARN of an SQS queue. Use queue.arn.",
        ),
        ({"filters": []}, "Allowed: a list of 1 to 10 patterns; one that matches is enough."),
        ({"filters": [{"body": "order"}]}, "triggers.sqs.jobs.filters[0].body='order'"),
        (
            {"filters": [{"body": {"path": [{"wildcard": "a*b"}]}}]},
            "triggers.sqs.jobs.filters[0]='wildcard' is not valid. Allowed: prefix, suffix, ",
        ),
        ({"batchsize": 5}, "unknown argument 'triggers.sqs.jobs.batchsize'. Did you mean "),
    ],
)
def test_what_sqs_or_lambda_would_refuse_is_refused_first(
    given: dict[str, Any], words: str
) -> None:
    assert words in refused(sqs, {"jobs": given})


def test_queues_may_not_take_more_than_is_reserved() -> None:
    given = {"a": {"max_concurrency": 6}, "b": {"max_concurrency": 5}}
    message = refused(sqs, given, reserved=10)
    assert "triggers.sqs.b.max_concurrency=5 is not valid." in message
    assert "all queues together (now 11) within reserved_concurrency=10." in message
    assert message.endswith("Next step: lower it, or set reserved_concurrency=11.")


def test_a_name_that_cannot_become_a_queue_is_refused() -> None:
    assert "names of letters, digits and single hyphens" in refused(sqs, {"my_jobs": {}})


def test_an_arn_that_shows_late_is_looked_at_then() -> None:
    def program() -> None:
        arn = pulumi.Output.from_input("arn:aws:sns:us-east-1:123456789012:news")
        Function("shop", sqs, {"jobs": {"queue_arn": arn}})

    with pytest.raises(ValueError, match="the ARN of an SQS queue"):
        deploy(program)
