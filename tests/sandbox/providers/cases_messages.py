"""Lives of topics and subscriptions."""

import json
from collections.abc import Mapping
from typing import Any

from sandbox.providers.base import Outputs

from .looks import SEEN1, SEEN2, T1, T2, unless_gone
from .world import Case, World, resource_policy, tags_of


@unless_gone
def _topic(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    sns = world.client("sns")
    attributes = sns.get_topic_attributes(TopicArn=id)["Attributes"]
    tags = sns.list_tags_for_resource(ResourceArn=id)["Tags"]
    return {
        "name": id.rpartition(":")[2],
        "display": attributes.get("DisplayName", ""),
        "key": attributes.get("KmsMasterKeyId", ""),
        "policy": json.loads(attributes["Policy"]),
        "tags": tags_of(tags),
    }


@unless_gone
def _subscription(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    return dict(world.client("sns").get_subscription_attributes(SubscriptionArn=id)["Attributes"])


QUEUE = "arn:aws:sqs:us-east-1:123456789012:orders"


@unless_gone
def _topic_policy(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    attributes = world.client("sns").get_topic_attributes(TopicArn=id)["Attributes"]
    return {"policy": json.loads(attributes["Policy"])}


def _address(protocol: str, endpoint: str) -> Case:
    """Somebody who has to confirm first."""
    return Case(
        "aws:sns/topicSubscription:TopicSubscription",
        lambda w: {"topic": w.topic, "protocol": protocol, "endpoint": endpoint},
        _subscription,
        lambda w: {"Endpoint": endpoint, "PendingConfirmation": "true"},
        label=protocol,
    )


CASES = [
    Case(
        "aws:sns/topicPolicy:TopicPolicy",
        lambda w: {"arn": w.topic, "policy": resource_policy("sns:Publish")},
        _topic_policy,
        lambda w: {"policy": json.loads(resource_policy("sns:Publish"))},
        lambda w: {"policy": resource_policy("sns:Subscribe")},
        lambda w: {"policy": json.loads(resource_policy("sns:Subscribe"))},
        stays=True,
    ),
    Case(
        "aws:sns/topic:Topic",
        lambda w: {
            "name": "orders",
            "displayName": "one",
            "policy": resource_policy("sns:Publish"),
            "kmsMasterKeyId": w.keys[0],
            "tags": T1,
        },
        _topic,
        lambda w: {
            "name": "orders",
            "display": "one",
            "key": w.keys[0],
            "policy": json.loads(resource_policy("sns:Publish")),
            "tags": SEEN1,
        },
        lambda w: {"displayName": "two", "kmsMasterKeyId": None, "tags": T2},
        lambda w: {"display": "two", "key": "", "tags": SEEN2},
    ),
    Case(
        "aws:sns/topic:Topic",
        lambda w: {"namePrefix": "pre-"},
        lambda w, id, o: (seen := _topic(w, id, o)) and {"prefix": seen["name"][:4]},
        lambda w: {"prefix": "pre-"},
        label="prefix",
    ),
    Case(
        "aws:sns/topicSubscription:TopicSubscription",
        lambda w: {
            "topic": w.topic,
            "protocol": "sqs",
            "endpoint": QUEUE,
            "filterPolicy": '{"kind": ["order"]}',
            "filterPolicyScope": "MessageBody",
            "rawMessageDelivery": True,
            "redrivePolicy": json.dumps({"deadLetterTargetArn": QUEUE + "-dead"}),
        },
        _subscription,
        lambda w: {
            "TopicArn": w.topic,
            "Protocol": "sqs",
            "Endpoint": QUEUE,
            "FilterPolicy": '{"kind": ["order"]}',
            "FilterPolicyScope": "MessageBody",
            "RawMessageDelivery": "true",
            "RedrivePolicy": json.dumps({"deadLetterTargetArn": QUEUE + "-dead"}),
        },
        lambda w: {"filterPolicy": '{"kind": ["refund"]}', "rawMessageDelivery": False},
        lambda w: {"FilterPolicy": '{"kind": ["refund"]}', "RawMessageDelivery": "false"},
    ),
    _address("email", "ops@example.com"),
    _address("https", "https://127.0.0.1:9/alarms"),
]
