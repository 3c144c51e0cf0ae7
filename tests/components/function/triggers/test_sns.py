"""SNS subscriptions: topics made and given, filters, and where lost messages end up."""

import json
from collections.abc import Mapping
from typing import Any

import pulumi_aws as aws
import pytest

from components.function.triggers import sns
from components.testing import ACCOUNT, UNKNOWN, deploy

from .deployed import TAGS, Function, made

TOPIC = "aws:sns/topic:Topic"
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
PERMISSION = "aws:lambda/permission:Permission"
GIVEN = f"arn:aws:sns:us-east-1:{ACCOUNT}:news"


def refusal(given: Mapping[str, Any]) -> str:
    with pytest.raises(ValueError, match="MultiTriggerFunction 'shop': ") as caught:
        made(sns, given)
    return str(caught.value).removeprefix("MultiTriggerFunction 'shop': ")


def test_a_topic_is_made_and_calls_the_alias() -> None:
    deployment = made(sns, {"news": {}})
    topic = deployment.one(TOPIC, "shop-topic-news")
    assert topic.inputs["tags"] == TAGS
    assert topic.inputs["kmsMasterKeyId"] == "alias/aws/sns"
    found = deployment.one(SUBSCRIPTION, "shop-topic-news")
    assert found.inputs["protocol"] == "lambda"
    assert found.inputs["topic"] == topic.outputs["arn"]
    assert found.inputs["endpoint"] == deployment.one("aws:lambda/alias:Alias").outputs["arn"]
    assert "filterPolicy" not in found.inputs
    assert "filterPolicyScope" not in found.inputs
    permission = deployment.one(PERMISSION, "shop-topic-news")
    assert permission.inputs["principal"] == "sns.amazonaws.com"
    assert permission.inputs["sourceArn"] == topic.outputs["arn"]
    assert permission.inputs["sourceAccount"] == ACCOUNT
    assert permission.inputs["qualifier"] == "shop"
    assert permission.urn in found.depends_on
    assert deployment.result == {"topic_arns": {"news": topic.outputs["arn"]}}


def test_what_cannot_be_delivered_goes_to_the_failure_queue_and_the_topic_may_send() -> None:
    senders: list[Any] = []

    def program() -> None:
        senders.extend(Function("shop", sns, {"news": {"topic_arn": GIVEN}}).target.senders)

    deployment = deploy(program)
    queue = deployment.one("aws:sqs/queue:Queue", "shop-failures").outputs["arn"]
    redrive = json.loads(deployment.one(SUBSCRIPTION).inputs["redrivePolicy"])
    assert redrive == {"deadLetterTargetArn": queue}
    assert [sender.principal for sender in senders] == ["sns.amazonaws.com"]


def test_a_given_topic_is_used_as_it_is() -> None:
    deployment = made(sns, {"news": {"topic_arn": GIVEN}})
    assert deployment.of(TOPIC) == []
    assert deployment.one(SUBSCRIPTION).inputs["topic"] == GIVEN
    assert deployment.one(PERMISSION).inputs["sourceArn"] == GIVEN
    assert deployment.result == {"topic_arns": {"news": GIVEN}}


def test_on_a_first_preview_the_filter_is_known_and_arns_are_not() -> None:
    deployment = made(sns, {"news": {"filter_policy": {"kind": ["offer"]}}}, known=False)
    found = deployment.one(SUBSCRIPTION).inputs
    assert found["filterPolicy"] == '{"kind": ["offer"]}'
    assert found["topic"] is UNKNOWN
    assert found["redrivePolicy"] is UNKNOWN
    assert deployment.one(PERMISSION).inputs["sourceArn"] is UNKNOWN
    assert deployment.result == {"topic_arns": {"news": UNKNOWN}}


@pytest.mark.parametrize("known", [True, False])
def test_a_topic_of_the_same_program_can_be_given(known: bool) -> None:
    def program() -> None:
        topic = aws.sns.Topic("theirs")
        Function("shop", sns, {"news": {"topic_arn": topic.arn}})

    deployment = deploy(program, known=known)
    (topic,) = deployment.of(TOPIC)
    expected = topic.outputs["arn"] if known else UNKNOWN
    assert deployment.one(PERMISSION).inputs["sourceArn"] == expected


