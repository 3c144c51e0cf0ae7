"""Who is who in a control plane: the certificates and kubeconfigs of its programs."""

import base64
import json
from pathlib import Path
from typing import Any

from . import certificates, flags

NAMES = (
    "127.0.0.1",
    flags.SERVICE_ADDRESS,
    "localhost",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
    "metrics-server.kube-system.svc",
)
"""By which clients reach the servers, all of which are on loopback."""
ADMIN = "admin"
USERS = {
    ADMIN: ("kubernetes-admin", "system:masters"),
    "controller-manager": ("system:kube-controller-manager", ""),
    "scheduler": ("system:kube-scheduler", ""),
    # KWOK plays every node at once, which the node authoriser rightly gives to nobody.
    "kwok": ("kwok", "system:masters"),
    "metrics-server": ("system:metrics-server", "system:masters"),
}
"""Kubeconfig -> the user and the group in its certificate."""


def make(folder: Path, name: str, ports: flags.Ports) -> tuple[flags.Files, dict[str, Any]]:
    """Write all of them; returns where they are, and the administrator's kubeconfig."""
    pki, kubeconfigs = folder / "pki", folder / "kubeconfigs"
    ca = certificates.Authority(pki, "ca")
    front = certificates.Authority(pki, "front-proxy-ca")
    kubeconfigs.mkdir(mode=0o700)
    documents: dict[str, dict[str, Any]] = {}
    for file, (user, group) in USERS.items():
        pair = ca.issue(file, common_name=user, organization=group)
        documents[file] = _client(name, ports.api, ca.pair.pem, pair)
        _write(kubeconfigs / file, documents[file])
    files = flags.Files(
        folder=folder,
        ca=ca.pair,
        front_ca=front.pair,
        server=ca.issue("server", hosts=NAMES),
        etcd_client=ca.issue("etcd-client"),
        front_proxy=front.issue("front-proxy-client"),
        kubelet_client=ca.issue(
            "kubelet-client", common_name="kube-apiserver", organization="system:masters"
        ),
        service_accounts=certificates.signing_key(pki),
        kubeconfigs=kubeconfigs,
    )
    return files, documents[ADMIN]


def webhook(files: flags.Files, url: str) -> Path:
    """The kubeconfig by which the API server asks ``url`` whose a bearer token is."""
    path = files.kubeconfigs / "token-webhook"
    _write(path, _document("webhook", {"server": url}, {}))
    return path


def _client(name: str, port: int, ca: bytes, user: certificates.Pair) -> dict[str, Any]:
    cluster = {"server": f"https://127.0.0.1:{port}", "certificate-authority-data": _data(ca)}
    credentials = {
        "client-certificate-data": _data(user.pem),
        "client-key-data": _data(user.key.read_bytes()),
    }
    return _document(name, cluster, credentials)


def _document(name: str, cluster: dict[str, Any], user: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }


def _write(path: Path, document: dict[str, Any]) -> None:
    path.touch(mode=0o600)
    path.write_text(json.dumps(document))


def _data(pem: bytes) -> str:
    return base64.b64encode(pem).decode()
