"""Pod Identity associations with roles that pods can really take on.

The emulator keeps any ARN. ``sandbox.kubernetes.pods.identity`` gives pods the sessions.
"""

from collections.abc import Callable
from typing import Any

from ministack.services import eks

from sandbox.cloud.settings import Settings

from . import eks_checks, eks_records, guard
from .eks_records import Record, in_use, invalid

SYSTEM = "kube-system"
"""Where the service accounts of most add-ons are."""


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Check roles when associations are made or changed."""
    guard.wrap(eks, "_create_pod_identity_association", "(cluster_name, body)", _create)
    guard.wrap(
        eks, "_update_pod_identity_association", "(cluster_name, association_id, body)", _update
    )


def check(cluster: str, namespace: str, account: str, role: str, owner: str = "") -> None:
    """Refuse a role that the pods of the service account could not take on.

    ``owner`` is the add-on that wants the association, which may then be there already.
    """
    if why := eks_checks.pod_role(role, cluster, namespace, account):
        raise invalid(f"Role provided in the request cannot be assumed: {why} ({role})")
    for key, found in eks._pod_identity_associations.items():
        if key.startswith(f"{cluster}\x00") and (namespace, account) == (
            found["namespace"],
            found["serviceAccount"],
        ):
            if owner and f"/{owner}/" in found.get("ownerArn", ""):
                continue
            raise in_use(f"Association already exists: {found['associationId']}")


def _create(original: Callable[..., Any]) -> Callable[..., Any]:
    def create(cluster_name: str, body: Record) -> Any:
        eks_records.cluster(cluster_name)
        given = [str(body.get(key, "")) for key in ("namespace", "serviceAccount", "roleArn")]
        if all(given):
            check(cluster_name, *given)
        if body.get("targetRoleArn") or body.get("policy"):
            raise invalid("targetRoleArn and policy are not served by the embedded cloud.")
        return original(cluster_name, body)

    return create


def _update(original: Callable[..., Any]) -> Callable[..., Any]:
    def update(cluster_name: str, association_id: str, body: Record) -> Any:
        eks_records.cluster(cluster_name)
        found = eks._pod_identity_associations.get(eks._pia_key(cluster_name, association_id))
        if found and (role := body.get("roleArn")):
            place = found["namespace"], found["serviceAccount"]
            if why := eks_checks.pod_role(role, cluster_name, *place):
                raise invalid(f"Role provided in the request cannot be assumed: {why} ({role})")
        if body.get("targetRoleArn") or body.get("policy"):
            raise invalid("targetRoleArn and policy are not served by the embedded cloud.")
        return original(cluster_name, association_id, body)

    return update
