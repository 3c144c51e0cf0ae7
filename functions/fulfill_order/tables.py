"""One conditional write to DynamoDB: it is made, or what stands in its way is returned.

boto3 repeats a write whose answer was lost, and the repetition is then refused by what the first
one wrote. So a refusal is no error here: whoever asks looks at what is there.
"""

import functools
import re

import boto3
from botocore.config import Config

CONFIG = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 3},
)
"""DynamoDB answers within tens of milliseconds; the function has seconds, not minutes."""


@functools.cache
def client():
    """The client, made when it is needed first and kept as long as the environment lives."""
    return boto3.client("dynamodb", config=CONFIG)


def update(table, key, change, condition=None, *, before=False, **values):
    """Change the item ``key`` if ``condition`` holds: (True, it as it is now), else (False, it).

    With ``before`` it is the item as it was, which tells the first change from a repetition.
    Attributes are written ``#name`` in the expressions, and values ``:name``.
    """
    dynamodb = client()
    attributes = re.findall(r"#(\w+)", f"{change} {condition}")
    conditional = {"ConditionExpression": condition} if condition else {}
    try:
        answer = dynamodb.update_item(
            TableName=table,
            Key={"id": {"S": key}},
            UpdateExpression=change,
            **conditional,
            ExpressionAttributeNames={f"#{name}": name for name in attributes},
            ExpressionAttributeValues={f":{name}": _typed(to) for name, to in values.items()},
            ReturnValues="ALL_OLD" if before else "ALL_NEW",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except dynamodb.exceptions.ConditionalCheckFailedException as refused:
        return False, _plain(refused.response.get("Item", {}))
    return True, _plain(answer.get("Attributes", {}))


def _typed(value):
    if isinstance(value, bool):
        return {"BOOL": value}
    return {"N": str(value)} if isinstance(value, int) else {"S": value}


def _plain(item):
    return {
        name: int(value["N"]) if "N" in value else next(iter(value.values()))
        for name, value in item.items()
    }
