"""Events that reach the function by themselves: uploads, events on a bus, table changes, topics."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from sandbox.journeys import JourneyFailed, Visit, expect, journey
from sandbox.journeys.traces import lines, logged


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
