"""Queues as every component makes them."""

import json
from typing import Any

import pulumi

from components import queues
from components.alarms.queues import depth_formula
from components.testing import UNKNOWN, Deployment, deploy

QUEUE = "aws:sqs/queue:Queue"
POLICY = "aws:sqs/queuePolicy:QueuePolicy"
ARN = "arn:aws:sqs:us-east-1:123456789012:"
TAGS = {"team": "shop"}


def made(known: bool = True, **more: Any) -> Deployment:
    return deploy(
        lambda: queues.make_queue("jobs", opts=pulumi.ResourceOptions(), tags=TAGS, **more),
        known=known,
    )


def with_dead_letter(known: bool = True, **more: Any) -> Deployment:
    def program() -> None:
        opts = pulumi.ResourceOptions()
        fifo = bool(more.get("fifo"))
        dead = queues.make_dead_letter_queue("dead", opts=opts, tags=TAGS, fifo=fifo)
        queues.make_queue("jobs", opts=opts, tags=TAGS, dead_letter=dead, **more)

    return deploy(program, known=known)


def document(deployment: Deployment, name: str) -> list[dict[str, Any]]:
    text = deployment.one(POLICY, name).inputs["policy"]
    statements: list[dict[str, Any]] = json.loads(text)["Statement"]
    return statements


def test_a_queue_is_encrypted_and_keeps_messages_for_four_days() -> None:
    assert made().one(QUEUE).inputs == {
        "sqsManagedSseEnabled": True,
        "messageRetentionSeconds": 345_600,
        "visibilityTimeoutSeconds": 30,
        "tags": TAGS,
    }


def test_nobody_gets_in_without_tls() -> None:
    (denied,) = document(made(), "jobs")
    assert denied == {
        "Sid": "OnlyWithTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": [ARN + "jobs"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def test_the_policy_can_be_left_to_who_knows_the_senders() -> None:
    def program() -> None:
        opts = pulumi.ResourceOptions()
        queue = queues.make_queue("jobs", opts=opts, tags=TAGS, policy=False)
        senders = [
            ("sns.amazonaws.com", "arn:topic"),
            ("events.amazonaws.com", "arn:one"),
            ("events.amazonaws.com", "arn:two"),
        ]
        queues.make_queue_policy("jobs", queue, opts=opts, senders=senders)

    denied, events, sns = document(deploy(program), "jobs")
    assert denied["Effect"] == "Deny"
    assert events == {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": ARN + "jobs",
        "Condition": {"ArnEquals": {"aws:SourceArn": ["arn:one", "arn:two"]}},
    }
    assert sns["Condition"] == {"ArnEquals": {"aws:SourceArn": ["arn:topic"]}}


def test_a_dead_letter_queue_keeps_messages_for_two_weeks_and_takes_them_from_one_queue() -> None:
    deployment = with_dead_letter(max_receives=3)
    dead = deployment.one(QUEUE, "dead").inputs
    assert dead["messageRetentionSeconds"] == 1_209_600
    assert json.loads(deployment.one(QUEUE, "jobs").inputs["redrivePolicy"]) == {
        "deadLetterTargetArn": ARN + "dead",
        "maxReceiveCount": 3,
    }
    redrive = deployment.one("aws:sqs/redriveAllowPolicy:RedriveAllowPolicy").inputs
    assert redrive["queueUrl"] == "dead-url"
    assert json.loads(redrive["redriveAllowPolicy"]) == {
        "redrivePermission": "byQueue",
        "sourceQueueArns": [ARN + "jobs"],
    }
    assert document(deployment, "dead")[0]["Effect"] == "Deny"


def test_the_dead_letter_queue_of_a_fifo_queue_is_fifo() -> None:
    deployment = with_dead_letter(fifo=True)
    for name in ("dead", "jobs"):
        inputs = deployment.one(QUEUE, name).inputs
        assert inputs["fifoQueue"]
        assert inputs["contentBasedDeduplication"]


def test_a_first_preview_knows_which_queues_there_will_be() -> None:
    deployment = with_dead_letter(known=False)
    assert {item.name for item in deployment.of(QUEUE)} == {"dead", "jobs"}
    assert len(deployment.of(POLICY)) == 2
    assert deployment.one(QUEUE, "jobs").inputs["redrivePolicy"] is UNKNOWN
    assert all(item.inputs["policy"] is UNKNOWN for item in deployment.of(POLICY))


def test_one_message_in_a_queue_for_failures_rings() -> None:
    formula = depth_formula("dead-letter-jobs", "Jobs failed")
    assert (formula.metric, formula.threshold) == ("ApproximateNumberOfMessagesVisible", 0)
    assert (formula.comparison, formula.periods) == ("GreaterThanThreshold", 1)
    assert formula.missing == "notBreaching"