def test_a_fifo_topic_that_only_a_deployment_knows_is_refused_there() -> None:
    def program() -> None:
        topic = aws.sns.Topic("theirs", name="theirs.fifo", fifo_topic=True)
        Function("shop", sns, {"news": {"topic_arn": topic.arn}})

    with pytest.raises(ValueError, match="Lambda cannot subscribe to a FIFO"):
        deploy(program)


def test_a_filter_on_the_body_may_be_nested() -> None:
    policy = {"order": {"amount": [{"numeric": [">", 100]}]}, "kind": ["offer"]}
    given = {"filter_policy": policy, "filter_scope": "MessageBody"}
    found = made(sns, {"news": given}).one(SUBSCRIPTION).inputs
    assert json.loads(found["filterPolicy"]) == policy
    assert found["filterPolicyScope"] == "MessageBody"


def test_a_filter_looks_at_attributes_unless_told_otherwise() -> None:
    given = {"filter_policy": {"kind": [{"prefix": "sale-"}]}}
    found = made(sns, {"news": given}).one(SUBSCRIPTION).inputs
    assert found["filterPolicyScope"] == "MessageAttributes"


N = "triggers.sns.news"


def filtered(policy: Any, scope: str | None = None) -> Mapping[str, Any]:
    return {"news": {"filter_policy": policy, "filter_scope": scope}}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"news": {"topic_arn": GIVEN + ".fifo"}},
            f"{N}.topic_arn='{GIVEN}.fifo' is not valid. Allowed: a standard topic; Lambda cannot "
            "subscribe to a FIFO. Subscribe a FIFO queue to it, and the function to the queue "
            "with an sqs trigger.",
        ),
        (
            {"news": {"topic_arn": "news"}},
            f"{N}.topic_arn='news' is not valid. Allowed: the ARN of an SNS topic. Use the arn "
            "of the topic.",
        ),
        (
            {"news": {"filter_scope": "MessageBody"}},
            f"{N}.filter_scope='MessageBody' is not valid. Allowed: with filter_policy only.",
        ),
        (
            filtered({"kind": ["x"]}, "Body"),
            f"{N}.filter_scope='Body' is not valid. Allowed: 'MessageAttributes', 'MessageBody'.",
        ),
        (filtered({}), f"{N}.filter_policy={{}} is not valid. Allowed: a mapping with at least"),
        (
            filtered({"kind": "offer"}),
            f"{N}.filter_policy.kind='offer' is not valid. Allowed: a list with at least one "
            "value. Did you mean ['offer']?",
        ),
        (
            filtered({"order": {"kind": ["x"]}}),
            f"{N}.filter_policy={{'order': {{'kind': ['x']}}}} is not valid. Allowed: names to "
            "lists of values. Attributes are flat; for what is nested use "
            "filter_scope='MessageBody'.",
        ),
        (
            filtered({f"k{n}": ["x"] for n in range(6)}),
            f"{N}.filter_policy='6 names' is not valid. Allowed: at most 5. Filter by fewer, or "
            "in the handler.",
        ),
        (
            filtered({"a": ["x"] * 12, "b": ["y"] * 13}),
            f"{N}.filter_policy='156 combinations' is not valid. Allowed: at most 150: the "
            "product of the numbers of values, each times its depth. List fewer values; a prefix "
            "may stand for several.",
        ),
        (
            filtered({"a": {"b": ["x"] * 40}, "c": ["y", "z"]}, "MessageBody"),
            f"{N}.filter_policy='160 combinations' is not valid.",
        ),
        (
            filtered({"n": [{"numeric": [">", 2e9]}]}),
            f"{N}.filter_policy.n[0].numeric=2000000000.0 is not valid. Allowed: numbers up to "
            "1e+09.",
        ),
        (
            filtered({"a": ["x" * 300_000]}),
            f"{N}.filter_policy='300011 bytes' is not valid. Allowed: at most 262144 as JSON.",
        ),
        ({"news": {"topic": GIVEN}}, f"unknown argument '{N}.topic'. Did you mean '{N}.topic_arn'"),
        ({"n": {}, "a b": {}}, "triggers.sns='a b' is not valid."),
    ],
)
def test_what_sns_would_refuse_is_refused(given: Mapping[str, Any], words: str) -> None:
    assert refusal(given).startswith(words)
