"""What a newcomer gets wrong first: one clear message each, and nothing is registered."""

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from components import MultiTriggerFunction
from components.testing import deploy


@pytest.fixture
def code(tmp_path: Path) -> str:
    (tmp_path / "handler.py").write_text("def handler(event, context):\n    return {}\n")
    return str(tmp_path)


def _refused(args: Mapping[str, Any]) -> str:
    """The message; whoever reads it has nothing half made."""

    def program() -> None:
        MultiTriggerFunction("events", copy.deepcopy(dict(args)))  # type: ignore[arg-type]  # wrong on purpose

    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is what is tested
        deploy(program)
    return str(caught.value)


@pytest.mark.parametrize(
    ("args", "texts"),
    [
        (
            {"triggers": {"schedules": {"tick": {"expression": "cron(0 25 * * ? *)"}}}},
            ["triggers.schedules.tick.expression", "25", "0 to 23"],
        ),
        (
            {"triggers": {"schedules": {"tick": {"expression": "corn(0 2 * * ? *)"}}}},
            ["triggers.schedules.tick.expression", "cron(0 2 * * ? *)"],
        ),
        (
            {"triggers": {"schedules": {"tick": {"expression": "rate(1 minutes)"}}}},
            ["rate(1 minutes)", "rate(1 minute)"],
        ),
        ({"triggers": {"sqss": {"jobs": {}}}}, ["triggers.sqss", "Did you mean 'triggers.sqs'?"]),
        (
            {"timeout_seconds": 30, "triggers": {"sqs": {"jobs": {"visibility_seconds": 60}}}},
            ["triggers.sqs.jobs.visibility_seconds", "60", "180"],
        ),
        ({"code": "no/such/folder"}, ["code='no/such/folder'", "does not exist"]),
        ({"handler": "main.handler"}, ["handler='main.handler'", "main.py"]),
        ({"handler": "handler.handel"}, ["handler='handler.handel'", "handler.handler"]),
        (
            {"release": {"weights": {"3": 0.1}, "provisioned_concurrency": 2}},
            ["release.weights", "release.provisioned_concurrency"],
        ),
        ({"release": {"weights": {"3": 1.5}}}, ["release.weights", "1.5", "0 to 1"]),
        (
            {
                "triggers": {
                    "rest_api": {
                        "routes": [
                            {"method": "GET", "path": "/items/{id}"},
                            {"method": "get", "path": "/items/{name}"},
                        ]
                    }
                }
            },
            ["/items/{id}", "/items/{name}"],
        ),
        (
            {
                "triggers": {
                    "s3": {
                        "pictures": {"bucket": "shop", "prefix": "in/"},
                        "papers": {"bucket": "shop", "prefix": "in/papers/"},
                    }
                }
            },
            ["in/papers/", "pictures", "papers"],
        ),
        (
            {"triggers": {"sqs": {"jobs": {"batch_size": 11}}}},
            ["triggers.sqs.jobs.batch_size", "11", "batch_window_seconds"],
        ),
        ({"timeout_seconds": 901}, ["timeout_seconds=901", "1 to 900", "Nearest: 900"]),
        ({"memory": 127}, ["memory=127", "128 to 10240", "Nearest: 128"]),
    ],
    ids=lambda value: "" if isinstance(value, list) else str(value)[:60],
)
def test_a_mistake_is_answered_with_where_what_and_the_way_out(
    code: str, args: dict[str, Any], texts: list[str]
) -> None:
    message = _refused({"code": code, **args})
    assert message.startswith("MultiTriggerFunction 'events': "), message
    for text in texts:
        assert text in message, message
    assert "\n" not in message


def test_a_bucket_that_a_function_makes_is_shared_by_its_trigger_s_name(code: str) -> None:
    def program() -> None:
        first = MultiTriggerFunction(
            "first", {"code": code, "triggers": {"s3": {"in": {"prefix": "in/"}}}}
        )
        MultiTriggerFunction(
            "second",
            {
                "code": code,
                "triggers": {"s3": {"out": {"bucket": first.bucket("in"), "prefix": "out/"}}},
            },
        )

    deployment = deploy(program)
    assert len(deployment.of("aws:s3/bucket:Bucket")) == 1
    notification = deployment.one("aws:s3/bucketNotification:BucketNotification").inputs
    assert {item["filterPrefix"] for item in notification["lambdaFunctions"]} == {"in/", "out/"}


def test_a_trigger_that_is_not_there_is_named_with_those_that_are(code: str) -> None:
    def program() -> None:
        made = MultiTriggerFunction("events", {"code": code, "triggers": {"s3": {"uploads": {}}}})
        made.bucket("upload")

    with pytest.raises(ValueError, match="Did you mean 'uploads'"):
        deploy(program)
