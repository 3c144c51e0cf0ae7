"""Topics: which messages reach a function or a queue, and whom a policy keeps out."""

import json

import boto3
import pytest

from .apis import function, queue
from .test_events import received
from .world import World

pytestmark = pytest.mark.sandbox
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"


def _forward(url: str) -> str:
    """A function that puts the messages of its event into a queue."""
    return (
        "import boto3, json\n"
        "def handler(event, context):\n"
        "    for record in event['Records']:\n"
        f"        boto3.client('sqs').send_message(QueueUrl={url!r},\n"
        "            MessageBody=json.dumps(record['Sns']['Message']))\n"
    )


def test_a_function_gets_what_its_filter_lets_through(world: World) -> None:
    url, queue_arn = queue(world, "sns-seen")
    topic = world.make("aws:sns/topic:Topic", "filtered")[0]
    statement = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": queue_arn}
    arn = function(world, "sns-forward", _forward(url))
    world.client("iam").put_role_policy(
        RoleName="api-function",
        PolicyName="send",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    provider = world.provider(SUBSCRIPTION)
    given = {"topic": topic, "protocol": "lambda", "endpoint": arn}
    orders, refunds = (
        provider.check("s", {**given, "filterPolicy": json.dumps({"kind": [kind]})})
        for kind in ("order", "refund")
    )
    id, outputs = provider.create("s", orders)

    def publish() -> None:
        for kind in ("order", "refund"):
            attributes = {"kind": {"DataType": "String", "StringValue": kind}}
            world.client("sns").publish(TopicArn=topic, Message=kind, MessageAttributes=attributes)

    publish()
    assert received(world, url) == ["order"]
    outputs = provider.update(id, orders, refunds, outputs)
    publish()
    assert received(world, url) == ["refund"]
    provider.delete(id, outputs)
    publish()
    assert received(world, url, seconds=1) == []


def test_a_policy_keeps_somebody_out_until_it_goes(world: World) -> None:
    topic = world.make("aws:sns/topic:Topic", "closed")[0]
    iam, allowed = world.client("iam"), {"Effect": "Allow", "Action": "sns:*", "Resource": "*"}
    person = iam.create_user(UserName="publisher")["User"]["Arn"]
    iam.put_user_policy(
        UserName="publisher",
        PolicyName="publish",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}),
    )
    key = iam.create_access_key(UserName="publisher")["AccessKey"]
    sns = boto3.client(
        "sns",
        endpoint_url=world.context.endpoint,
        region_name="us-east-1",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    denied = {
        "Effect": "Deny",
        "Principal": {"AWS": person},
        "Action": "sns:Publish",
        "Resource": topic,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [denied]})
    made = world.make("aws:sns/topicPolicy:TopicPolicy", arn=topic, policy=policy)
    with pytest.raises(sns.exceptions.AuthorizationErrorException):
        sns.publish(TopicArn=topic, Message="m")
    world.provider("aws:sns/topicPolicy:TopicPolicy").delete(*made)
    assert sns.publish(TopicArn=topic, Message="m")["MessageId"]
