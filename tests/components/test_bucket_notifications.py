"""Functions that share a bucket share its one notification."""

from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.bucket_notifications import EVENTS, Wish, same_event, shared_bucket
from components.function.triggers import s3
from components.testing import Deployment, deploy
from tests.components.function.triggers.deployed import Function

NOTIFICATION = "aws:s3/bucketNotification:BucketNotification"


def wish(prefix: str = "", suffix: str = "", *events: str) -> Wish:
    return Wish("Function 'a'", "triggers.s3.x", "a-x", events or (s3.CREATED,), prefix, suffix)


def ids(deployment: Deployment, name: str | None = None) -> list[str]:
    inputs = deployment.one(NOTIFICATION, name).inputs
    return [item["id"] for item in inputs["lambdaFunctions"]]


def two_functions(bucket: pulumi.Input[str], **more: Any) -> None:
    Function("csv", s3, {"in": {"bucket": bucket, "suffix": ".csv"}})
    Function("png", s3, {"in": {"bucket": bucket, "suffix": ".png", **more}})


@pytest.mark.parametrize("known", [True, False])
def test_two_functions_on_one_bucket_are_in_one_notification(known: bool) -> None:
    deployment = deploy(lambda: two_functions(aws.s3.Bucket("files").bucket), known=known)
    assert ids(deployment) == ["csv-in", "png-in"]
    needed = deployment.one(NOTIFICATION).depends_on
    assert {item.urn for item in deployment.of("aws:lambda/permission:Permission")} < set(needed)


@pytest.mark.parametrize("known", [True, False])
def test_a_bucket_that_one_function_made_can_be_shared(known: bool) -> None:
    def program() -> None:
        first = Function("csv", s3, {"in": {"suffix": ".csv"}})
        Function("png", s3, {"in": {"bucket": first.outputs["bucket_names"]["in"], "suffix": "g"}})

    deployment = deploy(program, known=known)
    assert ids(deployment) == ["csv-in", "png-in"]
    assert deployment.one(NOTIFICATION).inputs["eventbridge"] is True


@pytest.mark.parametrize("known", [True, False])
def test_one_function_on_two_buckets_has_two_notifications(known: bool) -> None:
    deployment = deploy(
        lambda: Function("shop", s3, {"a": {}, "b": {"bucket": "acme"}}) and None, known=known
    )
    assert ids(deployment, "shop-bucket-a") == ["shop-a"]
    assert ids(deployment, "acme") == ["shop-b"]


@pytest.mark.parametrize("known", [True, False])
def test_a_call_of_aws_in_the_middle_of_the_program_changes_nothing(known: bool) -> None:
    def program() -> None:
        Function("csv", s3, {"in": {"bucket": "acme", "suffix": ".csv"}})
        aws.get_caller_identity()
        Function("png", s3, {"in": {"bucket": "acme", "suffix": ".png"}})

    assert ids(deploy(program, known=known)) == ["csv-in", "png-in"]


def test_a_program_that_waits_for_something_changes_nothing() -> None:
    async def program() -> None:
        first = Function("csv", s3, {"in": {"bucket": "acme", "suffix": ".csv"}})
        await first.target.alias.arn.future()
        Function("png", s3, {"in": {"bucket": "acme", "suffix": ".png"}})

    assert ids(deploy(program)) == ["csv-in", "png-in"]


def test_the_order_of_functions_does_not_show() -> None:
    def reverse() -> None:
        Function("png", s3, {"in": {"bucket": "acme", "suffix": ".png"}})
        Function("csv", s3, {"in": {"bucket": "acme", "suffix": ".csv"}})

    one, two = deploy(lambda: two_functions("acme")), deploy(reverse)
    assert one.one(NOTIFICATION).inputs == two.one(NOTIFICATION).inputs
    assert one.one(NOTIFICATION).urn == two.one(NOTIFICATION).urn


def test_a_notification_that_may_move_to_another_function_is_not_emptied_behind_it() -> None:
    deployment = deploy(lambda: two_functions(aws.s3.Bucket("files").bucket))
    assert deployment.one(NOTIFICATION).retain_on_delete
    assert not deploy(lambda: two_functions("acme")).one(NOTIFICATION).retain_on_delete


def test_a_named_bucket_is_written_to_with_the_provider_of_the_function() -> None:
    class Away(pulumi.ComponentResource):
        def __init__(self) -> None:
            provider = aws.Provider("eu", region="eu-west-1")
            super().__init__("x:y:Away", "away", None, pulumi.ResourceOptions(providers=[provider]))

    def program() -> None:
        opts = pulumi.ResourceOptions(parent=Away())
        shared = shared_bucket("acme")
        shared.claim(wish())
        shared.subscribe(wish(), pulumi.Output.from_input("arn:f"), name="a", opts=opts)

    notification = deploy(program).one(NOTIFICATION, "acme")
    assert "::eu::" in notification.provider
    assert notification.parent.endswith("test-test")


