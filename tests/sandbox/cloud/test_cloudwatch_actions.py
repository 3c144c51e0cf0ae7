"""Who is told of an alarm: topics as far as policies let CloudWatch in, endpoints, mails."""

import email
import email.message
import email.policy
import json
import re
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .functions import eventually, logged, make_function, make_queue, received
from .quick import WAIT, Receiver, alarm, becomes, history, put, quick_world, shown
from .world import World

pytestmark = pytest.mark.sandbox

SERVICE = {"Service": "cloudwatch.amazonaws.com"}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with quick_world(tmp_path_factory.mktemp("actions"), 4864) as world:
        yield world


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


def _topic(world: World, name: str, statements: Any = None, key: str = "") -> str:
    attributes = {"KmsMasterKeyId": key} if key else {}
    if statements is not None:
        attributes["Policy"] = json.dumps({"Version": "2012-10-17", "Statement": statements})
    return str(world.client("sns").create_topic(Name=name, Attributes=attributes)["TopicArn"])


def _publishing(topic: str = "*", **more: Any) -> list[dict[str, Any]]:
    return [
        {
            "Effect": "Allow",
            "Principal": SERVICE,
            "Action": "sns:Publish",
            "Resource": topic,
            **more,
        }
    ]


def _key(world: World, services: list[dict[str, Any]]) -> str:
    administrator = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    policy = {"Version": "2012-10-17", "Statement": [administrator, *services]}
    made = world.client("kms").create_key(Policy=json.dumps(policy))
    return str(made["KeyMetadata"]["KeyId"])


_USE = {"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey*"], "Resource": "*"}


def _result(world: World, name: str) -> str:
    """How the action of the alarm's next move to ALARM ended."""
    becomes(world, name, "OK")
    put(world, name, 9)
    found = eventually(lambda: history(world, name, "Action"), seconds=WAIT)
    return str(found[0]["HistorySummary"])


@pytest.mark.parametrize(
    ("name", "statements", "error"),
    [
        ("open", None, ""),  # the default policy lets the owner's services in
        ("named", _publishing(), ""),
        (
            "sourced",
            _publishing(
                Condition={"ArnLike": {"aws:SourceArn": "arn:aws:cloudwatch:*:*:alarm:sourced"}}
            ),
            "",
        ),
        (
            "tls",  # as the components make topics
            [
                {
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "sns:Publish",
                    "Resource": "*",
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                },
                *_publishing(Condition={"StringEquals": {"aws:SourceAccount": "123456789012"}}),
            ],
            "",
        ),
        (
            "elsewhere",
            _publishing(
                Condition={"ArnLike": {"aws:SourceArn": "arn:aws:cloudwatch:*:*:alarm:another"}}
            ),
            "is not authorized to perform: SNS:Publish on resource",
        ),
        (
            "events-only",
            _publishing(Principal={"Service": "events.amazonaws.com"}),
            "is not authorized to perform: SNS:Publish on resource",
        ),
    ],
)
def test_the_topics_policy_is_asked(cloud: World, name: str, statements: Any, error: str) -> None:
    topic = _topic(cloud, name, statements)
    alarm(cloud, name, AlarmActions=[topic])
    found = _result(cloud, name)
    if error:
        assert found.startswith(f"Failed to execute action {topic}. Received error: ")
        assert error in found
    else:
        assert found == f"Successfully executed action {topic}"


@pytest.mark.parametrize(
    ("name", "services", "error"),
    [
        ("let-in", [{**_USE, "Principal": SERVICE}], ""),
        ("locked-out", [], "not authorized to access the SNS topic encryption key"),
        (
            "half",
            [{**_USE, "Principal": SERVICE, "Action": "kms:Decrypt"}],
            "not authorized to access the SNS topic encryption key",
        ),
    ],
)
def test_the_policy_of_the_topics_key_is_asked(
    cloud: World, name: str, services: list[dict[str, Any]], error: str
) -> None:
    topic = _topic(cloud, f"key-{name}", _publishing(), key=_key(cloud, services))
    alarm(cloud, name, AlarmActions=[topic])
    found = _result(cloud, name)
    assert error in found
    assert found.startswith("Failed" if error else "Successfully")


def test_the_key_of_aws_for_topics_lets_nobody_in(cloud: World) -> None:
    topic = _topic(cloud, "aws-key", _publishing(), key="alias/aws/sns")
    alarm(cloud, "aws-key", AlarmActions=[topic])
    assert "not authorized to access the SNS topic encryption key" in _result(cloud, "aws-key")


def test_only_the_composite_notifies_and_says_who_triggered_it(cloud: World) -> None:
    topic, (url, queue) = _topic(cloud, "one-incident"), make_queue(cloud, "incidents")
    raw = {"RawMessageDelivery": "true"}
    policy = {
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": queue,
            }
        ]
    }
    cloud.client("sqs").set_queue_attributes(
        QueueUrl=url, Attributes={"Policy": json.dumps(policy)}
    )
    cloud.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes=raw)
    children = [alarm(cloud, name) for name in ("child-1", "child-2")]
    cloud.client("cloudwatch").put_composite_alarm(
        AlarmName="incident",
        AlarmRule='ALARM("child-1") OR ALARM("child-2")',
        AlarmActions=[topic],
        OKActions=[topic],
    )
    for name in ("child-1", "child-2"):
        becomes(cloud, name, "OK")
    received(cloud, url)  # that it was made, and is OK
    put(cloud, "child-1", 9)
    messages: list[dict[str, Any]] = []

    def both() -> bool:
        messages.extend(json.loads(text) for text in received(cloud, url))
        return len(messages) >= 2

    eventually(both, seconds=WAIT)
    first, second = messages
    assert [first["NewStateValue"], second["NewStateValue"]] == ["ALARM", "OK"]
    assert (first["AlarmName"], first["Region"]) == ("incident", "US East (N. Virginia)")
    assert [child["Arn"] for child in first["TriggeringChildren"]] == children[:1]
    assert "Trigger" not in first


