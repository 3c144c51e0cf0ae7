"""Slack channels that hear of alarms. Nothing here talks to Slack."""

import re
from collections.abc import Mapping
from typing import Any

from .base import Outputs, Provider, Tagged
from .common import one_of
from .role_checks import check_trust

_NAME = re.compile(r"^[A-Za-z0-9_-]{1,128}$")
_ID = re.compile(r"^[A-Z0-9]{1,255}$")
_TOPIC = re.compile(r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]+$")


class SlackInputs(Tagged):
    """Inputs of a Slack channel's configuration."""

    configuration_name: str
    iam_role_arn: str
    slack_channel_id: str
    slack_team_id: str
    sns_topic_arns: list[str] = []
    guardrail_policy_arns: list[str] = []
    logging_level: str = "NONE"
    user_authorization_required: bool = False


class SlackChannelConfiguration(Provider[SlackInputs]):
    """A channel, the topics that it hears, and the role that it acts with."""

    token = "aws:chatbot/slackChannelConfiguration:SlackChannelConfiguration"
    inputs = SlackInputs
    replaces = frozenset({"configurationName", "slackTeamId"})
    outputs = frozenset({"chatConfigurationArn", "tagsAll"})
    recorded = "nothing here talks to Slack; the role's trust policy is checked"

    def check(self, name: str, properties: Mapping[str, Any]) -> SlackInputs:
        inputs = super().check(name, properties)
        if not _NAME.match(inputs.configuration_name):
            raise ValueError(
                f"configurationName={inputs.configuration_name!r}: 1 to 128 letters, digits, - "
                "and _ are taken."
            )
        for field, value in (
            ("slackChannelId", inputs.slack_channel_id),
            ("slackTeamId", inputs.slack_team_id),
        ):
            if not _ID.match(value):
                raise ValueError(f"{field}={value!r}: Slack's ids are capital letters and digits.")
        for topic in inputs.sns_topic_arns:
            if not _TOPIC.match(topic):
                raise ValueError(f"snsTopicArns={topic!r} is no topic's ARN.")
        one_of("loggingLevel", inputs.logging_level, ("ERROR", "INFO", "NONE"))
        return inputs

    def create(self, name: str, inputs: SlackInputs) -> tuple[str, Outputs]:
        arn = (
            f"arn:aws:chatbot::{self.context.account}:chat-configuration/slack-channel/"
            f"{inputs.configuration_name}"
        )
        check_trust(self.context, "iamRoleArn", inputs.iam_role_arn, "chatbot.amazonaws.com", arn)
        return arn, {"chatConfigurationArn": arn, "tagsAll": self.tags(inputs)}

    def update(self, id: str, old: SlackInputs, new: SlackInputs, outputs: Outputs) -> Outputs:
        check_trust(self.context, "iamRoleArn", new.iam_role_arn, "chatbot.amazonaws.com", id)
        return outputs | {"tagsAll": self.tags(new)}

    def delete(self, id: str, outputs: Outputs) -> None:
        """Nothing was made."""
