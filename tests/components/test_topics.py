"""Topics: encrypted, closed to plain HTTP, and open to the services that are named."""

import json
from collections.abc import Sequence
from typing import Any

import pulumi
import pytest

from components.testing import ACCOUNT, UNKNOWN, Deployment, deploy
from components.topics import make_topic

TOPIC = "aws:sns/topic:Topic"
POLICY = "aws:sns/topicPolicy:TopicPolicy"
KEY = "aws:kms/key:Key"
ALARMS = "cloudwatch.amazonaws.com"


def made(services: Sequence[str] = (), *, known: bool = True) -> Deployment:
    def program() -> None:
        parent = pulumi.ComponentResource("test:index:Owner", "owner")
        opts = pulumi.ResourceOptions(parent=parent)
        make_topic("news", opts=opts, tags={"team": "shop"}, services=services)

    return deploy(program, known=known)


def statements(text: str) -> dict[str, Any]:
    return {item["Sid"]: item for item in json.loads(text)["Statement"]}


def test_a_topic_is_encrypted_with_the_key_that_costs_nothing() -> None:
    deployment = made()
    topic = deployment.one(TOPIC, "news")
    assert topic.inputs == {"kmsMasterKeyId": "alias/aws/sns", "tags": {"team": "shop"}}
    assert "::owner" in topic.parent
    assert deployment.of(KEY) == []


def test_nothing_is_published_without_tls() -> None:
    deployment = made()
    arn = deployment.one(TOPIC).outputs["arn"]
    policy = deployment.one(POLICY, "news").inputs
    assert policy["arn"] == arn
    (only,) = json.loads(policy["policy"])["Statement"]
    assert only["Effect"] == "Deny"
    assert only["Principal"] == "*"
    assert only["Action"] == "sns:Publish"
    assert only["Resource"] == [arn]
    assert only["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_services_of_the_account_publish_with_a_key_of_their_own() -> None:
    deployment = made([ALARMS])
    key = deployment.one(KEY, "news-key")
    topic = deployment.one(TOPIC)
    assert topic.inputs["kmsMasterKeyId"] == key.outputs["arn"]
    assert key.inputs["enableKeyRotation"] is True
    assert key.inputs["deletionWindowInDays"] == 30
    assert key.inputs["tags"] == {"team": "shop"}
    here = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    use = statements(key.inputs["policy"])["ServicesOfThisAccount"]
    assert use["Principal"] == {"Service": [ALARMS]}
    assert use["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    assert use["Condition"] == here
    assert statements(key.inputs["policy"])["IamDecides"]["Principal"] == {"AWS": ACCOUNT}
    publish = statements(deployment.one(POLICY).inputs["policy"])
    assert set(publish) == {"OnlyWithTls", "ServicesOfThisAccount"}
    assert publish["ServicesOfThisAccount"]["Effect"] == "Allow"
    assert publish["ServicesOfThisAccount"]["Principal"] == {"Service": [ALARMS]}
    assert publish["ServicesOfThisAccount"]["Resource"] == topic.outputs["arn"]
    assert publish["ServicesOfThisAccount"]["Condition"] == here


@pytest.mark.parametrize("services", [(), (ALARMS,)])
def test_a_first_preview_knows_which_resources_there_will_be(services: Sequence[str]) -> None:
    deployment = made(services, known=False)
    assert deployment.one(POLICY).inputs["policy"] is UNKNOWN
    assert len(deployment.of(KEY)) == len(services)
