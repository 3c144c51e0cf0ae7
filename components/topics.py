"""One way to make an SNS topic: encrypted, and deaf to what does not come over TLS.

Left out: FIFO topics, and subscriptions, which belong to those who listen.
"""

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from .policy import VERSION
from .transport import tls_only

AWS_KEY = "alias/aws/sns"
"""SNS's own key: it costs nothing, and whoever may publish needs no permission for it. AWS
services cannot use it: no alarm, no rule and no bucket could publish."""
DELETION_DAYS = 30
"""The longest: what is encrypted with a deleted key is lost."""


def make_topic(
    name: str,
    *,
    opts: pulumi.ResourceOptions,
    tags: Mapping[str, pulumi.Input[str]],
    services: Sequence[str] = (),
) -> "aws.sns.Topic":
    """An encrypted topic; roles of its account publish with ``sns:Publish``, and nobody else.

    Args:
        name: of the topic and of what belongs to it.
        opts: with the component as ``parent``.
        tags: of the topic and its key.
        services: AWS services of the same account that publish as well, such as
            ``cloudwatch.amazonaws.com`` for alarms. They need a key of their own, about 1 USD
            a month.
    """
    if not services:
        topic = aws.sns.Topic(name, kms_master_key_id=AWS_KEY, tags=tags, opts=opts)
        document = tls_only("sns:Publish", [topic.arn])
    else:
        invoke = pulumi.InvokeOutputOptions(parent=opts.parent)
        account = aws.get_caller_identity_output(opts=invoke).account_id
        key = _key(name, account, services, tags, opts)
        topic = aws.sns.Topic(name, kms_master_key_id=key.arn, tags=tags, opts=opts)
        # Given a policy of its own, a topic loses the one that let its account's services in.
        publish = {
            "Sid": "ServicesOfThisAccount",
            "Effect": "Allow",
            "Principal": {"Service": sorted(services)},
            "Action": "sns:Publish",
            "Resource": topic.arn,
            "Condition": {"StringEquals": {"aws:SourceAccount": account}},
        }
        document = tls_only("sns:Publish", [topic.arn], [publish])
    aws.sns.TopicPolicy(name, arn=topic.arn, policy=document, opts=opts)
    return topic


def _key(
    name: str,
    account: pulumi.Output[str],
    services: Sequence[str],
    tags: Mapping[str, pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
) -> "aws.kms.Key":
    """A key that the services may use; in a key's own policy ``*`` is that key."""

    statements = [
        {
            "Sid": "IamDecides",
            "Effect": "Allow",
            "Principal": {"AWS": account},
            "Action": "kms:*",
            "Resource": "*",
        },
        {
            "Sid": "ServicesOfThisAccount",
            "Effect": "Allow",
            "Principal": {"Service": sorted(services)},
            "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:SourceAccount": account}},
        },
    ]
    return aws.kms.Key(
        f"{name}-key",
        description=f"Messages of the topic {name}",
        enable_key_rotation=True,
        deletion_window_in_days=DELETION_DAYS,
        policy=pulumi.Output.json_dumps(
            {"Version": VERSION, "Statement": statements}, sort_keys=True
        ),
        tags=tags,
        opts=opts,
    )