def test_a_metric_alarms_message_says_what_it_looks_at(cloud: World, receiver: Receiver) -> None:
    topic = _topic(cloud, "web")
    sns = cloud.client("sns")
    asked = sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=receiver.url)
    assert asked["SubscriptionArn"] == "pending confirmation"
    alarm(cloud, "web", AlarmActions=[topic])
    _, invitation = eventually(lambda: receiver.of("SubscriptionConfirmation"), seconds=WAIT)[0]
    listed = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert [item["SubscriptionArn"] for item in listed] == ["PendingConfirmation"]
    with urllib.request.urlopen(invitation["SubscribeURL"], timeout=60) as answer:  # unsigned
        assert b"<SubscriptionArn>arn:aws:sns:" in answer.read()
    receiver.refusals = 2  # SNS tries again
    assert _result(cloud, "web") == f"Successfully executed action {topic}"
    headers, envelope = eventually(lambda: receiver.of("Notification"), seconds=WAIT)[0]
    assert headers["x-amz-sns-message-type"] == "Notification"
    assert headers["x-amz-sns-topic-arn"] == topic
    assert envelope["Subject"] == 'ALARM: "web" in US East (N. Virginia)'
    told = json.loads(envelope["Message"])
    assert told["Trigger"]["Statistic"] == "SUM"
    assert told["Trigger"]["Dimensions"] == [{"name": "of", "value": "web"}]
    assert (told["OldStateValue"], told["NewStateValue"]) == ("OK", "ALARM")


def test_nothing_is_sent_before_it_is_confirmed(cloud: World, receiver: Receiver) -> None:
    topic, sns = _topic(cloud, "unconfirmed"), cloud.client("sns")
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=receiver.url)
    eventually(lambda: receiver.of("SubscriptionConfirmation"), seconds=WAIT)
    sns.publish(TopicArn=topic, Message="too early")
    # Asked for again, the confirmation comes again: by then the notification would be here.
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=receiver.url)
    eventually(lambda: len(receiver.of("SubscriptionConfirmation")) == 2, seconds=WAIT)
    assert receiver.of("Notification") == []


def test_mails_lie_in_the_outbox_and_only_for_who_confirmed(cloud: World) -> None:
    topic, sns = _topic(cloud, "mail"), cloud.client("sns")
    arn = sns.subscribe(
        TopicArn=topic, Protocol="email", Endpoint="ops@example.com", ReturnSubscriptionArn=True
    )["SubscriptionArn"]
    attributes = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert attributes["PendingConfirmation"] == "true"
    sns.publish(TopicArn=topic, Message="too early", Subject="early")
    (mail,) = _mails(cloud)
    assert (mail["To"], mail["Subject"]) == (
        "ops@example.com",
        "AWS Notification - Subscription Confirmation",
    )
    link = re.search(r"http://\S+", mail.get_content())
    assert link is not None
    urllib.request.urlopen(link[0], timeout=60).close()
    sns.publish(TopicArn=topic, Message="now", Subject='ALARM: "x"')
    assert [item["Subject"] for item in _mails(cloud)][1:] == ['ALARM: "x"']
    assert _mails(cloud)[1].get_content() == "now\n"


@pytest.mark.parametrize(
    ("protocol", "endpoint", "message"),
    [
        ("email", "nobody", "Email address"),
        ("https", "http://example.com", "must match the specified protocol"),
    ],
)
def test_endpoints_that_sns_refuses_are_refused(
    cloud: World, protocol: str, endpoint: str, message: str
) -> None:
    topic = _topic(cloud, "refusing")
    with pytest.raises(ClientError, match=message):
        cloud.client("sns").subscribe(TopicArn=topic, Protocol=protocol, Endpoint=endpoint)


def test_a_function_is_called_if_its_policy_lets_alarms_in(cloud: World) -> None:
    code = "import json\ndef handler(event, context):\n    print(json.dumps(event))\n"
    function = make_function(cloud, "on-alarm", code)
    made = alarm(cloud, "calls", AlarmActions=[function])
    assert "not authorized to invoke" in _result(cloud, "calls")
    cloud.client("lambda").add_permission(
        FunctionName="on-alarm",
        StatementId="alarms",
        Action="lambda:InvokeFunction",
        Principal="lambda.alarms.cloudwatch.amazonaws.com",
        SourceArn=made,
    )
    becomes(cloud, "calls", "OK")
    put(cloud, "calls", 9)
    event = eventually(lambda: logged(cloud, "on-alarm"), seconds=WAIT)[0]
    assert (event["alarmArn"], event["alarmData"]["state"]["value"]) == (made, "ALARM")


def test_switched_off_actions_are_not_run(cloud: World) -> None:
    topic = _topic(cloud, "quiet")
    alarm(cloud, "quiet", AlarmActions=[topic], ActionsEnabled=False)
    becomes(cloud, "quiet", "OK")
    put(cloud, "quiet", 9)
    becomes(cloud, "quiet", "ALARM")
    becomes(cloud, "quiet", "OK")
    assert history(cloud, "quiet", "Action") == []
    assert shown(cloud, "quiet")["ActionsEnabled"] is False


def _mails(world: World) -> list[email.message.EmailMessage]:
    """What lies in the outbox, in order of time."""
    return [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        for path in sorted((world.state / "outbox").glob("*.eml"))
    ]
