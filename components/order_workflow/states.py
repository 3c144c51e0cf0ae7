"""Kinds of states that the order workflow is made of, each with its retries and its time-out."""

from typing import Any

Document = dict[str, Any]

MARGIN_SECONDS = 5
"""A task waits longer than its function may run: given up earlier, it would leave a function
running whose charge nobody waits for."""
CALL_SECONDS = 30
"""A call of DynamoDB, SQS or SNS takes a fraction of a second."""


def step(
    function: str,
    seconds: int,
    *,
    incurable: list[str],
    interval: int,
    attempts: int,
    failed: str,
    then: str,
) -> Document:
    """One function that returns the document with a key more."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function, "Payload.$": "$"},
        "OutputPath": "$.Payload",
        "TimeoutSeconds": seconds + MARGIN_SECONDS,
        "Retry": [
            {"ErrorEquals": incurable, "MaxAttempts": 0},
            {
                "ErrorEquals": ["States.ALL"],
                "IntervalSeconds": interval,
                "MaxAttempts": attempts,
                "BackoffRate": 2.0,
            },
        ],
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": failed}],
        "Next": then,
    }


def stage(error: str, *, then: str) -> Document:
    """Note at which stage the order failed; the function's own words are the cause."""
    return {
        "Type": "Pass",
        "Parameters": {"error": error, "reason.$": "$.error.Error", "cause.$": "$.error.Cause"},
        "ResultPath": "$.failure",
        "Next": then,
    }


def update_order(status: str, attributes: dict[str, str], condition: str) -> Document:
    """Move the order's item to ``status`` if ``condition`` holds; attributes to paths."""
    values: Document = {
        ":status": {"S": status},
        ":now": {"S.$": "$$.State.EnteredTime"},
        **{f":{name}": {"S.$": path} for name, path in attributes.items()},
    }
    for word in ("accepted", "shipped"):
        if f":{word}" in condition:
            values[f":{word}"] = {"S": word}
    assignments = ["#status = :status", "updated_at = :now"]
    names = {"#status": "status"}
    for name in attributes:
        names[f"#{name}"] = name
        assignments.append(f"#{name} = :{name}")
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:updateItem",
        "Parameters": {
            "TableName": "${OrdersTable}",
            "Key": {"id": {"S.$": "$.order.orderId"}},
            "UpdateExpression": f"SET {', '.join(assignments)}",
            "ConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
        },
        "ResultPath": None,
        "TimeoutSeconds": CALL_SECONDS,
        "Retry": [
            {"ErrorEquals": ["DynamoDB.ConditionalCheckFailedException"], "MaxAttempts": 0},
            transient(),
        ],
    }


def publish(message: Document) -> Document:
    """Tell the topic; subscribers can filter by the attribute ``status``."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::sns:publish",
        "Parameters": {
            "TopicArn": "${Notifications}",
            "Message": {**message, "execution.$": "$$.Execution.Name"},
            "MessageAttributes": {
                "status": {"DataType": "String", "StringValue": message["status"]}
            },
        },
        "ResultPath": None,
        "TimeoutSeconds": CALL_SECONDS,
        "Retry": [transient()],
    }


def transient() -> Document:
    """AWS's own services: worth some attempts, and spread over time."""
    return {
        "ErrorEquals": ["States.ALL"],
        "IntervalSeconds": 1,
        "MaxAttempts": 4,
        "BackoffRate": 2.0,
        "MaxDelaySeconds": 10,
        "JitterStrategy": "FULL",
    }
