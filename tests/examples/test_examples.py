"""The programs in examples/ deploy in the sandbox and do what they say."""

import io
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from sandbox.deploy import connect
from tests.sandbox.conftest import ROOT, Sandbox, environment_of

pytestmark = pytest.mark.sandbox


class Example:
    """An example, deployed."""

    def __init__(self, sandbox: Sandbox, name: str) -> None:
        self.sandbox, self.program = sandbox, str(ROOT / "examples" / name)

    def up(self, *arguments: str) -> tuple[Any, Callable[[str], Any]]:
        done = self.sandbox.run("up", "--json", "--program", self.program, *arguments)
        assert done.code == 0, done.text
        return done.document["outputs"], connect(done.document["cloud"]["endpoint"]).client


@pytest.fixture
def example(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Example]:
    sandbox = Sandbox(tmp_path / "state", environment_of("process"))
    yield Example(sandbox, request.param)
    sandbox.run("down")


@pytest.mark.parametrize("example", ["image-thumbnail"], indirect=True)
def test_a_picture_gets_a_thumbnail_and_what_is_none_is_kept(example: Example) -> None:
    outputs, client = example.up()
    s3, gallery = client("s3"), outputs["gallery_bucket"]
    picture = io.BytesIO()
    Image.new("RGB", (640, 320), "navy").save(picture, "PNG")
    key = "holiday/a b+c.png"
    s3.put_object(Bucket=outputs["pictures_bucket"], Key=key, Body=picture.getvalue())
    _eventually(lambda: s3.list_objects_v2(Bucket=gallery).get("KeyCount"))
    thumbnail = s3.get_object(Bucket=gallery, Key=key)
    assert thumbnail["ContentType"] == "image/png"
    assert Image.open(io.BytesIO(thumbnail["Body"].read())).size == (200, 100)

    s3.put_object(Bucket=outputs["pictures_bucket"], Key="notes.txt", Body=b"no picture")
    sqs, queue = client("sqs"), outputs["failure_queue_url"]
    kept = _eventually(lambda: sqs.receive_message(QueueUrl=queue).get("Messages"))
    assert "notes.txt" in kept[0]["Body"]
    assert s3.list_objects_v2(Bucket=gallery)["KeyCount"] == 1


@pytest.mark.parametrize("example", ["scheduled-cleanup"], indirect=True)
def test_what_is_too_old_is_deleted_by_the_schedule_and_nothing_else(example: Example) -> None:
    outputs, client = example.up("-c", "maxAgeDays=0")
    s3, bucket = client("s3"), outputs["scratch_bucket"]
    for key in ("tmp/old", "tmp/older", "keep/this"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    time.sleep(1.1)  # S3 dates objects in whole seconds
    scheduler = client("scheduler")
    entry = scheduler.list_schedules()["Schedules"][0]
    schedule = scheduler.get_schedule(Name=entry["Name"], GroupName=entry["GroupName"])
    assert schedule["ScheduleExpression"] == "cron(0 2 * * ? *)"
    soon = datetime.now(UTC) + timedelta(seconds=1)
    scheduler.create_schedule(
        Name="now",
        GroupName=entry["GroupName"],
        ScheduleExpression=f"at({soon:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=schedule["Target"],
    )
    _eventually(lambda: len(_keys(s3, bucket)) == 1)
    assert _keys(s3, bucket) == ["keep/this"]


def test_what_is_not_old_yet_stays(fresh_sandbox: Sandbox) -> None:
    outputs, client = Example(fresh_sandbox, "scheduled-cleanup").up()
    s3, bucket = client("s3"), outputs["scratch_bucket"]
    s3.put_object(Bucket=bucket, Key="tmp/new", Body=b"x")
    answer = client("lambda").invoke(FunctionName=outputs["cleanup_alias_arn"])
    assert answer["Payload"].read() == b'{"deleted": 0, "kept": 1}'
    assert _keys(s3, bucket) == ["tmp/new"]


def _keys(s3: Any, bucket: str) -> list[str]:
    return [item["Key"] for item in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


def _eventually(found: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 90
    while not (value := found()):
        assert time.monotonic() < deadline, "it did not happen within 90 s"
        time.sleep(0.2)
    return value
