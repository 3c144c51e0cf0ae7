"""What is refused before anything exists, and in which words."""

from pathlib import Path
from typing import Any

import pytest

from components.function import MultiTriggerFunction
from components.function.settings import LONGEST_NAME
from components.testing import deploy

from .helpers import CODE, function, refusal


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({"memory": 127}, "memory=127 is not valid. Allowed: whole numbers from 128 to 10240."),
        ({"memory": 10241}, "Nearest: 10240."),
        ({"memory": 256.5}, "memory=256.5 is not valid."),
        ({"timeout_seconds": 0}, "timeout_seconds=0 is not valid."),
        (
            {"timeout_seconds": 901},
            "timeout_seconds=901 is not valid. Allowed: whole numbers from 1 to 900. Nearest: 900.",
        ),
        ({"ephemeral_storage": 511}, "ephemeral_storage=511 is not valid."),
        ({"ephemeral_storage": 10241}, "Allowed: whole numbers from 512 to 10240."),
        ({"reserved_concurrency": -1}, "reserved_concurrency=-1 is not valid. Allowed: 0 or more."),
        (
            {"runtime": "python3.9"},
            "runtime='python3.9' is not valid. Allowed: 'python3.10', 'python3.11',",
        ),
        ({"architecture": "amd64"}, "architecture='amd64' is not valid."),
        (
            {"log_level": "WARNING"},
            "log_level='WARNING' is not valid. Allowed: 'TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', "
            "'FATAL'. Did you mean 'WARN'?",
        ),
        ({"log_retention_days": 31}, "log_retention_days=31 is not valid."),
        (
            {"layers": ["arn:x"] * 6},
            "layers='6 layers' is not valid. Allowed: at most 5. One PythonLayer holds any number",
        ),
        (
            {"layers": ["arn:aws:lambda:us-east-1:123456789012:layer:pandas"]},
            "Allowed: the ARN of a layer's version, which ends in its number. Use PythonLayer.arn.",
        ),
        (
            {"permissions": [{"actions": ["s3:*"], "resources": ["arn:aws:s3:::a"]}]},
            "permissions[0]: policy: action 's3:*' allows everything in s3.",
        ),
        ({"code": None}, "missing required argument 'code'. Set it."),
        ({"memmory": 256}, "unknown argument 'memmory'. Did you mean 'memory'?"),
        (
            {"triggers": {"sqss": {}}},
            "unknown argument 'triggers.sqss'. Did you mean 'triggers.sqs'?",
        ),
        ({"triggers": {"sqs": ["jobs"]}}, "triggers.sqs=['jobs'] is not valid."),
        (
            {"triggers": {"sqs": {"jobs": {"batchsize": 1}}}},
            "unknown argument 'triggers.sqs.jobs.batchsize'. Did you mean "
            "'triggers.sqs.jobs.batch_size'?",
        ),
        (
            {"triggers": {"http_api": {"routes": [], "api_keys": ["a"]}}},
            "'triggers.http_api.api_keys' does not exist: only rest_api has 'api_keys'.",
        ),
        ({"triggers": {"url": 5}}, "triggers.url=5 is not valid. Allowed: a mapping"),
        ({"handler": "nothere.handler"}, "handler='nothere.handler' is not valid."),
    ],
    ids=lambda value: "" if isinstance(value, str) else str(value)[:50],
)
def test_a_mistake_is_answered_in_one_message(args: dict[str, Any], words: str) -> None:
    assert words in refusal(**args)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("1events", "name='1events' is not valid. Allowed: letters, digits and single hyphens"),
        ("events_", "name='events_' is not valid."),
        ("events-", "name='events-' is not valid."),
        ("a" * 47, "Allowed: at most 46 characters, not 47. It names the role"),
    ],
)
def test_a_name_that_a_role_cannot_have_is_refused(name: str, words: str) -> None:
    assert words in refusal(name=name)


def test_the_longest_name_is_short_enough_for_every_role() -> None:
    triggers = {"schedules": {"a": {"expression": "rate(5 minutes)"}}}
    suffixes = [
        role.name.removeprefix("events")
        for role in function(triggers=triggers).of("aws:iam/role:Role")
    ]
    assert suffixes == ["", "-schedules"]
    assert max(LONGEST_NAME + len(suffix) + 8 for suffix in suffixes) == 64
    function(name="a" * LONGEST_NAME)


def test_arguments_that_are_no_mapping_are_refused() -> None:
    with pytest.raises(ValueError, match="args='code' is not valid"):
        deploy(lambda: MultiTriggerFunction("events", "code"))  # type: ignore[arg-type]


def test_a_refused_function_leaves_a_bucket_s_events_to_others(tmp_path: Path) -> None:
    triggers = {"s3": {"uploads": {"bucket": "shop"}}}

    def program() -> None:
        with pytest.raises(ValueError, match="memory=1"):
            MultiTriggerFunction("wrong", {"code": CODE, "memory": 1, "triggers": triggers})  # type: ignore[typeddict-item]
        MultiTriggerFunction("right", {"code": CODE, "triggers": triggers})  # type: ignore[typeddict-item]

    deploy(program)
