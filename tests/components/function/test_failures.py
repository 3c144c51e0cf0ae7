"""What becomes of asynchronous calls that fail."""

from typing import Any

import pytest

from components.testing import UNKNOWN

from .helpers import FAILURES_ARN, FUNCTION, allowed, function, refusal

CONFIG = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:lost"
TOPIC = "arn:aws:sns:us-east-1:123456789012:done"


@pytest.mark.parametrize("known", [True, False])
def test_they_are_tried_again_and_then_kept(known: bool) -> None:
    inputs = function(known=known).one(CONFIG, "events").inputs
    assert inputs["qualifier"] == "live"
    assert inputs["functionName"] == ("events" if known else UNKNOWN)
    assert (inputs["maximumRetryAttempts"], inputs["maximumEventAgeInSeconds"]) == (2, 21600)
    assert inputs["destinationConfig"] == {
        "onFailure": {"destination": FAILURES_ARN if known else UNKNOWN}
    }


def test_the_caller_decides_how_often_how_long_and_where_to() -> None:
    failures = {
        "retries": 0,
        "max_age_seconds": 60,
        "destination_arn": QUEUE,
        "success_arn": TOPIC,
    }
    inputs = function(failures=failures).one(CONFIG).inputs
    assert (inputs["maximumRetryAttempts"], inputs["maximumEventAgeInSeconds"]) == (0, 60)
    assert inputs["destinationConfig"] == {
        "onFailure": {"destination": QUEUE},
        "onSuccess": {"destination": TOPIC},
    }


def test_a_dead_letter_target_is_the_function_s_and_replaces_the_failure_queue() -> None:
    deployment = function(failures={"dead_letter_arn": QUEUE})
    assert deployment.one(FUNCTION).inputs["deadLetterConfig"] == {"targetArn": QUEUE}
    assert "destinationConfig" not in deployment.one(CONFIG).inputs
    assert allowed(deployment)["sqs:SendMessage"] == {QUEUE}


def test_a_dead_letter_target_and_a_destination_are_refused_together() -> None:
    text = refusal(failures={"dead_letter_arn": QUEUE, "destination_arn": QUEUE})
    assert "failures.dead_letter_arn and failures.destination_arn are both for calls" in text
    assert "Keep destination_arn, which gets the error as well; remove dead_letter_arn." in text


def test_a_dead_letter_target_goes_with_a_destination_for_answers() -> None:
    deployment = function(failures={"dead_letter_arn": QUEUE, "success_arn": TOPIC})
    assert deployment.one(CONFIG).inputs["destinationConfig"] == {
        "onSuccess": {"destination": TOPIC}
    }


@pytest.mark.parametrize(
    ("failures", "words"),
    [
        ({"retries": 3}, "failures.retries=3 is not valid. Allowed: whole numbers from 0 to 2."),
        ({"max_age_seconds": 59}, "failures.max_age_seconds=59 is not valid."),
        ({"max_age_seconds": 21601}, "Allowed: whole numbers from 60 to 21600. Nearest: 21600."),
        ({"retry": 1}, "unknown argument 'failures.retry'. Did you mean 'failures.retries'?"),
        (
            {"destination_arn": "lost"},
            "failures.destination_arn='lost' is not valid. Allowed: an ARN of one of the services "
            "sqs, sns, s3, lambda, events.",
        ),
        (
            {"success_arn": "arn:aws:s3:::done"},
            "failures.success_arn='arn:aws:s3:::done' is not valid. Allowed: an ARN of one of the "
            "services sqs, sns, lambda, events.",
        ),
        (
            {"dead_letter_arn": "arn:aws:events:us-east-1:1:event-bus/lost"},
            "Allowed: an ARN of one of the services sqs, sns.",
        ),
        (
            {"destination_arn": f"{QUEUE}.fifo"},
            "Allowed: a standard queue; Lambda sends to no FIFO queue.",
        ),
        ({"success_arn": f"{TOPIC}.fifo"}, "Allowed: a standard topic"),
    ],
)
def test_what_lambda_would_refuse_is_refused(failures: dict[str, Any], words: str) -> None:
    assert words in refusal(failures=failures)
