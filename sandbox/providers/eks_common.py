"""What the resources of EKS share: it answers at once and does the work afterwards."""

from collections.abc import Callable, Mapping
from typing import Any

from .base import Outputs
from .common import ignoring, tag_changes, until

GONE = "ResourceNotFoundException"
WORK_SECONDS = 600
"""A control plane or a node needs seconds here; on AWS they need minutes."""
_FAILED = ("FAILED", "DEGRADED")


def settled(
    look: Callable[[], Mapping[str, Any]], what: str, *, seconds: float = WORK_SECONDS
) -> Mapping[str, Any]:
    """Wait until it is ACTIVE; RuntimeError with what EKS says of its health if it fails."""
    seen: Mapping[str, Any] = {}

    def active() -> bool:
        nonlocal seen
        seen = look()
        status = str(seen["status"])
        if status.endswith(_FAILED):
            issues = (seen.get("health") or {}).get("issues") or []
            told = "; ".join(f"{issue['code']}: {issue['message']}" for issue in issues)
            raise RuntimeError(f"{what} is {status}: {told or 'EKS gives no reason'}")
        return status == "ACTIVE"

    until(active, seconds=seconds, what=f"{what} to be ACTIVE")
    return seen


def gone(look: Callable[[], Any], what: str) -> None:
    """Wait until EKS no longer knows it; RuntimeError if its deletion fails."""

    def missing() -> bool:
        with ignoring(GONE):
            seen = look()
            if str(seen["status"]).endswith("FAILED"):
                issues = (seen.get("health") or {}).get("issues") or []
                told = "; ".join(issue["message"] for issue in issues)
                raise RuntimeError(f"{what} is {seen['status']}: {told}")
            return False
        return True

    until(missing, seconds=WORK_SECONDS, what=f"{what} to be deleted")


def applied(eks: Any, cluster: str, update: Mapping[str, Any], **of: str) -> None:
    """Wait for an update of a cluster, or ``of`` a node group or add-on in it."""

    def done() -> bool:
        seen = eks.describe_update(name=cluster, updateId=update["id"], **of)["update"]
        if seen["status"] in ("Failed", "Cancelled"):
            told = "; ".join(error["errorMessage"] for error in seen.get("errors") or [])
            raise RuntimeError(f"{seen['type']} of {cluster} {seen['status'].lower()}: {told}")
        return bool(seen["status"] == "Successful")

    until(done, seconds=WORK_SECONDS, what=f"{update['type']} of {cluster}")


def retagged(eks: Any, arn: str, outputs: Outputs, wanted: dict[str, str]) -> Outputs:
    """Bring the tags of something in EKS to ``wanted``; the outputs that changed."""
    put, drop = tag_changes(outputs, wanted)
    if drop:
        eks.untag_resource(resourceArn=arn, tagKeys=drop)
    if put:
        eks.tag_resource(resourceArn=arn, tags=put)
    return {"tagsAll": wanted}
