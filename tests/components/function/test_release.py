"""How a new version takes over, and which ways exclude each other."""

from typing import Any

import pulumi
import pytest

from components import deploy_time
from components.testing import UNKNOWN, Deployment, deploy

from .helpers import ALIAS, FUNCTION, NETWORK, function, made, refusal

PROVISIONED = "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig"
ACCESS_POINT = "arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-1"


def test_by_default_a_new_version_gets_all_calls_at_once() -> None:
    alias = function().one(ALIAS)
    assert "routingConfig" not in alias.inputs
    assert alias.hooks == {}


@pytest.mark.parametrize("known", [True, False])
def test_the_alias_has_the_name_that_the_caller_gives(known: bool) -> None:
    deployment = function(known=known, release={"alias": "PROD"})
    assert deployment.one(ALIAS, "events").inputs["name"] == "PROD"
    assert deployment.result["alias_name"] == "PROD"


@pytest.mark.parametrize("known", [True, False])
def test_weights_leave_a_share_of_the_calls_to_another_version(known: bool) -> None:
    alias = function(known=known, release={"weights": {"7": 0.1}}).one(ALIAS)
    assert alias.inputs["routingConfig"] == {"additionalVersionWeights": {"7": 0.1}}
    assert alias.inputs["functionVersion"] == ("events-version" if known else UNKNOWN)


def test_a_weight_may_come_from_elsewhere_and_is_checked_when_it_is_there() -> None:
    def release(share: float) -> Deployment:
        return deploy(lambda: made(release={"weights": {"7": pulumi.Output.from_input(share)}}))

    alias = release(0.25).one(ALIAS)
    assert alias.inputs["routingConfig"] == {"additionalVersionWeights": {"7": 0.25}}
    with pytest.raises(ValueError, match=r"release.weights=\{'7': 2\}"):
        release(2)


def test_canary_steps_are_taken_before_the_alias_is_updated() -> None:
    hooks = function(release={"canary_steps": [10, 50]}).one(ALIAS).hooks
    assert list(hooks) == ["before_update"]


@pytest.mark.parametrize("known", [True, False])
def test_warm_environments_belong_to_the_alias(known: bool) -> None:
    deployment = function(
        known=known, reserved_concurrency=5, release={"provisioned_concurrency": 5.0}
    )
    config = deployment.one(PROVISIONED, "events")
    assert config.inputs["qualifier"] == "live"
    assert config.inputs["provisionedConcurrentExecutions"] == 5
    assert deployment.one(ALIAS).urn in config.depends_on


def test_a_snapshot_is_taken_of_each_version() -> None:
    inputs = function(release={"snap_start": True}).one(FUNCTION).inputs
    assert inputs["snapStart"] == {"applyOn": "PublishedVersions"}
    assert "snapStart" not in function(release={"snap_start": False}).one(FUNCTION).inputs


WARM = {"provisioned_concurrency": 1}


@pytest.mark.parametrize(
    ("release", "words"),
    [
        (
            {"weights": {"7": 0.1}, **WARM},
            "release.weights and release.provisioned_concurrency exclude each other: AWS keeps "
            "only an alias with one version warm. Release with one of them: remove weights to",
        ),
        (
            {"canary_steps": [10], **WARM},
            "release.canary_steps and release.provisioned_concurrency exclude each other: a "
            "canary gives the alias a second version",
        ),
        (
            {"weights": {"7": 0.1}, "canary_steps": [10]},
            "release.weights and release.canary_steps exclude each other: both decide which",
        ),
        (
            {"snap_start": True, **WARM},
            "release.snap_start and release.provisioned_concurrency exclude each other",
        ),
    ],
)
def test_ways_that_exclude_each_other_are_both_named(release: Any, words: str) -> None:
    assert words in refusal(release=release)


@pytest.mark.parametrize(
    ("release", "words"),
    [
        (
            {"weights": {"7": 10}},
            "release.weights={'7': 10} is not valid. Allowed: shares from 0 to 1, below 1, since "
            "the newest version gets the rest. For 10 percent write 0.1.",
        ),
        ({"weights": {"7": 1}}, "release.weights={'7': 1} is not valid."),
        ({"weights": {"7": -0.1}}, "release.weights={'7': -0.1} is not valid."),
        ({"weights": {"7": True}}, "release.weights={'7': True} is not valid."),
        ({"weights": {"7": "0.1"}}, "release.weights={'7': '0.1'} is not valid."),
        ({"weights": {"live": 0.1}}, "Allowed: numbers of published versions, such as '7'."),
        ({"weights": {"$LATEST": 0.1}}, "release.weights='$LATEST' is not valid."),
        ({"weights": {"6": 0.1, "7": 0.1}}, "Allowed: one version; an alias has two at most"),
        ({"canary_steps": [0]}, "release.canary_steps[0]=0 is not valid. Allowed: whole numbers"),
        ({"canary_steps": [100]}, "Allowed: whole numbers from 1 to 99. Nearest: 99."),
        (
            {"canary_steps": [50, 10]},
            "release.canary_steps=[50, 10] is not valid. Allowed: percentages that rise. Write "
            "[10, 50]; after the last the new version gets all calls.",
        ),
        ({"canary_steps": [10, 10]}, "Write [10];"),
        (
            {"canary_steps": [10], "bake_seconds": 3601},
            "release.bake_seconds=3601 is not valid. Allowed: whole numbers from 1 to 3600.",
        ),
        ({"bake_seconds": 60}, "release.bake_seconds=60 is not valid. Allowed: with release."),
        ({"provisioned_concurrency": 0}, "release.provisioned_concurrency=0 is not valid."),
        ({"alias": "7"}, "release.alias='7' is not valid."),
        ({"alias": "a b"}, "Allowed: 1 to 128 letters, digits, - and _, and not digits alone."),
        ({"canary": [10]}, "unknown argument 'release.canary'. Did you mean"),
    ],
)
def test_a_release_that_lambda_would_refuse_is_refused(release: Any, words: str) -> None:
    assert words in refusal(release=release)


def test_no_more_is_kept_warm_than_may_run() -> None:
    text = refusal(reserved_concurrency=2, release={"provisioned_concurrency": 3})
    assert "Allowed: at most reserved_concurrency=2, which it is taken from." in text
    assert "set reserved_concurrency=3" in text


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (
            {"runtime": "python3.11"},
            "with runtime python3.12, python3.13, python3.14, not python3.11",
        ),
        ({"ephemeral_storage": 513}, "with ephemeral_storage=512, not 513"),
        (
            {
                "vpc": {"network": NETWORK},
                "file_system": {"access_point_arn": ACCESS_POINT, "mount_path": "/mnt/a"},
            },
            "without file_system",
        ),
    ],
)
def test_a_snapshot_needs_what_lambda_can_freeze(args: dict[str, Any], words: str) -> None:
    text = refusal(release={"snap_start": True}, **args)
    assert "release.snap_start=True is not valid. Allowed: " in text
    assert words in text


def test_a_canary_needs_boto3(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deploy_time, "available", lambda: False)
    text = refusal(release={"canary_steps": [10]})
    assert "pip install 'slipway[hooks]'" in text