def test_a_bucket_with_a_rule_elsewhere_in_the_program_keeps_sending_to_eventbridge() -> None:
    deployment = deploy(lambda: two_functions("acme", via="eventbridge"))
    assert ids(deployment) == ["csv-in"]
    assert deployment.one(NOTIFICATION).inputs["eventbridge"] is True


def test_functions_may_not_want_the_same_object() -> None:
    def program() -> None:
        Function("all", s3, {"in": {"bucket": "acme", "prefix": "in/"}})
        Function("csv", s3, {"of": {"bucket": "acme", "prefix": "in/new/", "suffix": ".csv"}})

    with pytest.raises(ValueError, match="overlap") as error:
        deploy(program, known=False)
    assert str(error.value) == (
        "MultiTriggerFunction 'csv': triggers.s3.of='s3:ObjectCreated:* of in/new/*.csv' is not "
        "valid. Allowed: what does not overlap with MultiTriggerFunction 'all' (triggers.s3.in) "
        "on the same bucket, which has s3:ObjectCreated:* of in/*. S3 tells one function of an "
        "object. Next step: take prefixes or suffixes of which none begins (or ends) with the "
        "other, or via='eventbridge' for one of the two."
    )


def test_the_same_object_may_reach_a_second_function_through_eventbridge() -> None:
    deployment = deploy(lambda: two_functions("acme", via="eventbridge", suffix=".csv"))
    assert ids(deployment) == ["csv-in"]


@pytest.mark.parametrize(
    "second", [lambda bucket: bucket.id, lambda bucket: bucket.bucket.apply(str)]
)
def test_a_bucket_given_in_two_ways_is_found_out_when_its_name_is_there(
    second: Callable[[aws.s3.Bucket], pulumi.Output[str]],
) -> None:
    def program() -> None:
        bucket = aws.s3.Bucket("files", bucket="files-id")
        Function("csv", s3, {"in": {"bucket": bucket.bucket, "suffix": ".csv"}})
        Function("png", s3, {"in": {"bucket": second(bucket), "suffix": ".png"}})

    with pytest.raises(ValueError, match="given in two ways") as error:
        deploy(program)
    assert (
        "MultiTriggerFunction 'csv' (triggers.s3.in) and MultiTriggerFunction 'png' "
        "(triggers.s3.in): the bucket 'files-id' was given in two ways"
    ) in str(error.value)
    assert "one variable that holds bucket.bucket." in str(error.value)


def test_a_function_that_comes_too_late_is_refused() -> None:
    def program() -> pulumi.Output[Any]:
        first = Function("csv", s3, {"in": {"bucket": "acme", "suffix": ".csv"}})
        late = {"in": {"bucket": "acme", "suffix": ".png"}}
        return first.target.alias.arn.apply(
            lambda arn: Function("png", s3, late).outputs["bucket_names"]
        )

    with pytest.raises(ValueError, match="has been written without it"):
        deploy(program)


def test_programs_know_nothing_of_each_other() -> None:
    for _ in range(2):
        assert ids(deploy(lambda: two_functions("acme"))) == ["csv-in", "png-in"]


@pytest.mark.parametrize(
    ("one", "two", "overlap"),
    [
        (wish(), wish(), True),
        (wish("in/"), wish("in/"), True),
        (wish("in/"), wish("in/new/"), True),
        (wish("in/"), wish("on/"), False),
        (wish("in/"), wish("", ".csv"), True),
        (wish("in/", ".csv"), wish("in/", ".png"), False),
        (wish("in/", ".csv"), wish("in/new/", "x.csv"), True),
        (wish("in/", ".csv"), wish("on/", ".csv"), False),
        (wish("", "", "s3:ObjectCreated:Put"), wish(), True),
        (wish("", "", "s3:ObjectCreated:Put"), wish("", "", "s3:ObjectCreated:Copy"), False),
        (wish("", "", "s3:ObjectRemoved:*"), wish(), False),
        (wish("", "", "s3:ObjectRemoved:*", "s3:ObjectCreated:Post"), wish(), True),
    ],
)
def test_wishes_overlap_as_s3_understands_it(one: Wish, two: Wish, overlap: bool) -> None:
    assert one.overlaps(two) is overlap
    assert two.overlaps(one) is overlap


def test_an_event_covers_itself_and_the_members_of_its_family() -> None:
    assert same_event("s3:ObjectTagging:*", "s3:ObjectTagging:Put")
    assert not same_event("s3:LifecycleExpiration:*", "s3:LifecycleTransition")
    families = [event for event in EVENTS if event.endswith(":*")]
    assert all(any(same_event(f, e) for e in EVENTS if e != f) for f in families)
