"""Tags of everything in EKS, told by the describing calls as well as by ListTagsForResource.

The emulator keeps two sets, does not know the ARNs of Fargate profiles and Pod Identity
associations, and removes the first of several keys only.
"""

from collections.abc import Callable
from typing import Any

from ministack.services import eks

from sandbox.cloud.settings import Settings

from . import eks_fargate, guard
from .eks_records import Record

_STORES = {
    "cluster": ("_clusters", "arn"),
    "nodegroup": ("_nodegroups", "nodegroupArn"),
    "addon": ("_addons", "addonArn"),
    "access-entry": ("_access_entries", "accessEntryArn"),
    "podidentityassociation": ("_pod_identity_associations", "associationArn"),
}


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Keep one set of tags."""
    guard.wrap(eks, "_resolve_tag_resource_arn", "(arn)", _known)
    guard.wrap(eks, "_tag_resource", "(arn, body)", _told)
    guard.wrap(eks, "_untag_resource", "(arn, query)", _told)


def _owner(arn: str) -> Record | None:
    """The record that an ARN names."""
    kind = arn.split(":", 5)[-1].partition("/")[0]
    if kind == "fargateprofile":
        return eks_fargate.tagged(arn)
    if kind not in _STORES:
        return None
    store, key = _STORES[kind]
    found: list[Record] = [item for item in getattr(eks, store).values() if item.get(key) == arn]
    return found[0] if found else None


def _known(original: Callable[..., Any]) -> Callable[..., Any]:
    def resolve(arn: str) -> Any:
        kind = arn.split(":", 5)[-1].partition("/")[0]
        if kind in ("fargateprofile", "podidentityassociation"):
            found = _owner(arn)
            return (arn, None) if found else (None, eks._tag_resource_not_found(arn))
        return original(arn)

    return resolve


def _told(original: Callable[..., Any]) -> Callable[..., Any]:
    def change(arn: str, given: Any) -> Any:
        answer = original(arn, given)
        if (record := _owner(arn)) is not None:
            record["tags"] = dict(eks._tags.get(arn, {}))
        return answer

    return change
