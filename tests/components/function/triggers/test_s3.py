"""Objects of a bucket that call the function."""

import json
from typing import Any

import pulumi_aws as aws
import pytest

from components.function.triggers import s3
from components.testing import UNKNOWN, deploy

from .deployed import ACCOUNT, TAGS, Function, allowed, made, refused

BUCKET = "aws:s3/bucket:Bucket"
NOTIFICATION = "aws:s3/bucketNotification:BucketNotification"
PERMISSION = "aws:lambda/permission:Permission"
RULE = "aws:cloudwatch/eventRule:EventRule"
ARN = "arn:aws:s3:::shop-bucket-uploads"
ALIAS = "arn:aws:lambda:us-east-1:123456789012:alias/shop"


@pytest.mark.parametrize("known", [True, False])
def test_a_bucket_is_made_and_tells_the_alias_of_new_objects(known: bool) -> None:
    given = {"prefix": "in/", "suffix": ".csv"}
    deployment = made(s3, {"uploads": given}, known=known, force_delete=True)
    bucket = deployment.one(BUCKET, "shop-bucket-uploads")
    assert bucket.inputs == {"forceDestroy": True, "tags": TAGS}
    notification = deployment.one(NOTIFICATION)
    assert notification.inputs == {
        "bucket": "shop-bucket-uploads-bucket" if known else UNKNOWN,
        "eventbridge": True,
        "lambdaFunctions": [
            {
                "id": "shop-uploads",
                "events": ["s3:ObjectCreated:*"],
                "filterPrefix": "in/",
                "filterSuffix": ".csv",
                "lambdaFunctionArn": ALIAS if known else UNKNOWN,
            }
        ],
    }
    assert notification.parent == bucket.parent
    assert not notification.retain_on_delete
    name = "shop-bucket-uploads-bucket" if known else UNKNOWN
    assert deployment.result == {"bucket_names": {"uploads": name}}


@pytest.mark.parametrize("known", [True, False])
def test_s3_may_invoke_before_it_is_told_to(known: bool) -> None:
    deployment = made(s3, {"uploads": {}}, known=known)
    permission = deployment.one(PERMISSION)
    assert permission.inputs["principal"] == "s3.amazonaws.com"
    assert permission.inputs["sourceAccount"] == ACCOUNT
    assert permission.inputs["sourceArn"] == (ARN if known else UNKNOWN)
    assert permission.urn in deployment.one(NOTIFICATION).depends_on


def test_without_access_the_role_may_do_nothing_with_the_objects() -> None:
    assert set(allowed(made(s3, {"uploads": {}}))) == {"logs:PutLogEvents"}


def test_a_reader_may_get_what_calls_it_and_list_where_it_lies() -> None:
    given = {"prefix": "in/", "suffix": ".csv", "access": "read"}
    deployment = made(s3, {"uploads": given})
    assert allowed(deployment) == {
        "s3:GetObject": {f"{ARN}/in/*.csv"},
        "s3:ListBucket": {ARN},
    }
    text = deployment.one("aws:iam/rolePolicy:RolePolicy").inputs["policy"]
    listing = next(s for s in json.loads(text)["Statement"] if s["Action"] == ["s3:ListBucket"])
    assert listing["Condition"] == {"StringLike": {"s3:prefix": ["in/*"]}}


def test_a_writer_may_put_below_the_prefix_only() -> None:
    given = {"prefix": "in/", "suffix": ".csv", "access": "read_write"}
    deployment = made(s3, {"uploads": given})
    assert allowed(deployment)["s3:PutObject"] == {f"{ARN}/in/*"}
    assert not deployment.warnings


@pytest.mark.parametrize("prefix", ["", "in/"])
def test_a_writer_that_calls_itself_is_warned_of(prefix: str) -> None:
    given = {"uploads": {"prefix": prefix, "access": "read_write"}}
    (warning,) = made(s3, given).warnings
    assert "triggers.s3.uploads lets the function write below" in warning
    assert "every object written there calls it again" in warning
    given["uploads"]["events"] = ["s3:ObjectRemoved:*"]  # type: ignore[assignment]  # data
    assert not made(s3, given).warnings


@pytest.mark.parametrize("known", [True, False])
def test_a_bucket_owned_elsewhere_is_heard_of_through_eventbridge(known: bool) -> None:
    given = {
        "bucket": "acme",
        "via": "eventbridge",
        "prefix": "in/",
        "suffix": ".csv",
        "events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"],
    }
    deployment = made(s3, {"invoices": given}, known=known)
    assert not deployment.of(NOTIFICATION)
    assert not deployment.of(BUCKET)
    rule = deployment.one(RULE, "shop-bucket-invoices")
    assert json.loads(rule.inputs["eventPattern"]) == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created", "Object Deleted"],
        "detail": {
            "bucket": {"name": ["acme"]},
            "object": {"key": [{"wildcard": "in/*.csv"}]},
        },
    }
    arn = rule.outputs["arn"] if known else UNKNOWN
    permission = deployment.one(PERMISSION).inputs
    assert (permission["principal"], permission["sourceArn"]) == ("events.amazonaws.com", arn)
    target = deployment.one("aws:cloudwatch/eventTarget:EventTarget").inputs
    assert target["arn"] == (ALIAS if known else UNKNOWN)
    failures = "arn:aws:sqs:us-east-1:123456789012:shop-failures"
    assert target["deadLetterConfig"] == {"arn": failures if known else UNKNOWN}
    assert deployment.result == {"bucket_names": {"invoices": "acme"}}


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({}, None),
        ({"prefix": "in/"}, [{"prefix": "in/"}]),
        ({"suffix": ".csv"}, [{"suffix": ".csv"}]),
    ],
)
def test_eventbridge_filters_keys(given: dict[str, Any], key: Any) -> None:
    deployment = made(s3, {"x": {"bucket": "acme", "via": "eventbridge", **given}})
    detail = json.loads(deployment.one(RULE).inputs["eventPattern"])["detail"]
    assert detail.get("object") == (key and {"key": key})


