"""Events that reach the function by themselves: uploads, messages, schedules, table changes."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from sandbox.journeys import JourneyFailed, Visit, expect, journey
from sandbox.journeys.traces import lines, logged, wait

GOOD, POISON = 22, 3


@journey("An uploaded object reaches the function under its own name", needs=("upload_bucket",))
def reacts_to_uploads(visit: Visit) -> Iterator[str]:
    """Keys arrive URL-encoded; the function must see what the user typed."""
    function, bucket = visit.outputs["function_name"], visit.outputs["upload_bucket"]
    s3, run = visit.client("s3"), uuid4().hex[:8]
    for key in (f"{run}/a file + more.csv", f"{run}/späte Grüße 100%.txt", f"{run}/plain.csv"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"a,b\n1,2\n")
        logged(visit, function, "S3 events processed", key)
        s3.delete_object(Bucket=bucket, Key=key)
        yield f"put s3://{bucket}/{key} → the function logged this very key"


@journey(
    f"{GOOD + POISON} messages, {POISON} of them poison: each good one once, the poison kept",
    needs=("queue_url",),
)
def processes_messages(visit: Visit) -> Iterator[str]:
    """A message that cannot be processed neither blocks its neighbours nor gets lost."""
    function, queue = visit.outputs["function_name"], visit.outputs["queue_url"]
    sqs, run = visit.client("sqs"), uuid4().hex[:8]
    policy = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["RedrivePolicy"])
    redrive = json.loads(policy["Attributes"]["RedrivePolicy"])
    dead = sqs.get_queue_url(QueueName=redrive["deadLetterTargetArn"].rpartition(":")[2])
    good = [json.dumps({"order": f"{run}-{index}"}) for index in range(GOOD)]
    poison = [f"{run} is not JSON {index}" for index in range(POISON)]
    bodies = [*good[:10], *poison, *good[10:]]
    sent: dict[str, str] = {}
    for start in range(0, len(bodies), 10):
        batch = bodies[start : start + 10]
        answer = sqs.send_message_batch(
            QueueUrl=queue,
            Entries=[{"Id": str(i), "MessageBody": body} for i, body in enumerate(batch)],
        )
        sent |= {batch[int(item["Id"])]: item["MessageId"] for item in answer["Successful"]}
    yield f"sent {len(sent)} messages, {POISON} of which are not JSON"

    for body in good:
        logged(visit, function, "SQS message processed", sent[body])
    buried = _drain(visit, dead["QueueUrl"], run)
    expect(sorted(buried) == sorted(poison), f"the dead-letter queue holds {buried}")
    yield f"{len(buried)} in the dead-letter queue after {redrive['maxReceiveCount']} attempts each"
    for body in good:
        times = len(lines(visit, function, "SQS message processed", sent[body]))
        expect(times == 1, f"message {sent[body]} was processed {times} times")
    yield f"{len(good)} processed, each once"


def _drain(visit: Visit, queue: str, run: str) -> list[str]:
    """Take this run's messages out of the dead-letter queue, so that the next run starts clean."""
    sqs, found = visit.client("sqs"), list[str]()

    def all_there() -> bool:
        answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=2)
        for message in answer.get("Messages", []):
            if message["Body"].startswith(run):
                found.append(message["Body"])
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return len(found) >= POISON

    wait(visit, all_there, f"{POISON} poison messages never came to the dead-letter queue")
    return found


@journey("An event on the bus reaches the function by its pattern", needs=("function_alias_arn",))
def reacts_to_events(visit: Visit) -> Iterator[str]:
    """The rule's pattern lets one of two events through."""
    function, run = visit.outputs["function_name"], uuid4().hex[:8]
    rule = _rule(visit)
    source = json.loads(rule["EventPattern"])["source"][0]
    events = visit.client("events")
    for name in ("somebody.else", source):
        events.put_events(
            Entries=[
                {
                    "Source": name,
                    "DetailType": "Order placed",
                    "Detail": json.dumps({"run": f"{run}-{name}"}),
                    "EventBusName": rule["EventBusName"],
                }
            ]
        )
    line = logged(visit, function, f"Event processed from {source}", f"{run}-{source}")
    yield f"put an event from {source} → {line[:160]}"
    expect(not lines(visit, function, f"{run}-somebody.else"), "the pattern let another source in")
    yield "one from somebody.else did not come through"


