"""A queue that denies calls without TLS is open to those on this machine who may use it."""

import json

import boto3
import pytest

from .functions import make_queue
from .world import World

pytestmark = pytest.mark.sandbox


def test_a_policy_that_wants_tls_does_not_shut_out_loopback(world: World) -> None:
    url, arn = make_queue(world, "tls-only")
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": arn,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    world.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": document})
    iam = world.client("iam")
    iam.create_user(UserName="tls")
    allowed = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn}
    iam.put_user_policy(
        UserName="tls",
        PolicyName="send",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}),
    )
    key = iam.create_access_key(UserName="tls")["AccessKey"]
    sqs = boto3.client(
        "sqs",
        endpoint_url=world.cloud.endpoint,
        region_name=world.cloud.region,
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    assert sqs.send_message(QueueUrl=url, MessageBody="in")["MessageId"]
