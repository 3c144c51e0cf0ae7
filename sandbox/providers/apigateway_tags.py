"""Tags of what API Gateway keeps, for both of its generations."""

from collections.abc import Mapping
from typing import Any

from .base import Outputs
from .common import tag_changes


def retag(client: Any, arn: str, outputs: Outputs, wanted: Mapping[str, str]) -> Outputs:
    """Give ``arn`` the wanted tags and return them as outputs; REST resources at creation too."""
    name = (
        "resourceArn" if client.meta.service_model.service_name == "apigateway" else "ResourceArn"
    )
    put, drop = tag_changes(outputs, wanted)
    if drop:
        keys = "tagKeys" if name == "resourceArn" else "TagKeys"
        client.untag_resource(**{name: arn, keys: drop})
    if put:
        tags = "tags" if name == "resourceArn" else "Tags"
        client.tag_resource(**{name: arn, tags: put})
    return {"tagsAll": dict(wanted)}
