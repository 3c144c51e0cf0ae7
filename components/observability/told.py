"""Who is told: the topic, its subscriptions, and a channel of Slack."""

import hashlib
import re
from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from .. import policy
from ..policy import allow
from ..topics import make_topic
from .alarms import physical
from .args import Chat
from .settings import Settings

ALARMS = "cloudwatch.amazonaws.com"
CHAT = "chatbot.amazonaws.com"
"""Amazon Q Developer in chat applications kept its first principal."""
LOOK = ("cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData", "cloudwatch:GetMetricWidgetImage")
"""What the channel may: a message of an alarm comes with its picture, and nothing can be changed
from there."""
GUARDRAIL = "CloudWatchReadOnlyAccess"
"""The most that the channel's members may ask for, whatever role they take."""


def make_told(
    settings: Settings, tags: Mapping[str, pulumi.Input[str]], opts: pulumi.ResourceOptions
) -> "aws.sns.Topic":
    """The topic, encrypted; CloudWatch of this account publishes to it."""
    name = settings.name
    topic = make_topic(name, services=[ALARMS], tags=tags, opts=opts)
    for email in settings.emails:
        # Named by the address: taking one out leaves the others, and their confirmations, alone.
        slug = re.sub(r"[^a-z0-9]+", "-", email.lower()).strip("-")
        aws.sns.TopicSubscription(
            f"{name}-email-{slug}", topic=topic.arn, protocol="email", endpoint=email, opts=opts
        )
    for index, url in enumerate(settings.https, 1):
        # The address itself may be a secret.
        part = hashlib.sha256(url.encode()).hexdigest()[:8] if isinstance(url, str) else index
        aws.sns.TopicSubscription(
            f"{name}-https-{part}", topic=topic.arn, protocol="https", endpoint=url, opts=opts
        )
    if settings.chat is not None:
        _make_chat(name, settings.chat, topic, tags, opts)
    return topic


def _make_chat(
    name: str,
    chat: Chat,
    topic: "aws.sns.Topic",
    tags: Mapping[str, pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
) -> None:
    role = aws.iam.Role(
        f"{name}-chat",
        description=f"What may be looked at from the chat channel of {name}",
        assume_role_policy=policy.trust(CHAT),
        tags=tags,
        opts=opts,
    )
    invoke = pulumi.InvokeOutputOptions(parent=opts.parent)
    partition = aws.get_partition_output(opts=invoke).partition
    looks = allow(LOOK, "*", reason="CloudWatch names no single metric in permissions to read")
    aws.iam.RolePolicy(f"{name}-chat", role=role.id, policy=policy.document([looks]), opts=opts)
    aws.chatbot.SlackChannelConfiguration(
        f"{name}-chat",
        configuration_name=physical(name),
        slack_team_id=chat["slack_workspace_id"],
        slack_channel_id=chat["slack_channel_id"],
        iam_role_arn=role.arn,
        # Without one the service takes AdministratorAccess for it.
        guardrail_policy_arns=[
            pulumi.Output.concat("arn:", partition, ":iam::aws:policy/", GUARDRAIL)
        ],
        sns_topic_arns=[topic.arn],
        logging_level="ERROR",
        tags=tags,
        opts=opts,
    )
