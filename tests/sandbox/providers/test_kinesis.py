"""Streams: what a function gets of them, and what cannot change."""

import base64

import pytest

from .cases_sources import MAPPING, STREAM
from .functions import archive, inbox, make, telling, told
from .world import World

pytestmark = pytest.mark.sandbox


def test_a_function_gets_the_records_of_its_stream(world: World) -> None:
    url, (arn, _) = inbox(world, "stream-told"), world.make(STREAM, "records", shardCount=1)
    id = make(world, "stream-reader", code=archive(code=telling(url)))[0]
    world.make(MAPPING, functionName=id, eventSourceArn=arn, startingPosition="TRIM_HORIZON")
    world.client("kinesis").put_record(StreamARN=arn, Data=b"click", PartitionKey="p")
    record = told(world, url)["Records"][0]
    assert base64.b64decode(record["kinesis"]["data"]) == b"click"


@pytest.mark.parametrize(("before", "after"), [(3, 1), (1, 3)])
def test_a_stream_at_most_doubles_or_halves_at_once(world: World, before: int, after: int) -> None:
    provider = world.provider(STREAM)
    old, new = (provider.check("s", {"shardCount": count}) for count in (before, after))
    id, outputs = provider.create("shards", old)
    with pytest.raises(ValueError, match=f"shardCount after a change={after} "):
        provider.update(id, old, new, outputs)
    two = provider.check("s", {"shardCount": 2})
    provider.update(id, old, two, outputs)
    found = world.client("kinesis").describe_stream_summary(StreamARN=id)
    assert found["StreamDescriptionSummary"]["OpenShardCount"] == 2


def test_a_stream_that_the_emulator_cannot_change_is_not_replaced_in_silence(world: World) -> None:
    provider = world.provider(STREAM)
    old = provider.check("s", {"shardCount": 1})
    new = provider.check("s", {"streamModeDetails": {"streamMode": "ON_DEMAND"}})
    id, outputs = provider.create("modes", old)
    assert not provider.must_replace(provider.changed(old, new), old, new)
    with pytest.raises(ValueError, match="cannot make a stream ON_DEMAND that is PROVISIONED"):
        provider.update(id, old, new, outputs)
