"""The stack's configuration: what is accepted, and how a mistake is answered."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic.alias_generators import to_camel

from settings import Settings

ROOT = Path(__file__).resolve().parents[1]


def test_an_empty_configuration_is_the_defaults() -> None:
    settings = Settings.parse({}, "Pulumi.dev.yaml")
    assert (settings.storefront_cpu, settings.storefront_memory) == (256, 512)
    assert settings.architecture == "arm64"


def test_values_arrive_as_text_and_become_typed() -> None:
    settings = Settings.parse({"storefrontCpu": "512", "scaling": "true"}, "Pulumi.dev.yaml")
    assert settings.storefront_cpu == 512
    assert settings.scaling is True


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (
            {"storefrontCPU": "256"},
            "Pulumi.dev.yaml: unknown key slipway:storefrontCPU. Did you mean "
            "slipway:storefrontCpu?",
        ),
        (
            {"bananas": "1"},
            "unknown key slipway:bananas. Known keys: alarmEmails, alarmHttps,",
        ),
        (
            {"storefrontPort": "70000"},
            "Pulumi.dev.yaml: slipway:storefrontPort = '70000' is not valid: Input should be less "
            "than or equal to 65535.",
        ),
        (
            {"nat": "two"},
            "slipway:nat = 'two' is not valid: Input should be 'none', 'single' or 'per_zone'.",
        ),
        (
            {"scalingMin": "5", "scalingMax": "2"},
            "Pulumi.dev.yaml: scalingMin (5) is above scalingMax (2); lower the one or raise the",
        ),
        (
            {"certificateArn": "arn:aws:acm:x"},
            "certificateArn is set without domain: a certificate serves a host name; set domain",
        ),
        ({"domain": "shop.example.com"}, "domain is set without zoneId: the alias record needs"),
        (
            {"slackChannelId": "C0123456789"},
            "Pulumi.dev.yaml: slackWorkspaceId and slackChannelId belong together: a channel is",
        ),
        (
            {"alarmOverrides": ["events/duration=5000"]},
            "alarmOverrides has 'events/duration=5000'; write alarm.number=value, such as",
        ),
        (
            {"deployments": ["1.4.0"]},
            "deployments has '1.4.0'; write a moment and a label, such as 2026-11-21T10:00:00Z",
        ),
    ],
)
def test_a_mistake_is_answered_with_file_key_and_way_out(values: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is compared below
        Settings.parse(values, "Pulumi.dev.yaml")
    assert text in str(caught.value)


def test_every_mistake_is_named_at_once() -> None:
    with pytest.raises(ValueError, match=r"(?s)slipway:nat.*slipway:storefrontPort"):
        Settings.parse({"storefrontPort": "0", "nat": "x"}, "Pulumi.dev.yaml")


def test_pulumi_yaml_declares_the_same_keys_types_and_defaults() -> None:
    declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    defaults = Settings().model_dump(by_alias=True)
    assert {key.removeprefix("slipway:"): entry["default"] for key, entry in declared.items()} == (
        defaults
    )
    names = {str: "string", int: "integer", bool: "boolean", list: "array"}
    for key, entry in declared.items():
        assert entry["type"] == names[type(defaults[key.removeprefix("slipway:")])], key
        assert entry["description"].endswith("."), key


@pytest.mark.parametrize("stack", ["dev", "prod", "local"])
def test_the_stack_files_hold_known_keys_only(stack: str) -> None:
    config = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]
    ours = {
        key.removeprefix("slipway:"): value if isinstance(value, list) else str(value)
        for key, value in config.items()
        if key.startswith("slipway:")
    }
    assert Settings.parse(ours, f"Pulumi.{stack}.yaml")
    assert {to_camel(name) for name in Settings.model_fields} >= ours.keys()


def test_overrides_and_markers_become_what_the_component_takes() -> None:
    settings = Settings.parse(
        {
            "alarmOverrides": [
                "events/errors.statistic=Sum",
                "events/errors.threshold=5",
                "orders/payment/duration.enabled=false",
            ],
            "deployments": ["2026-11-21T10:00:00Z 1.4.0, with gifts"],
            "slackWorkspaceId": "T0123456789",
            "slackChannelId": "C0123456789",
        },
        "Pulumi.dev.yaml",
    )
    args = settings.watching({})
    assert args.get("overrides") == {
        "events/errors": {"statistic": "Sum", "threshold": 5},
        "orders/payment/duration": {"enabled": False},
    }
    marks = [{"at": "2026-11-21T10:00:00Z", "label": "1.4.0, with gifts"}]
    assert args.get("deployments") == marks
    assert args.get("chat") == {
        "slack_workspace_id": "T0123456789",
        "slack_channel_id": "C0123456789",
    }