def _rule(visit: Visit) -> Any:
    events, alias = visit.client("events"), visit.outputs["function_alias_arn"]
    for name in events.list_rule_names_by_target(TargetArn=alias)["RuleNames"]:
        rule = events.describe_rule(Name=name)
        if rule.get("EventPattern"):
            return rule
    raise JourneyFailed(f"no rule has {alias} as its target")


@journey("The schedule's call arrives", needs=("function_alias_arn",))
def reacts_to_schedules(visit: Visit) -> Iterator[str]:
    """A copy of the schedule that fires now: same role, same target, same input."""
    function, alias = visit.outputs["function_name"], visit.outputs["function_alias_arn"]
    scheduler = visit.client("scheduler")
    schedule = next(
        (
            found
            for entry in scheduler.list_schedules()["Schedules"]
            if (found := scheduler.get_schedule(Name=entry["Name"], GroupName=entry["GroupName"]))[
                "Target"
            ]["Arn"]
            == alias
        ),
        None,
    )
    if schedule is None:
        raise JourneyFailed(f"no schedule has {alias} as its target")
    before = len(lines(visit, function, "Scheduled event processed"))
    name = f"journey-{uuid4().hex[:8]}"
    soon = datetime.now(UTC) + timedelta(seconds=2)
    scheduler.create_schedule(
        Name=name,
        GroupName=schedule["GroupName"],
        ScheduleExpression=f"at({soon:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=schedule["Target"],
    )
    try:
        wait(
            visit,
            lambda: len(lines(visit, function, "Scheduled event processed")) > before,
            f"the copy of {schedule['Name']} never called {function}",
        )
    finally:
        scheduler.delete_schedule(Name=name, GroupName=schedule["GroupName"])
    yield (
        f"{schedule['Name']} is {schedule['ScheduleExpression']}; a copy that fires at "
        f"{soon:%H:%M:%S} came through"
    )


@journey("A change of the table reaches the function", needs=("function_alias_arn",))
def reacts_to_table_changes(visit: Visit) -> Iterator[str]:
    """The table's stream, read by an event source mapping."""
    function, alias = visit.outputs["function_name"], visit.outputs["function_alias_arn"]
    mappings = visit.client("lambda").list_event_source_mappings(FunctionName=alias)
    streams = [
        item["EventSourceArn"]
        for item in mappings["EventSourceMappings"]
        if ":dynamodb:" in item["EventSourceArn"]
    ]
    expect(len(streams) == 1, f"{len(streams)} table streams call {alias}")
    table, run = streams[0].split("/")[1], uuid4().hex[:8]
    dynamodb = visit.client("dynamodb")
    dynamodb.put_item(TableName=table, Item={"id": {"S": run}, "count": {"N": "3"}})
    logged(visit, function, "INSERT", run)
    dynamodb.delete_item(TableName=table, Key={"id": {"S": run}})
    logged(visit, function, "REMOVE", run)
    yield f"put and deleted {run} in {table} → the function saw INSERT and REMOVE"


@journey("A message published to the topic reaches the function", needs=("function_alias_arn",))
def reacts_to_topics(visit: Visit) -> Iterator[str]:
    """The topic's subscription calls the alias."""
    function, alias = visit.outputs["function_name"], visit.outputs["function_alias_arn"]
    sns = visit.client("sns")
    topics = [
        item["TopicArn"]
        for item in sns.list_subscriptions()["Subscriptions"]
        if item["Endpoint"] == alias
    ]
    expect(len(topics) == 1, f"{len(topics)} topics call {alias}")
    sent = sns.publish(TopicArn=topics[0], Message=json.dumps({"news": "a journey"}))
    logged(visit, function, "Event processed from aws:sns", sent["MessageId"])
    yield f"published {sent['MessageId']} to {topics[0].rpartition(':')[2]} → processed"
