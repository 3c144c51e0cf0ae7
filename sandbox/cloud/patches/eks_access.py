"""Access entries and policies that decide who may do what in a cluster.

The emulator turns access policies into RBAC inside its k3s container; here they reach
whichever control plane is ours. Tokens of ``aws eks get-token`` are judged by the emulator
when the control plane asks it.
"""

from collections.abc import Callable
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import eks

from sandbox.cloud.settings import Settings
from sandbox.kubernetes.client import Api

from . import eks_records, guard
from .eks_records import Record, invalid, not_now

MANAGER = "eks"
_RBAC = "rbac.authorization.k8s.io/v1"
_BINDINGS = ("ClusterRoleBinding", "RoleBinding")


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Check entries, and give access policies their effect."""
    guard.wrap(eks, "_create_access_entry", "(cluster_name, body)", _where_there_are_entries)
    guard.wrap(
        eks, "_associate_access_policy", "(cluster_name, principal_arn, body)", _known_policy
    )
    guard.wrap(
        eks, "_bootstrap_creator_access_entry", "(cluster_name, cluster, creator_arn)", _if_entries
    )
    guard.replace(
        eks, "_reconcile_access_policy_rbac", "(cluster_name, account_id, region)", _reconcile
    )
    guard.replace(
        eks, "_associate_identity_provider_config", "(cluster_name, body)", _no_identity_provider
    )


def _entries(cluster: Record) -> bool:
    mode = (cluster.get("accessConfig") or {}).get("authenticationMode", "CONFIG_MAP")
    return bool(mode != "CONFIG_MAP")


def _where_there_are_entries(original: Callable[..., Any]) -> Callable[..., Any]:
    def create(cluster_name: str, body: Record) -> Any:
        cluster = eks_records.usable(cluster_name)
        if not _entries(cluster):
            raise not_now(
                "The cluster's authentication mode must be set to one of [API, "
                "API_AND_CONFIG_MAP] to perform this operation."
            )
        principal = str(body.get("principalArn", ""))
        if principal and not eks.re.fullmatch(r"arn:[^:]+:iam::\d{12}:(role|user)/.+", principal):
            raise invalid(f"The principalArn {principal} is not an IAM role or user.")
        for group in body.get("kubernetesGroups") or []:
            if str(group).startswith(("system:", "eks:", "aws:", "amazon:", "iam:")):
                raise invalid(f"The kubernetes group name {group} is invalid, it cannot start "
                              "with system:, eks:, aws:, amazon: or iam:")  # fmt: skip
        return original(cluster_name, body)

    return create


def _known_policy(original: Callable[..., Any]) -> Callable[..., Any]:
    def associate(cluster_name: str, principal_arn: str, body: Record) -> Any:
        policy = str(body.get("policyArn", ""))
        if policy and eks._access_policy_name(policy) is None:
            raise invalid(
                f"The policyArn {policy} is not an access policy that the embedded cloud knows: "
                f"{', '.join(eks._ACCESS_POLICY_RULES)}"
            )
        return original(cluster_name, principal_arn, body)

    return associate


def _if_entries(original: Callable[..., Any]) -> Callable[..., Any]:
    def bootstrap(cluster_name: str, cluster: Record, creator_arn: str | None) -> None:
        if _entries(cluster):
            original(cluster_name, cluster, creator_arn)

    return bootstrap


def _no_identity_provider(cluster_name: str, body: Record) -> Any:  # noqa: ARG001
    raise invalid("OIDC identity providers are not served by the embedded cloud.")


def _reconcile(cluster_name: str, account_id: str, region: str) -> bool:
    """Make the bindings in the cluster those of its access policies; False if it is not there."""
    plane = eks_records.planes.get((account_id, region, cluster_name))
    if plane is None or plane.kind == "external":
        return False
    with request_scope(account_id, region):
        try:
            _bind(plane.api, cluster_name, account_id, region)
        except Exception as error:  # noqa: BLE001 - the cluster is going; who asks comes again
            eks.logger.info("access policies of %s: %s", cluster_name, error)
            return False
    return True


def _bind(api: Api, cluster: str, account: str, region: str) -> None:
    namespaces = [item["metadata"]["name"] for item in api.list("v1", "Namespace")]
    objects: list[dict[str, Any]] = eks._access_policy_rbac_objects(
        cluster, account, region, namespaces
    )
    wanted = {eks._binding_key(item) for item in objects if item["kind"] in _BINDINGS}
    for item in objects:
        api.apply(item, manager=MANAGER, force=True)
    label = f"{eks._ACCESS_POLICY_BINDING_LABEL}=true"
    for kind in _BINDINGS:
        for item in api.list(_RBAC, kind, labels=label):
            place = eks._binding_key({"kind": kind, "metadata": item["metadata"]})
            if place not in wanted:
                api.delete(_RBAC, kind, place[2], place[1] or None)
