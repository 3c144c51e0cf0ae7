"""What AWS refuses of state machines, their aliases and pipes: type, inputs, words of the error."""

import json
from typing import Any

from .workflows import ECHO

ROLE = "arn:aws:iam::123456789012:role/r"
STATES = "arn:aws:states:us-east-1:123456789012:stateMachine:m"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:q"
END = {"Type": "Pass", "End": True}
GROUP = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/vendedlogs/states/m:*"

VALID: dict[str, dict[str, Any]] = {
    "aws:sfn/stateMachine:StateMachine": {"definition": ECHO, "roleArn": ROLE},
    "aws:sfn/alias:Alias": {
        "routingConfigurations": [{"stateMachineVersionArn": f"{STATES}:1", "weight": 100}]
    },
    "aws:sfn/activity:Activity": {},
    "aws:pipes/pipe:Pipe": {"roleArn": ROLE, "source": QUEUE, "target": f"{STATES}:live"},
    "aws:cloudwatch/eventTarget:EventTarget": {
        "rule": "r",
        "arn": f"{STATES}:live",
        "roleArn": ROLE,
    },
    "aws:scheduler/schedule:Schedule": {
        "scheduleExpression": "rate(5 minutes)",
        "flexibleTimeWindow": {"mode": "OFF"},
        "target": {"arn": f"{STATES}:live", "roleArn": ROLE, "input": "{}"},
    },
}


def _states(start: str = "A", **states: Any) -> dict[str, Any]:
    return {"definition": json.dumps({"StartAt": start, "States": states})}


def _task(resource: object, **more: Any) -> dict[str, Any]:
    return _states(A={"Type": "Task", "Resource": resource, "End": True}) | more


def _logging(**logging: Any) -> dict[str, Any]:
    return {"loggingConfiguration": logging}


def _encryption(**encryption: Any) -> dict[str, Any]:
    return {"encryptionConfiguration": encryption}


def _routes(*routes: tuple[str, int]) -> dict[str, Any]:
    return {
        "routingConfigurations": [
            {"stateMachineVersionArn": arn, "weight": weight} for arn, weight in routes
        ]
    }


def _batch(**batch: Any) -> dict[str, Any]:
    return {"sourceParameters": {"sqsQueueParameters": batch}}


def _filters(*patterns: str) -> dict[str, Any]:
    filters = [{"pattern": pattern} for pattern in patterns]
    return {"sourceParameters": {"filterCriteria": {"filters": filters}}}


def _inner(kind: str) -> dict[str, Any]:
    """A machine whose inner one leads out of itself."""
    machine = {"StartAt": "B", "States": {"B": {"Type": "Pass", "Next": "A"}}}
    given = {"Branches": [machine]} if kind == "Parallel" else {"ItemProcessor": machine}
    return _states(A={"Type": kind, **given, "End": True})


