"""EKS Pod Identity: a pod's service account gets sessions of the role associated with it.

As on EKS the credentials come from an agent on the node, so without the add-on
``eks-pod-identity-agent`` there are none; and IAM is enforced for whoever uses them.
"""

import secrets
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...cloud.settings import Settings

if TYPE_CHECKING:
    from .runner import Credentials

AGENT = "eks-pod-identity-agent"


def credentials(settings: Settings, cluster: str) -> "Credentials":
    """What makes a pod of ``cluster`` call AWS as its role, or as nobody.

    To be used in the cloud's own process, where the associations are.
    """

    def variables(namespace: str, account: str, pod: str) -> Mapping[str, str]:
        # The emulator's modules exist in the cloud's process only.
        from ministack.core.responses import request_scope

        from sandbox.cloud.patches import eks_checks

        with request_scope(settings.account, settings.region):
            role = _role(cluster, namespace, account)
            if role is None or not _has_agent(cluster):
                return {}
            if eks_checks.pod_role(role, cluster, namespace, account):
                return {}  # it trusted Pod Identity when it was associated, and does no more
            return _session(settings, role, f"eks-{cluster}-{pod}")

    return variables


def _role(cluster: str, namespace: str, account: str) -> str | None:
    from ministack.services import eks

    for key, found in list(eks._pod_identity_associations.items()):
        if (
            str(key).startswith(f"{cluster}\x00")
            and found["namespace"] == namespace
            and found["serviceAccount"] == account
        ):
            return str(found["roleArn"])
    return None


def _has_agent(cluster: str) -> bool:
    from ministack.services import eks

    addon: Any = eks._addons.get(f"{cluster}/{AGENT}")
    return addon is not None and addon.get("status") == "ACTIVE"


def _session(settings: Settings, role: str, name: str) -> dict[str, str]:
    from sandbox.cloud.patches import task_credentials

    authorization = secrets.token_urlsafe(32)
    # A session's name has at most 64 characters; on EKS a random end tells pods apart as well.
    title = f"{name[:55]}-{uuid.uuid4().hex[:8]}"
    session = task_credentials._open(role, f"eks/{title}", authorization)
    region = {
        "AWS_REGION": settings.region,
        "AWS_DEFAULT_REGION": settings.region,
        "AWS_STS_REGIONAL_ENDPOINTS": "regional",
    }
    if settings.engine == "docker":
        # SDKs accept only a loopback address as the place of credentials.
        return region | {
            "AWS_ACCESS_KEY_ID": session.access_key,
            "AWS_SECRET_ACCESS_KEY": session.secret_key,
            "AWS_SESSION_TOKEN": session.token,
        }
    id = str(uuid.uuid4())
    task_credentials._sessions[id] = session
    uri = f"http://127.0.0.1:{settings.port}{task_credentials._PREFIX}{id}"
    return region | {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": uri,
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": authorization,
    }
