"""Rules: an event that matches starts the alias, or ends in the failure queue."""

import json
from typing import Any

import pytest

from components.testing import ACCOUNT

from ..helpers import ALIAS_ARN, MACHINE_ARN, QUEUE, allowed, machine, refusal, trusted

RULE = "aws:cloudwatch/eventRule:EventRule"
TARGET = "aws:cloudwatch/eventTarget:EventTarget"
PATTERN = {"source": ["shop"]}


def placed(**more: Any) -> dict[str, Any]:
    return {"triggers": {"events": {"placed": {"pattern": PATTERN, **more}}}}


def test_an_event_starts_the_alias_with_a_role_that_only_this_rule_has() -> None:
    deployment = machine(**placed(input_path="$.detail"))
    rule = deployment.one(RULE, "orders-event-placed")
    assert json.loads(rule.inputs["eventPattern"]) == PATTERN
    role = deployment.one("aws:iam/role:Role", "orders-event-placed")
    queue = deployment.one(QUEUE, "orders-failures").outputs["arn"]
    target = deployment.one(TARGET, "orders-event-placed")
    assert target.inputs == {
        "rule": rule.outputs["name"],
        "arn": ALIAS_ARN,
        "roleArn": role.outputs["arn"],
        "inputPath": "$.detail",
        "deadLetterConfig": {"arn": queue},
        "retryPolicy": {"maximumRetryAttempts": 185, "maximumEventAgeInSeconds": 86_400},
    }
    assert trusted(deployment, "orders-event-placed")["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
        "ArnLike": {"aws:SourceArn": rule.outputs["arn"]},
    }
    assert allowed(deployment, "orders-event-placed") == {
        "states:StartExecution": {ALIAS_ARN, MACHINE_ARN}
    }
    policy = deployment.one("aws:iam/rolePolicy:RolePolicy", "orders-event-placed").urn
    assert policy in target.depends_on


def test_rules_and_nobody_else_put_events_into_the_failure_queue() -> None:
    deployment = machine(**placed())
    document = deployment.one("aws:sqs/queuePolicy:QueuePolicy", "orders-failures").inputs["policy"]
    _, allowing = json.loads(document)["Statement"]
    assert allowing["Principal"] == {"Service": "events.amazonaws.com"}
    assert allowing["Condition"] == {
        "ArnEquals": {"aws:SourceArn": [deployment.one(RULE).outputs["arn"]]}
    }


def test_a_rule_can_be_on_another_bus_and_asleep() -> None:
    deployment = machine(**placed(bus_name="shop", enabled=False))
    assert deployment.one(RULE).inputs["eventBusName"] == "shop"
    assert deployment.one(RULE).inputs["state"] == "DISABLED"
    assert deployment.one(TARGET).inputs["eventBusName"] == "shop"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"pattern": {"sorce": ["x"]}}, "Did you mean 'source'?"),
        ({"pattern": {"source": "x"}}, "triggers.events.placed.pattern.source='x' is not valid."),
        ({"input_path": "detail"}, "triggers.events.placed.input_path='detail' is not valid."),
    ],
)
def test_what_eventbridge_would_refuse_is_refused_here(more: dict[str, Any], words: str) -> None:
    assert words in refusal(triggers={"events": {"placed": {"pattern": PATTERN, **more}}})
