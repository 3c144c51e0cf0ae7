"""Topics and their subscriptions."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from .base import Inputs, Outputs, Provider, Tagged
from .common import ignoring, one_of, pairs, physical_name, tag_changes
from .policies import check_resource, parse

_POLICY_LIMIT = 30_720
_MARKS = {"email": "@", "email-json": "@", "http": "http://", "https": "https://"}
"""What the endpoint of a protocol must have in it."""


class TopicInputs(Tagged):
    """Inputs of a standard topic."""

    name: str | None = None
    name_prefix: str | None = None
    display_name: str = ""
    policy: str | None = None
    kms_master_key_id: str | None = None


class Topic(Provider[TopicInputs]):
    """A standard topic."""

    token = "aws:sns/topic:Topic"
    inputs = TopicInputs
    replaces = frozenset({"name", "namePrefix"})
    outputs = frozenset({"arn", "name", "owner", "tagsAll"})
    inert: ClassVar[Mapping[str, str]] = {
        "kmsMasterKeyId": "stored; messages lie in memory as they are",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> TopicInputs:
        inputs = super().check(name, properties)
        if inputs.policy is not None:
            check_resource("policy", inputs.policy, limit=_POLICY_LIMIT)
        return inputs

    def create(self, name: str, inputs: TopicInputs) -> tuple[str, Outputs]:
        tags = self.tags(inputs)
        topic = physical_name(name, inputs.name, inputs.name_prefix, limit=256)
        arn = self.context.client("sns").create_topic(Name=topic, Tags=pairs(tags))["TopicArn"]
        self._set(arn, TopicInputs(), inputs)
        return arn, {"arn": arn, "name": topic, "owner": arn.split(":")[4], "tagsAll": tags}

    def update(self, id: str, old: TopicInputs, new: TopicInputs, outputs: Outputs) -> Outputs:
        sns, tags = self.context.client("sns"), self.tags(new)
        self._set(id, old, new)
        put, drop = tag_changes(outputs, tags)
        if drop:
            sns.untag_resource(ResourceArn=id, TagKeys=drop)
        if put:
            sns.tag_resource(ResourceArn=id, Tags=pairs(put))
        return outputs | {"tagsAll": tags}

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("NotFound", "NotFoundException"):
            self.context.client("sns").delete_topic(TopicArn=id)

    def _set(self, arn: str, old: TopicInputs, new: TopicInputs) -> None:
        for attribute, before, after in (
            ("DisplayName", old.display_name, new.display_name),
            ("Policy", old.policy, new.policy),
            ("KmsMasterKeyId", old.kms_master_key_id, new.kms_master_key_id),
        ):
            if before != after:
                self.context.client("sns").set_topic_attributes(
                    TopicArn=arn, AttributeName=attribute, AttributeValue=after or ""
                )


class TopicPolicyInputs(Inputs):
    """Inputs of a topic's policy."""

    arn: str
    policy: str


class TopicPolicy(Provider[TopicPolicyInputs]):
    """Who may use a topic; without one, its own account."""

    token = "aws:sns/topicPolicy:TopicPolicy"
    inputs = TopicPolicyInputs
    replaces = frozenset({"arn"})
    outputs = frozenset({"owner"})

    def check(self, name: str, properties: Mapping[str, Any]) -> TopicPolicyInputs:
        inputs = super().check(name, properties)
        check_resource("policy", inputs.policy, limit=_POLICY_LIMIT)
        return inputs

    def create(self, name: str, inputs: TopicPolicyInputs) -> tuple[str, Outputs]:
        self._set(inputs.arn, inputs.policy)
        return inputs.arn, {"owner": inputs.arn.split(":")[4]}

    def update(
        self, id: str, old: TopicPolicyInputs, new: TopicPolicyInputs, outputs: Outputs
    ) -> Outputs:
        self._set(id, new.policy)
        return outputs

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("NotFound", "NotFoundException"):
            self._set(id, _default_policy(id))

    def _set(self, topic: str, policy: str) -> None:
        self.context.client("sns").set_topic_attributes(
            TopicArn=topic, AttributeName="Policy", AttributeValue=policy
        )


class SubscriptionInputs(Inputs):
    """Inputs of a subscription."""

    topic: str
    protocol: str
    endpoint: str
    filter_policy: str | None = None
    filter_policy_scope: str | None = None
    raw_message_delivery: bool = False
    redrive_policy: str | None = None