def test_undeliverable_events_may_enter_the_failure_queue() -> None:
    def program() -> Any:
        function = Function("shop", s3, {"x": {"bucket": "acme", "via": "eventbridge"}})
        (sender,) = function.target.senders
        return [sender.principal, sender.source_arn]

    deployment = deploy(program)
    assert deployment.result == ["events.amazonaws.com", deployment.one(RULE).outputs["arn"]]


@pytest.mark.parametrize("known", [True, False])
def test_a_bucket_that_is_made_sends_to_eventbridge(known: bool) -> None:
    deployment = made(s3, {"uploads": {"via": "eventbridge"}}, known=known)
    inputs = deployment.one(NOTIFICATION).inputs
    assert inputs["eventbridge"] is True
    assert inputs["lambdaFunctions"] == []


@pytest.mark.parametrize("known", [True, False])
def test_a_given_bucket_is_scoped_by_its_arn(known: bool) -> None:
    def program() -> None:
        bucket = aws.s3.Bucket("files")
        given = {"bucket": bucket.bucket, "access": "read"}
        Function("shop", s3, {"x": given})

    deployment = deploy(program, known=known)
    arn = "arn:aws:s3:::files-bucket"
    source = deployment.one(PERMISSION).inputs["sourceArn"]
    assert source == (arn if known else UNKNOWN)
    if known:
        assert allowed(deployment)["s3:GetObject"] == {f"{arn}/*"}


@pytest.mark.parametrize("known", [True, False])
def test_others_may_be_allowed_to_upload(known: bool) -> None:
    def program() -> Any:
        function = Function("shop", s3, {"uploads": {"prefix": "in/"}})
        return function.plan.upload_policy("uploads")

    policy = deploy(program, known=known).result
    assert policy["actions"] == ["s3:PutObject"]
    assert policy["resources"] == [f"{ARN}/in/*" if known else UNKNOWN]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"events": ["s3:ObjectCreate:*"]},
            "MultiTriggerFunction 'shop': triggers.s3.uploads.events='s3:ObjectCreate:*' is not "
            "valid.",
        ),
        ({"events": ["s3:ObjectCreate:*"]}, "Did you mean 's3:ObjectCreated:*'?"),
        (
            {"events": ["s3:ObjectCreated:Put", "s3:ObjectCreated:*"]},
            "Allowed: each event once. s3:ObjectCreated:Put and s3:ObjectCreated:* are the same "
            "event twice: remove one.",
        ),
        (
            {"via": "eventbridge", "events": ["s3:ObjectCreated:Put"]},
            "Allowed: with via='eventbridge' s3:ObjectCreated:*, s3:ObjectRemoved:*, ",
        ),
        ({"via": "sns"}, "via='sns' is not valid. Allowed: 'notification', 'eventbridge'."),
        ({"access": "write"}, "Allowed: 'none', 'read', 'read_write'. Did you mean 'read_write'?"),
        ({"prefix": "in/*"}, "S3 knows no wildcards here. Filter the rest in the handler."),
        ({"suffix": "ü.csv"}, "triggers.s3.uploads.suffix='ü.csv' is not valid."),
        ({"bucket": "acme", "versioned": True}, "Allowed: only for a bucket that is made here."),
        ({"sufix": ".csv"}, "unknown argument 'triggers.s3.uploads.sufix'. Did you mean "),
    ],
)
def test_what_s3_would_refuse_is_refused_first(given: dict[str, Any], words: str) -> None:
    assert words in refused(s3, {"uploads": given})


def test_a_name_that_cannot_become_a_bucket_is_refused() -> None:
    assert "at most 55 characters" in refused(s3, {"u" * 45: {}})


def test_two_triggers_of_one_function_may_not_want_the_same_object() -> None:
    given = {
        "all": {"bucket": "acme"},
        "csv": {"bucket": "acme", "suffix": ".csv"},
    }
    assert (
        "MultiTriggerFunction 'shop': triggers.s3.csv='s3:ObjectCreated:* of *.csv' is not "
        "valid. Allowed: what does not overlap with MultiTriggerFunction 'shop' "
        "(triggers.s3.all) on the same bucket, which has s3:ObjectCreated:* of *."
    ) in refused(s3, given)


def test_versions_are_kept_on_request() -> None:
    deployment = made(s3, {"uploads": {"versioned": True}})
    assert deployment.of("aws:s3/bucketVersioning:BucketVersioning")