DISTRIBUTED = {
    "ProcessorConfig": {"Mode": "DISTRIBUTED"},
    "StartAt": "B",
    "States": {"B": END},
}
EXPRESS = {"type": "EXPRESS"}
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("sfn/stateMachine", {"name": "a b"}, "up to 80 letters"),
    ("sfn/stateMachine", {"type": "SLOW"}, "Allowed: STANDARD, EXPRESS"),
    ("sfn/stateMachine", {"definition": "{"}, "definition is not JSON"),
    ("sfn/stateMachine", {"definition": "[]"}, "definition is no JSON object"),
    ("sfn/stateMachine", {"definition": " " * 1_048_576 + "{}"}, "AWS takes 1048576"),
    ("sfn/stateMachine", {"definition": "{}"}, "definition.States is missing"),
    ("sfn/stateMachine", _states("B", A=END), "definition.StartAt='B': there is no such state"),
    (
        "sfn/stateMachine",
        {"definition": json.dumps({"StartAt": "A", "States": {"A": END}, "Sates": {}})},
        "definition.Sates is not a field",
    ),
    (
        "sfn/stateMachine",
        {"definition": json.dumps({"StartAt": "A", "States": {"A": END}, "QueryLanguage": "XML"})},
        "Allowed: JSONPath, JSONata",
    ),
    ("sfn/stateMachine", _states(A={"Type": "Pas", "End": True}), "A.Type is 'Pas'"),
    ("sfn/stateMachine", _states(A="x"), "A.Type is ''"),
    ("sfn/stateMachine", _states(A={"Type": "Pass"}), "A needs either Next or End"),
    ("sfn/stateMachine", _states(A={**END, "Next": "A"}), "A needs either Next or End"),
    ("sfn/stateMachine", _states(A={"Type": "Pass", "Next": "B"}), "A.Next='B'"),
    ("sfn/stateMachine", _states(A=END, B=END), "States.B: the state is not reachable"),
    ("sfn/stateMachine", _states(A={**END, "Retries": []}), "A.Retries is not a field"),
    ("sfn/stateMachine", _states(A={"Type": "Choice"}), "A.Choices is missing"),
    (
        "sfn/stateMachine",
        _states(A={"Type": "Choice", "Choices": [{"Next": "B"}], "Default": "A"}),
        "A.Choices[0].Next='B'",
    ),
    (
        "sfn/stateMachine",
        _states(A={"Type": "Choice", "Choices": [{"Next": "A"}], "Default": "C"}),
        "A.Default='C'",
    ),
    (
        "sfn/stateMachine",
        _states(A={"Type": "Task", "Resource": "arn:x", "Catch": [{}], "End": True}),
        "A.Catch[0].Next=None",
    ),
    ("sfn/stateMachine", _states(A={"Type": "Wait", "End": True}), "exactly one of Seconds"),
    ("sfn/stateMachine", _states(A={"Type": "Parallel", "End": True}), "A.Branches is missing"),
    ("sfn/stateMachine", _states(A={"Type": "Map", "End": True}), "A.Iterator is no JSON object"),
    ("sfn/stateMachine", _inner("Parallel"), "A.Branches[0].States.B.Next='A'"),
    ("sfn/stateMachine", _inner("Map"), "A.ItemProcessor.States.B.Next='A'"),
    (
        "sfn/stateMachine",
        _states(
            A={
                "Type": "Parallel",
                "Branches": [{"StartAt": "A", "States": {"A": END}}],
                "End": True,
            }
        ),
        "a name is used once",
    ),
    ("sfn/stateMachine", _states("A" * 81, **{"A" * 81: END}), "has 80 characters"),
    ("sfn/stateMachine", _task("${Charge}"), "A.Resource='${Charge}' is not an ARN"),
    ("sfn/stateMachine", _task(None), "A.Resource=None is not an ARN"),
    ("sfn/stateMachine", _task("arn:x.sync:2", **EXPRESS), "does not wait for it"),
    ("sfn/stateMachine", _task("arn:x.waitForTaskToken", **EXPRESS), "does not wait for it"),
    (
        "sfn/stateMachine",
        _task("arn:aws:states:us-east-1:123456789012:activity:a", **EXPRESS),
        "does not wait for it",
    ),
    (
        "sfn/stateMachine",
        _states(A={"Type": "Map", "ItemProcessor": DISTRIBUTED, "End": True}) | EXPRESS,
        "no distributed Map",
    ),
    ("sfn/stateMachine", _logging(level="INFO"), "OFF, ERROR, FATAL, ALL"),
    ("sfn/stateMachine", _logging(level="ALL"), "belongs to a level other than OFF"),
    ("sfn/stateMachine", _logging(logDestination=GROUP), "belongs to a level other than OFF"),
    ("sfn/stateMachine", _logging(level="ALL", logDestination=GROUP[:-2]), "with :* at its end"),
    ("sfn/stateMachine", _encryption(type="AES"), "AWS_OWNED_KEY, CUSTOMER_MANAGED_KMS_KEY"),
    ("sfn/stateMachine", _encryption(type="CUSTOMER_MANAGED_KMS_KEY"), "kmsKeyId belongs to"),
    (
        "sfn/stateMachine",
        _encryption(type="AWS_OWNED_KEY", kmsDataKeyReusePeriodSeconds=60),
        "kmsDataKeyReusePeriodSeconds belongs to",
    ),
    (
        "sfn/stateMachine",
        _encryption(
            type="CUSTOMER_MANAGED_KMS_KEY", kmsKeyId="k", kmsDataKeyReusePeriodSeconds=901
        ),
        "60 to 900",
    ),
    ("sfn/alias", {"name": "12"}, "not a number"),
    ("sfn/alias", {"description": "x" * 257}, "256 characters"),
    ("sfn/alias", _routes(), "one or two versions"),
    ("sfn/alias", _routes((STATES, 100)), "is not a version's ARN"),
    ("sfn/alias", _routes((f"{STATES}:live", 100)), "is not a version's ARN"),
    ("sfn/alias", _routes((f"{STATES}:1", 50), (f"{STATES}2:1", 50)), "belong to one machine"),
    ("sfn/alias", _routes((f"{STATES}:1", 50), (f"{STATES}:1", 50)), "the same version twice"),
    ("sfn/alias", _routes((f"{STATES}:1", 50), (f"{STATES}:2", 40)), "add up to 90"),
    ("sfn/alias", _routes((f"{STATES}:1", 101), (f"{STATES}:2", -1)), "0 to 100"),
    ("sfn/activity", {"name": "a/b"}, "up to 80 letters"),
    ("pipes/pipe", {"name": "a b"}, "up to 64 letters"),
    ("pipes/pipe", {"description": "x" * 513}, "512 characters"),
    ("pipes/pipe", {"desiredState": "PAUSED"}, "RUNNING, STOPPED"),
    ("pipes/pipe", {"source": "arn:aws:kinesis:r:123456789012:stream/s"}, "read queues only"),
    ("pipes/pipe", {"target": QUEUE}, "start state machines only"),
    ("pipes/pipe", {"enrichment": "arn:f"}, "cannot honour enrichment"),
    ("pipes/pipe", _batch(batchSize=0), "1 to 10000"),
    ("pipes/pipe", _batch(batchSize=11), "needs maximumBatchingWindowInSeconds"),
    ("pipes/pipe", _batch(maximumBatchingWindowInSeconds=301), "0 to 300"),
    ("pipes/pipe", {"source": f"{QUEUE}.fifo", **_batch(batchSize=11)}, "1 to 10"),
    (
        "pipes/pipe",
        {"source": f"{QUEUE}.fifo", **_batch(maximumBatchingWindowInSeconds=1)},
        "0 to 0",
    ),
    ("pipes/pipe", _filters(*["{}"] * 6), "takes 5 filters"),
    ("pipes/pipe", _filters("{"), "is not JSON"),
    (
        "pipes/pipe",
        {"targetParameters": {"stepFunctionStateMachineParameters": {"invocationType": "X"}}},
        "FIRE_AND_FORGET, REQUEST_RESPONSE",
    ),
    ("pipes/pipe", {"targetParameters": {"inputTemplate": "x" * 8193}}, "8192 characters"),
    ("cloudwatch/eventTarget", {"roleArn": None}, "a state machine is started by a role"),
    (
        "scheduler/schedule",
        {"target": {"arn": STATES, "roleArn": ROLE, "input": "{"}},
        "target.input is not JSON",
    ),
]
SAME, NEW = False, True
CHANGES: list[tuple[str, dict[str, Any], bool]] = [
    ("sfn/stateMachine", _states("B", B=END), SAME),
    ("sfn/stateMachine", {"publish": True}, SAME),
    ("sfn/stateMachine", _logging(level="ALL", logDestination=GROUP), SAME),
    ("sfn/stateMachine", {"name": "other"}, NEW),
    ("sfn/stateMachine", EXPRESS, NEW),
    ("sfn/alias", _routes((f"{STATES}:2", 100)), SAME),
    ("sfn/alias", {"name": "other"}, NEW),
    ("sfn/activity", {"name": "other"}, NEW),
    ("pipes/pipe", {"target": STATES}, SAME),
    ("pipes/pipe", _batch(batchSize=1), SAME),
    ("pipes/pipe", {"source": f"{QUEUE}2"}, NEW),
]
