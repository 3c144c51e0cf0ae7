"""Tables: what a function gets of them, how they change and go."""

from typing import Any

import pytest

from .cases_sources import INDEX, KEYS, MAPPING, TABLE
from .functions import archive, inbox, make, shared, telling, told
from .world import World

pytestmark = pytest.mark.sandbox
ON_DEMAND: dict[str, Any] = {
    "hashKey": "id",
    "attributes": KEYS[:1],
    "billingMode": "PAY_PER_REQUEST",
}
STREAM = {"streamEnabled": True, "streamViewType": "NEW_AND_OLD_IMAGES"}


def test_a_function_gets_the_changes_of_its_table(world: World) -> None:
    url, (table, outputs) = inbox(world, "table-told"), world.make(TABLE, **ON_DEMAND, **STREAM)
    id = make(world, "table-reader", code=archive(code=telling(url)))[0]
    world.make(
        MAPPING,
        functionName=id,
        eventSourceArn=outputs["streamArn"],
        startingPosition="TRIM_HORIZON",
    )
    world.client("dynamodb").put_item(TableName=table, Item={"id": {"S": "one"}})
    record = told(world, url)["Records"][0]
    assert (record["eventName"], record["dynamodb"]["Keys"]) == ("INSERT", {"id": {"S": "one"}})


def test_another_view_is_another_stream(world: World) -> None:
    provider = world.provider(TABLE)
    old = provider.check("t", {**ON_DEMAND, **STREAM})
    new = provider.check("t", {**ON_DEMAND, **STREAM, "streamViewType": "KEYS_ONLY"})
    id, outputs = provider.create("views", old)
    later = provider.update(id, old, new, outputs)
    assert later["streamArn"] != outputs["streamArn"]
    with pytest.raises(ValueError, match="the table has no such stream"):
        world.make(
            MAPPING,
            functionName=shared(world).alias,
            eventSourceArn=outputs["streamArn"],
            startingPosition="LATEST",
        )


def test_a_protected_table_stays_until_the_protection_goes(world: World) -> None:
    provider = world.provider(TABLE)
    kept = provider.check("t", {**ON_DEMAND, "deletionProtectionEnabled": True})
    free = provider.check("t", ON_DEMAND)
    id, outputs = provider.create("protected", kept)
    with pytest.raises(ValueError, match="has deletionProtectionEnabled=True"):
        provider.delete(id, outputs)
    provider.delete(id, provider.update(id, kept, free, outputs))
    assert id not in world.client("dynamodb").list_tables()["TableNames"]


def test_an_index_that_comes_later_finds_items(world: World) -> None:
    provider = world.provider(TABLE)
    old = provider.check("t", ON_DEMAND)
    new = provider.check("t", {**ON_DEMAND, "attributes": KEYS, "globalSecondaryIndexes": [INDEX]})
    id, outputs = provider.create("indexed", old)
    dynamodb = world.client("dynamodb")
    dynamodb.put_item(
        TableName=id, Item={"id": {"S": "a"}, "day": {"S": "monday"}, "at": {"N": "1"}}
    )
    provider.update(id, old, new, outputs)
    query = {
        "TableName": id,
        "IndexName": "by-day",
        "KeyConditionExpression": "#d = :d",
        "ExpressionAttributeNames": {"#d": "day"},
        "ExpressionAttributeValues": {":d": {"S": "monday"}},
    }
    assert [item["id"] for item in dynamodb.query(**query)["Items"]] == [{"S": "a"}]
    provider.update(id, new, old, outputs)
    with pytest.raises(dynamodb.exceptions.ClientError):
        dynamodb.query(**query)
