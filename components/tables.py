"""DynamoDB tables with the settings that every table of the library has.

Pay per request, point-in-time recovery, protected from deletion. Data is always encrypted at
rest; without a key of one's own DynamoDB uses one that AWS owns, which costs nothing and needs
no permission. Left out: secondary indexes, provisioned capacity, global tables.
"""

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws


def make_table(
    name: str,
    *,
    opts: pulumi.ResourceOptions,
    tags: Mapping[str, pulumi.Input[str]],
    partition_key: str = "id",
    sort_key: str | None = None,
    ttl: str | None = None,
    stream: bool = False,
    recovery: bool = True,
    force_delete: bool = False,
    kms_key_arn: pulumi.Input[str] | None = None,
) -> "aws.dynamodb.Table":
    """One table. Keys are strings.

    Args:
        partition_key: name of the attribute that items are spread and found by.
        sort_key: name of a second key attribute; none by default.
        ttl: name of the attribute with the second (Unix time) after which DynamoDB deletes an
            item, at no cost and within a few days; none by default.
        stream: whether changes can be read for 24 hours, with the item before and after.
        recovery: whether the table can be restored to any second of the last 35 days. Off for
            what is worth nothing the next day.
        force_delete: whether the table may be deleted with the items in it; otherwise
            DynamoDB refuses until the protection is taken off.
        kms_key_arn: a key of one's own; those who use the table need it as well.
        opts: with the component as ``parent``.
        tags: of the table.
    """
    keys = [partition_key] if sort_key is None else [partition_key, sort_key]
    more: dict[str, Any] = {}
    if sort_key is not None:
        more["range_key"] = sort_key
    if ttl is not None:
        more["ttl"] = {"attribute_name": ttl, "enabled": True}
    if stream:
        more |= {"stream_enabled": True, "stream_view_type": "NEW_AND_OLD_IMAGES"}
    if kms_key_arn is not None:
        more["server_side_encryption"] = {"enabled": True, "kms_key_arn": kms_key_arn}
    return aws.dynamodb.Table(
        name,
        billing_mode="PAY_PER_REQUEST",
        hash_key=partition_key,
        attributes=[{"name": key, "type": "S"} for key in keys],
        point_in_time_recovery={"enabled": recovery},
        deletion_protection_enabled=not force_delete,
        tags=tags,
        opts=opts,
        **more,
    )
