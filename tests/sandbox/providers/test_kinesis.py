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


def test_a_stream_that_the_emulator_cannot_change_is_not_replaced_in_silence(world: World) -> None:
    provider = world.provider(STREAM)
    old = provider.check("s", {"shardCount": 1})
    new = provider.check("s", {"streamModeDetails": {"streamMode": "ON_DEMAND"}})
    id, outputs = provider.create("modes", old)
    assert not provider.must_replace(provider.changed(old, new), old, new)
    with pytest.raises(ValueError, match="cannot make a stream ON_DEMAND that is PROVISIONED"):
        provider.update(id, old, new, outputs)
