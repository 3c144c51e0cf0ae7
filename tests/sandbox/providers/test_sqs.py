"""Queues: what a function gets of them, and what is refused after a look at others."""

import json

import pytest

from .cases_sources import MAPPING, QUEUE, allow, redrive
from .functions import archive, inbox, make, role, shared, soon, telling, told
from .world import World, resource_policy

pytestmark = pytest.mark.sandbox


def test_a_function_gets_the_messages_of_its_queue(world: World) -> None:
    url, (source, outputs) = inbox(world, "sqs-told"), world.make(QUEUE, "sqs-source")
    id = make(world, "reader", code=archive(code=telling(url)))[0]
    mapping = world.make(MAPPING, functionName=id, eventSourceArn=outputs["arn"])
    world.client("sqs").send_message(QueueUrl=source, MessageBody="hello")
    record = told(world, url)["Records"][0]
    assert (record["body"], record["eventSourceARN"]) == ("hello", outputs["arn"])
    world.provider(MAPPING).delete(*mapping)
    world.client("sqs").send_message(QueueUrl=source, MessageBody="again")
    with pytest.raises(AssertionError):
        told(world, url, seconds=2)


def test_a_filter_lets_through_what_it_names(world: World) -> None:
    url, (source, outputs) = inbox(world, "filter-told"), world.make(QUEUE, "filter-source")
    id = make(world, "choosy", code=archive(code=telling(url)))[0]
    pattern = {"pattern": json.dumps({"body": {"kind": ["order"]}})}
    world.make(
        MAPPING,
        functionName=id,
        eventSourceArn=outputs["arn"],
        filterCriteria={"filters": [pattern]},
    )
    for kind in ("refund", "order"):
        world.client("sqs").send_message(QueueUrl=source, MessageBody=json.dumps({"kind": kind}))
    assert json.loads(told(world, url)["Records"][0]["body"]) == {"kind": "order"}


def test_a_visibility_timeout_below_the_functions_timeout_is_refused(world: World) -> None:
    arn = world.make(QUEUE, "short", visibilityTimeoutSeconds=10)[1]["arn"]
    id = make(world, "slow", timeout=11)[0]
    with pytest.raises(ValueError, match=r"of 10 s is less than .* 11 s\. Set .* to 66"):
        world.make(MAPPING, functionName=id, eventSourceArn=arn)


def test_a_queue_is_mapped_to_an_alias_once(world: World) -> None:
    arn = world.make(QUEUE, "once")[1]["arn"]
    world.make(MAPPING, functionName=shared(world).alias, eventSourceArn=arn)
    with pytest.raises(ValueError, match=r"is mapped to .* already"):
        world.make(MAPPING, functionName=shared(world).alias, eventSourceArn=arn)
    assert world.make(MAPPING, functionName=shared(world).name, eventSourceArn=arn)[0]


@pytest.mark.parametrize(
    ("resource", "more"),
    [
        ("sqs:us-east-1:123456789012:none", {}),
        ("kinesis:us-east-1:123456789012:stream/none", {"startingPosition": "LATEST"}),
        ("dynamodb:us-east-1:123456789012:table/none/stream/1", {"startingPosition": "LATEST"}),
    ],
)
def test_a_source_that_is_not_there_is_refused(
    world: World, resource: str, more: dict[str, str]
) -> None:
    arn = f"arn:aws:{resource}"
    with pytest.raises(ValueError, match="there is no such source"):
        world.make(MAPPING, functionName=shared(world).alias, eventSourceArn=arn, **more)


def test_a_failure_destination_that_the_role_may_not_write_to_is_refused(world: World) -> None:
    arn = world.make("aws:kinesis/stream:Stream", "unspoken", shardCount=1)[0]
    id = make(world, "silent", role=role(world, "nothing", "none"))[0]
    with pytest.raises(ValueError, match="may not sqs:SendMessage"):
        world.make(
            MAPPING,
            functionName=id,
            eventSourceArn=arn,
            startingPosition="LATEST",
            destinationConfig={"onFailure": {"destinationArn": shared(world).queue}},
        )


def test_a_dead_letter_queue_must_be_there_and_of_the_same_kind(world: World) -> None:
    arn = world.make(QUEUE, "standard")[1]["arn"]
    with pytest.raises(ValueError, match="must be FIFO if and only if"):
        world.make(QUEUE, "mixed", fifoQueue=True, redrivePolicy=redrive(arn))
    with pytest.raises(world.client("sqs").exceptions.QueueDoesNotExist):
        world.make(QUEUE, "alone", redrivePolicy=redrive(f"{arn}-none"))


def test_a_dead_letter_queue_takes_messages_of_those_it_allows(world: World) -> None:
    dead = world.make(QUEUE, "closed", redriveAllowPolicy=allow("arn:aws:sqs:a:b:c"))[1]["arn"]
    with pytest.raises(ValueError, match=f"{dead} takes no messages of"):
        world.make(QUEUE, "outsider", redrivePolicy=redrive(dead))
    own = "arn:aws:sqs:us-east-1:123456789012:insider"
    dead = world.make(QUEUE, "choosy-dead", redriveAllowPolicy=allow(own))[1]["arn"]
    assert world.make(QUEUE, "x", name="insider", redrivePolicy=redrive(dead))[0]
    url = inbox(world, "late-outsider")
    with pytest.raises(ValueError, match=f"{dead} takes no messages of"):
        world.make("aws:sqs/redrivePolicy:RedrivePolicy", queueUrl=url, redrivePolicy=redrive(dead))


def test_a_message_that_is_received_too_often_moves(world: World) -> None:
    dead, outputs = world.make(QUEUE, "moved")
    policy = redrive(outputs["arn"], 1)
    source = world.make(QUEUE, "moving", redrivePolicy=policy, visibilityTimeoutSeconds=0)[0]
    sqs = world.client("sqs")
    sqs.send_message(QueueUrl=source, MessageBody="again")

    def moved() -> object:
        sqs.receive_message(QueueUrl=source)
        return sqs.receive_message(QueueUrl=dead).get("Messages")

    assert soon(moved)


def test_a_queue_takes_256_kib_unless_told_otherwise(world: World) -> None:
    sqs, body = world.client("sqs"), "x" * 262_145
    plain, wide = (
        world.make(QUEUE, "size", **given)[0] for given in ({}, {"maxMessageSize": 1_048_576})
    )
    assert sqs.send_message(QueueUrl=plain, MessageBody=body[1:])["MessageId"]
    assert sqs.send_message(QueueUrl=wide, MessageBody=body)["MessageId"]
    with pytest.raises(sqs.exceptions.ClientError, match="must be shorter than"):
        sqs.send_message(QueueUrl=plain, MessageBody=body)


def test_an_update_of_the_queue_leaves_a_policy_beside_it_alone(world: World) -> None:
    provider = world.provider(QUEUE)
    old, new = (provider.check("q", {"visibilityTimeoutSeconds": value}) for value in (30, 31))
    url, outputs = provider.create("beside", old)
    policy = resource_policy("sqs:SendMessage")
    world.make("aws:sqs/queuePolicy:QueuePolicy", queueUrl=url, policy=policy)
    provider.update(url, old, new, outputs)
    found = world.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    assert found["Attributes"]["Policy"] == policy
    assert found["Attributes"]["VisibilityTimeout"] == "31"