class TopicSubscription(Provider[SubscriptionInputs]):
    """A queue, function or address that gets a topic's messages; addresses confirm first."""

    token = "aws:sns/topicSubscription:TopicSubscription"
    inputs = SubscriptionInputs
    replaces = frozenset({"topic", "protocol", "endpoint"})
    outputs = frozenset({"arn", "ownerId", "pendingConfirmation"})
    inert: ClassVar[Mapping[str, str]] = {
        "redrivePolicy": "of functions; what others do not take is dropped",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> SubscriptionInputs:
        inputs = super().check(name, properties)
        allowed = ("sqs", "lambda", "email", "email-json", "http", "https", "sms", "firehose")
        one_of("protocol", inputs.protocol, allowed)
        if inputs.protocol in ("sqs", "lambda", "firehose") and inputs.endpoint[:4] != "arn:":
            raise ValueError(f"endpoint={inputs.endpoint!r}: {inputs.protocol} needs an ARN.")
        if (mark := _MARKS.get(inputs.protocol)) and mark not in inputs.endpoint.lower():
            raise ValueError(
                f"endpoint={inputs.endpoint!r} does not match protocol {inputs.protocol}: AWS "
                f"wants {mark} in it."
            )
        if inputs.filter_policy is not None:
            parse("filterPolicy", inputs.filter_policy)
        elif inputs.filter_policy_scope is not None:
            raise ValueError("filterPolicyScope needs filterPolicy.")
        if inputs.filter_policy_scope is not None:
            scopes = ("MessageAttributes", "MessageBody")
            one_of("filterPolicyScope", inputs.filter_policy_scope, scopes)
        if inputs.redrive_policy is not None:
            redrive = parse("redrivePolicy", inputs.redrive_policy)
            if ":sqs:" not in str(redrive.get("deadLetterTargetArn")):
                raise ValueError("redrivePolicy: deadLetterTargetArn is not a queue's ARN.")
        if inputs.raw_message_delivery and inputs.protocol == "lambda":
            raise ValueError("rawMessageDelivery: AWS hands a function the whole notification.")
        return inputs

    def create(self, name: str, inputs: SubscriptionInputs) -> tuple[str, Outputs]:
        arn = self.context.client("sns").subscribe(
            TopicArn=inputs.topic,
            Protocol=inputs.protocol,
            Endpoint=inputs.endpoint,
            Attributes=_attributes(inputs),
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]
        return arn, {
            "arn": arn,
            "ownerId": inputs.topic.split(":")[4],
            "pendingConfirmation": inputs.protocol not in ("sqs", "lambda", "firehose", "sms"),
        }

    def update(
        self, id: str, old: SubscriptionInputs, new: SubscriptionInputs, outputs: Outputs
    ) -> Outputs:
        before, after = _attributes(old), _attributes(new)
        for key in sorted(before.keys() | after.keys()):
            if before.get(key) != after.get(key):
                self.context.client("sns").set_subscription_attributes(
                    SubscriptionArn=id, AttributeName=key, AttributeValue=after.get(key, "")
                )
        return outputs

    def delete(self, id: str, outputs: Outputs) -> None:
        # One that nobody has confirmed cannot be ended: AWS forgets it after two days.
        with ignoring("NotFound", "NotFoundException", "InvalidParameter"):
            self.context.client("sns").unsubscribe(SubscriptionArn=id)


def _attributes(inputs: SubscriptionInputs) -> dict[str, str]:
    values = {
        "RawMessageDelivery": json.dumps(inputs.raw_message_delivery),
        "FilterPolicy": inputs.filter_policy,
        "FilterPolicyScope": inputs.filter_policy_scope,
        "RedrivePolicy": inputs.redrive_policy,
    }
    return {key: value for key, value in values.items() if value is not None}


def _default_policy(topic: str) -> str:
    """What AWS gives a topic whose policy goes: its own account may do everything."""
    actions = ("GetTopicAttributes", "Publish", "SetTopicAttributes", "Subscribe", "DeleteTopic")
    return json.dumps(
        {
            "Version": "2008-10-17",
            "Id": "__default_policy_ID",
            "Statement": [
                {
                    "Sid": "__default_statement_ID",
                    "Effect": "Allow",
                    "Principal": {"AWS": "*"},
                    "Action": [f"SNS:{action}" for action in actions],
                    "Resource": topic,
                    "Condition": {"StringEquals": {"AWS:SourceOwner": topic.split(":")[4]}},
                }
            ],
        }
    )
