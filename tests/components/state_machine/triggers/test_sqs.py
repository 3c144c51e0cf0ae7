"""Queues: one message, one execution, through a pipe."""

import json
from typing import Any

import pytest

from components.testing import ACCOUNT, REGION

from ..helpers import (
    ALARM,
    ALIAS_ARN,
    MACHINE_ARN,
    QUEUE,
    QUEUE_ARN,
    allowed,
    machine,
    refusal,
    trusted,
)

PIPE = "aws:pipes/pipe:Pipe"


def jobs(**more: Any) -> dict[str, Any]:
    return {"triggers": {"sqs": {"jobs": more}}}


def test_a_pipe_starts_the_alias_for_each_message() -> None:
    deployment = machine(**jobs())
    queue = deployment.one(QUEUE, "orders-queue-jobs")
    pipe = deployment.one(PIPE, "orders-pipe-jobs")
    found = {key: pipe.inputs[key] for key in ("source", "target", "desiredState")}
    assert found == {
        "source": queue.outputs["arn"],
        "target": ALIAS_ARN,
        "desiredState": "RUNNING",
    }
    assert pipe.inputs["sourceParameters"] == {"sqsQueueParameters": {"batchSize": 1}}
    assert pipe.inputs["targetParameters"] == {
        "stepFunctionStateMachineParameters": {"invocationType": "FIRE_AND_FORGET"}
    }
    assert trusted(deployment, "orders-pipe-jobs")["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
        "ArnLike": {"aws:SourceArn": f"arn:aws:pipes:{REGION}:{ACCOUNT}:pipe/*"},
    }
    consume = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
    assert allowed(deployment, "orders-pipe-jobs") == {
        "states:StartExecution": {ALIAS_ARN, MACHINE_ARN},
        **{action: {queue.outputs["arn"]} for action in consume},
    }
    policy = deployment.one("aws:iam/rolePolicy:RolePolicy", "orders-pipe-jobs").urn
    assert policy in pipe.depends_on


def test_what_cannot_start_lies_in_a_dead_letter_queue_that_rings() -> None:
    deployment = machine(**jobs(max_receives=3, fifo=True))
    dead = deployment.one(QUEUE, "orders-dead-letter-jobs")
    queue = deployment.one(QUEUE, "orders-queue-jobs")
    assert json.loads(queue.inputs["redrivePolicy"]) == {
        "deadLetterTargetArn": dead.outputs["arn"],
        "maxReceiveCount": 3,
    }
    assert queue.inputs["fifoQueue"] is dead.inputs["fifoQueue"] is True
    assert deployment.one(ALARM, "orders-dead-letter-jobs")
    assert deployment.result["queue_urls"] == {"jobs": queue.outputs["url"]}
    assert deployment.result["dead_letter_queue_urls"] == {"jobs": dead.outputs["url"]}


def test_a_queue_that_exists_is_only_read() -> None:
    deployment = machine(**jobs(queue_arn=QUEUE_ARN, enabled=False))
    assert deployment.of(QUEUE) == []
    assert deployment.one(PIPE).inputs["source"] == QUEUE_ARN
    assert deployment.one(PIPE).inputs["desiredState"] == "STOPPED"
    assert deployment.result["queue_urls"] == {}


def test_messages_can_be_filtered_and_reshaped() -> None:
    deployment = machine(**jobs(filters=[{"body": {"kind": ["order"]}}], input_template="<$.body>"))
    pipe = deployment.one(PIPE).inputs
    (given,) = pipe["sourceParameters"]["filterCriteria"]["filters"]
    assert json.loads(given["pattern"]) == {"body": {"kind": ["order"]}}
    assert pipe["targetParameters"]["inputTemplate"] == "<$.body>"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (
            {"queue_arn": "jobs"},
            "triggers.sqs.jobs.queue_arn='jobs' is not valid. Allowed: the ARN",
        ),
        ({"queue_arn": f"{QUEUE_ARN}.fifo"}, "Set fifo=True."),
        ({"queue_arn": QUEUE_ARN, "max_receives": 3}, "only for a queue that is made here"),
        ({"max_receives": 0}, "triggers.sqs.jobs.max_receives=0 is not valid."),
        ({"filters": [{"body": {"a": [1]}}] * 6}, "'6 filters' is not valid. Allowed: 1 to 5."),
        ({"filters": []}, "triggers.sqs.jobs.filters=[] is not valid."),
        ({"input_template": ""}, "Allowed: 1 to 8192 characters."),
        ({"batch_size": 10}, "unknown argument 'triggers.sqs.jobs.batch_size'"),
    ],
)
def test_what_a_pipe_would_refuse_is_refused_here(more: dict[str, Any], words: str) -> None:
    assert words in refusal(**jobs(**more))
