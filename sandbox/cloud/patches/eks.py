"""EKS: the requests that the emulator has no answer to, and how refusals reach the caller.

What a cluster, a node group and the rest do is in the modules beside this one (``eks_*``).
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from ministack.core.iam_evaluator import resolve_caller_identity
from ministack.core.router import extract_access_key_id
from ministack.services import eks

from sandbox.cloud.settings import Settings
from sandbox.kubernetes import eks_kubeconfig

from . import (
    eks_access,
    eks_addons,
    eks_clusters,
    eks_fargate,
    eks_logs,
    eks_nodegroups,
    eks_pods,
    eks_records,
    eks_tags,
    eks_updates,
    guard,
)
from .eks_records import Record, Refusal

_NAME = r"([A-Za-z0-9_.-]+)"
_CLUSTER = f"/clusters/{_NAME}"
_GROUP = f"{_CLUSTER}/node-groups/{_NAME}"
_PROFILE = f"{_CLUSTER}/fargate-profiles/{_NAME}"
_CHANGING: Mapping[str, Callable[..., Record]] = {
    f"{_CLUSTER}/update-config": eks_updates.configure,
    f"{_CLUSTER}/updates": eks_updates.upgrade,
    f"{_GROUP}/update-config": eks_nodegroups.configure,
    f"{_GROUP}/update-version": eks_nodegroups.renew,
    f"{_CLUSTER}/fargate-profiles": eks_fargate.create,
}
"""Paths that are posted to; who answers gets the names in the path, then the body."""
_TELLING: Mapping[str, Callable[..., Record]] = {
    f"{_CLUSTER}/updates": eks_updates.listed,
    f"{_CLUSTER}/updates/{_NAME}": eks_updates.described,
    f"{_CLUSTER}/fargate-profiles": eks_fargate.listed,
    _PROFILE: eks_fargate.described,
}
"""Paths that are read; who answers gets the names in the path."""
_CATALOGUES: Mapping[str, Callable[[Record], Record]] = {
    "/cluster-versions": eks_updates.versions,
    "/addons/supported-versions": eks_addons.versions,
}
"""What belongs to no cluster; who answers gets the query."""


def apply(settings: Settings) -> None:
    """Give EKS a Kubernetes."""
    guard.wrap(
        eks, "_handle_request_sync", "(method, path, headers, body_bytes, query_params)", _answering
    )
    eks_access.apply(settings)
    eks_addons.apply(settings)
    eks_clusters.apply(settings)
    eks_logs.apply(settings)
    eks_nodegroups.apply(settings)
    eks_pods.apply(settings)
    eks_tags.apply(settings)


def _answering(original: Callable[..., Any]) -> Callable[..., Any]:
    def handle(
        method: str, path: str, headers: dict[str, str], body_bytes: bytes, query_params: Record
    ) -> Any:
        try:
            answer = _ours(method, path, body_bytes, query_params)
            if answer is None:
                answer = original(method, path, headers, body_bytes, query_params)
        except Refusal as refusal:
            return eks._error(refusal.status, refusal.code, str(refusal))
        return _completed(answer, method, path, headers, query_params)

    return handle


def _ours(method: str, path: str, body: bytes, query: Record) -> Any:
    """The answer to a request that the emulator does not serve; None for all others."""
    if path.startswith("/tags/") and method == "DELETE":
        # The emulator sees the first of several keys only.
        return eks._untag_resource(unquote(path[6:]), {"tagKeys": query.get("tagKeys", [])})
    if method == "GET" and path in _CATALOGUES:
        single = {key: item[0] if len(item) == 1 else item for key, item in query.items()}
        return eks._json_resp(200, _CATALOGUES[path](single))
    if method == "DELETE" and (found := re.fullmatch(_PROFILE, path)):
        return eks._json_resp(200, eks_fargate.delete(*found.groups()))
    table = {"GET": _TELLING, "POST": _CHANGING}.get(method, {})
    given = [json.loads(body) if body else {}] if method == "POST" else []
    for pattern, answer in table.items():
        if found := re.fullmatch(pattern, path):
            return eks._json_resp(200, answer(*found.groups(), *given))
    return None


def _completed(answer: Any, method: str, path: str, headers: dict[str, str], query: Record) -> Any:
    """The answer with what others need: updates are kept, administrators get a kubeconfig."""
    status, sent, body = answer
    found = re.fullmatch(rf"/clusters/{_NAME}(/.+)?", path)
    if found is None or status != 200:
        return answer
    if method == "POST" and b'"update"' in body:
        eks_updates.remember(found[1], answer)
    if method == "GET" and found[2] is None:
        plane = eks_records.planes.get(eks_records.key(found[1]))
        caller = resolve_caller_identity(extract_access_key_id(headers, query)) or {}
        if plane is not None and str(caller.get("userArn")).endswith(":root"):
            packed = eks_kubeconfig.pack(plane.kubeconfig)
            return status, {**sent, eks_kubeconfig.HEADER: packed}, body
    return answer
