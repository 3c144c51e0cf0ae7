"""Buckets: what they tell, whom they refuse to tell, and how they go."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from pulumi import asset

from .cases_buckets import BUCKET
from .functions import SPACE, archive, inbox, make, telling, told
from .world import World

pytestmark = pytest.mark.sandbox
NOTIFICATION = "aws:s3/bucketNotification:BucketNotification"


def test_a_function_is_told_of_an_object(world: World) -> None:
    url, bucket = inbox(world, "s3-told"), world.make(BUCKET, "telling", forceDestroy=True)[0]
    id = make(world, "uploads", code=archive(code=telling(url)))[0]
    alias = world.make(f"{SPACE}alias:Alias", functionName=id, functionVersion="1", name="live")[0]
    entry = {
        "events": ["s3:ObjectCreated:*"],
        "filterSuffix": ".jpg",
        "lambdaFunctionArn": alias,
    }
    with pytest.raises(ValueError, match=r"does not let s3.* invoke it"):
        world.make(NOTIFICATION, bucket=bucket, lambdaFunctions=[entry])
    permission = {"function": id, "qualifier": "live", "action": "lambda:InvokeFunction"}
    source = {"principal": "s3.amazonaws.com", "sourceAccount": "123456789012"}
    world.make(
        f"{SPACE}permission:Permission", **permission, **source, sourceArn="arn:aws:s3:::other"
    )
    with pytest.raises(ValueError, match=r"does not let s3.* invoke it"):
        world.make(NOTIFICATION, bucket=bucket, lambdaFunctions=[entry])
    world.make(
        f"{SPACE}permission:Permission",
        **permission,
        **source,
        sourceArn=f"arn:aws:s3:::{bucket}",
    )
    made = world.make(NOTIFICATION, bucket=bucket, lambdaFunctions=[entry])
    s3 = world.client("s3")
    s3.put_object(Bucket=bucket, Key="a.txt", Body=b"")
    s3.put_object(Bucket=bucket, Key="a b+c.jpg", Body=b"x")
    record = told(world, url)["Records"][0]
    assert record["s3"]["bucket"]["name"] == bucket
    assert record["s3"]["object"]["key"] == "a+b%2Bc.jpg"
    world.provider(NOTIFICATION).delete(*made)
    s3.put_object(Bucket=bucket, Key="d.jpg", Body=b"x")
    with pytest.raises(AssertionError):
        told(world, url, seconds=2)


def test_a_queue_that_lets_nobody_in_is_refused(world: World) -> None:
    bucket = world.make(BUCKET, "mute")[0]
    arn = world.make("aws:sqs/queue:Queue", "closed-to-s3")[1]["arn"]
    entry = {"events": ["s3:ObjectCreated:*"], "queueArn": arn}
    with pytest.raises(Exception, match=r"Unable to validate the following destination"):
        world.make(NOTIFICATION, bucket=bucket, queues=[entry])


def test_a_bucket_with_objects_goes_only_by_force(world: World) -> None:
    provider, s3 = world.provider(BUCKET), world.client("s3")
    kept, forced = (provider.check("b", {"forceDestroy": force}) for force in (False, True))
    id, outputs = provider.create("Photos_of", kept)
    assert id.startswith("photos-of-")
    world.make(
        "aws:s3/bucketVersioning:BucketVersioning",
        bucket=id,
        versioningConfiguration={"status": "Enabled"},
    )
    for _ in range(2):
        s3.put_object(Bucket=id, Key="k", Body=b"x")
    s3.delete_object(Bucket=id, Key="k")
    with pytest.raises(ValueError, match=r"is not empty.*forceDestroy=True"):
        provider.delete(id, outputs)
    provider.delete(id, provider.update(id, kept, forced, outputs))
    assert id not in [item["Name"] for item in s3.list_buckets()["Buckets"]]


def test_force_empties_a_bucket_of_more_than_one_page(world: World) -> None:
    provider, s3 = world.provider(BUCKET), world.client("s3")
    id, outputs = provider.create("pages", provider.check("b", {"forceDestroy": True}))
    versions = {"status": "Enabled"}
    world.make(
        "aws:s3/bucketVersioning:BucketVersioning", bucket=id, versioningConfiguration=versions
    )
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: s3.put_object(Bucket=id, Key=f"k{n % 300}"), range(1100)))
    assert s3.list_object_versions(Bucket=id)["IsTruncated"]
    provider.delete(id, outputs)
    assert id not in [item["Name"] for item in s3.list_buckets()["Buckets"]]


def test_a_bucket_that_exists_is_refused(world: World) -> None:
    world.make(BUCKET, bucket="taken")
    with pytest.raises(ValueError, match=r"bucket='taken' exists already"):
        world.make(BUCKET, bucket="taken")


def test_who_may_call_a_functions_url_is_not_s3(world: World) -> None:
    bucket, (id, outputs) = world.make(BUCKET, "alone")[0], make(world, "only-web")
    entry = {"events": ["s3:ObjectRemoved:*"], "lambdaFunctionArn": outputs["arn"]}
    with pytest.raises(ValueError, match=r"does not let s3.* invoke it"):
        world.make(NOTIFICATION, bucket=bucket, lambdaFunctions=[entry])
    world.make(f"{SPACE}functionUrl:FunctionUrl", functionName=id, authorizationType="NONE")
    with pytest.raises(ValueError, match=r"does not let s3.* invoke it"):
        world.make(NOTIFICATION, bucket=bucket, lambdaFunctions=[entry])


@pytest.mark.parametrize(
    ("action", "path"),
    [
        ("s3:*", ("", "/*")),
        ("s3:GetObject", ("/in/*",)),
        ("s3:GetObject", ("*",)),
        ("s3:ListBucket", ("", "/*")),
        ("s3:GetObject", ("", "/*")),
    ],
)
def test_a_policy_of_the_bucket_and_what_is_in_it_is_taken(
    world: World, action: str, path: tuple[str, ...]
) -> None:
    name = world.make(BUCKET, "owned", forceDestroy=True)[0]
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "123456789012"},
        "Action": action,
        "Resource": [f"arn:aws:s3:::{name}{end}" for end in path],
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    assert world.make("aws:s3/bucketPolicy:BucketPolicy", bucket=name, policy=policy)[0] == name


def test_an_object_that_would_have_to_be_fetched_is_refused(world: World) -> None:
    bucket = world.make(BUCKET, "local-only")[0]
    source = asset.RemoteAsset("https://example.com/x")
    with pytest.raises(ValueError, match="cannot fetch a RemoteAsset"):
        world.make("aws:s3/bucketObjectv2:BucketObjectv2", bucket=bucket, key="k", source=source)
