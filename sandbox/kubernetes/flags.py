"""How the programs of a control plane are called: one function each, every choice with its reason.

All of them listen on loopback only, with TLS, on ports of their own.
"""

from dataclasses import dataclass
from pathlib import Path

from .certificates import Pair

SERVICE_CIDR = "10.100.0.0/16"
"""Where EKS takes the addresses of Services from in a VPC of 10.0.0.0/8."""
SERVICE_ADDRESS = "10.100.0.1"
"""The address of ``kubernetes.default``: the first of the range."""
POD_CIDR = "10.244.0.1/16"
"""Where KWOK takes pod addresses from; nothing routes them."""

HPA_SYNC = "2s"
"""AWS looks every 15 s; a person who tries autoscaling out should see it within seconds."""
HPA_DOWN = "15s"
"""How long a lower load must last; 300 s by default."""
HPA_INITIAL = "1s"
"""For how long after its start a pod's CPU is not believed; 300 s and 30 s by default. The usage
here is simulated and has no start-up peak."""
NODE_GRACE = "60s"
"""Without a heartbeat for so long a node is lost; 50 s by default, and this machine may be slow."""
SNAPSHOTS = "5000"
"""Entries that etcd keeps in memory before a snapshot: half of its default halves that memory."""


@dataclass(frozen=True)
class Ports:
    """Where each program listens."""

    api: int
    etcd: int
    peer: int
    controllers: int
    scheduler: int
    nodes: int
    metrics: int


@dataclass(frozen=True)
class Files:
    """What the programs read."""

    folder: Path
    ca: Pair
    front_ca: Pair
    server: Pair
    """Serves the API, etcd, the nodes; names loopback and the API server's names inside."""
    etcd_client: Pair
    front_proxy: Pair
    kubelet_client: Pair
    service_accounts: Path
    kubeconfigs: Path
    """Folder of one kubeconfig a program."""


def etcd(files: Files, ports: Ports) -> list[str]:
    """The store. Nothing is synced to disk: its data is worthless after a stop anyhow."""
    client, peer = f"https://127.0.0.1:{ports.etcd}", f"https://127.0.0.1:{ports.peer}"
    return [
        "--name=slipway",
        f"--data-dir={files.folder / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=slipway={peer}",
        "--client-cert-auth",
        f"--trusted-ca-file={files.ca.certificate}",
        f"--cert-file={files.server.certificate}",
        f"--key-file={files.server.key}",
        "--peer-client-cert-auth",
        f"--peer-trusted-ca-file={files.ca.certificate}",
        f"--peer-cert-file={files.server.certificate}",
        f"--peer-key-file={files.server.key}",
        "--unsafe-no-fsync",
        f"--snapshot-count={SNAPSHOTS}",
        "--auto-compaction-mode=periodic",
        "--auto-compaction-retention=5m",
        "--log-level=warn",
    ]


def api_server(files: Files, ports: Ports, webhook: Path | None) -> list[str]:
    """The API: RBAC and node authorisers, every default admission plug-in, aggregation.

    ``webhook`` is the kubeconfig of whoever says whose a bearer token is (EKS: IAM).
    """
    tokens = [
        f"--authentication-token-webhook-config-file={webhook}",
        "--authentication-token-webhook-version=v1",
        # An access entry counts at once; two minutes by default.
        "--authentication-token-webhook-cache-ttl=1s",
    ]
    return [
        *(tokens if webhook else []),
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        f"--secure-port={ports.api}",
        # It would publish its address as endpoints of kubernetes.default, which loopback cannot be.
        "--endpoint-reconciler-type=none",
        f"--etcd-servers=https://127.0.0.1:{ports.etcd}",
        f"--etcd-cafile={files.ca.certificate}",
        f"--etcd-certfile={files.etcd_client.certificate}",
        f"--etcd-keyfile={files.etcd_client.key}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        f"--client-ca-file={files.ca.certificate}",
        f"--tls-cert-file={files.server.certificate}",
        f"--tls-private-key-file={files.server.key}",
        f"--service-cluster-ip-range={SERVICE_CIDR}",
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        f"--service-account-key-file={files.service_accounts}",
        f"--service-account-signing-key-file={files.service_accounts}",
        f"--requestheader-client-ca-file={files.front_ca.certificate}",
        "--requestheader-allowed-names=front-proxy-client",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-username-headers=X-Remote-User",
        f"--proxy-client-cert-file={files.front_proxy.certificate}",
        f"--proxy-client-key-file={files.front_proxy.key}",
        # A node's real address is its ExternalIP, loopback (nodes.py).
        "--kubelet-preferred-address-types=ExternalIP",
        f"--kubelet-certificate-authority={files.ca.certificate}",
        f"--kubelet-client-certificate={files.kubelet_client.certificate}",
        f"--kubelet-client-key={files.kubelet_client.key}",
        "--allow-privileged=true",
        "--profiling=false",
    ]


def controller_manager(files: Files, ports: Ports) -> list[str]:
    """Every controller, with an autoscaler that a person can wait for."""
    return [
        *_of_the_cluster(files, "controller-manager", ports.controllers),
        "--use-service-account-credentials=true",
        f"--service-account-private-key-file={files.service_accounts}",
        f"--root-ca-file={files.ca.certificate}",
        f"--cluster-signing-cert-file={files.ca.certificate}",
        f"--cluster-signing-key-file={files.ca.key}",
        f"--requestheader-client-ca-file={files.front_ca.certificate}",
        f"--horizontal-pod-autoscaler-sync-period={HPA_SYNC}",
        f"--horizontal-pod-autoscaler-downscale-stabilization={HPA_DOWN}",
        f"--horizontal-pod-autoscaler-cpu-initialization-period={HPA_INITIAL}",
        f"--horizontal-pod-autoscaler-initial-readiness-delay={HPA_INITIAL}",
        f"--node-monitor-grace-period={NODE_GRACE}",
        # The defaults of 20 and 30 requests a second slow a deploy of many objects down.
        "--kube-api-qps=200",
        "--kube-api-burst=400",
    ]


def scheduler(files: Files, ports: Ports) -> list[str]:
    """The scheduler with its default plug-ins."""
    return _of_the_cluster(files, "scheduler", ports.scheduler)


def kwok(files: Files, ports: Ports, config: Path) -> list[str]:
    """The nodes' kubelets, for nodes that carry KWOK's annotation only."""
    from . import annotations

    return [
        f"--kubeconfig={files.kubeconfigs / 'kwok'}",
        f"--config={config}",
        f"--manage-nodes-with-annotation-selector={annotations.NODE}={annotations.NODE_VALUE}",
        f"--cidr={POD_CIDR}",
        "--node-lease-duration-seconds=40",
        f"--node-port={ports.nodes}",
        f"--server-address=127.0.0.1:{ports.nodes}",
        f"--tls-cert-file={files.server.certificate}",
        f"--tls-private-key-file={files.server.key}",
    ]


def metrics_server(files: Files, ports: Ports) -> list[str]:
    """The metrics API, fed from what KWOK says of each node."""
    kubeconfig = files.kubeconfigs / "metrics-server"
    return [
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        "--bind-address=127.0.0.1",
        f"--secure-port={ports.metrics}",
        f"--tls-cert-file={files.server.certificate}",
        f"--tls-private-key-file={files.server.key}",
        # The least it accepts.
        "--metric-resolution=10s",
        # Must be less than that.
        "--kubelet-request-timeout=5s",
        "--kubelet-preferred-address-types=ExternalIP",
        "--kubelet-use-node-status-port",
        f"--kubelet-certificate-authority={files.ca.certificate}",
    ]


def _of_the_cluster(files: Files, name: str, port: int) -> list[str]:
    kubeconfig = files.kubeconfigs / name
    return [
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        f"--client-ca-file={files.ca.certificate}",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        f"--tls-cert-file={files.server.certificate}",
        f"--tls-private-key-file={files.server.key}",
        # There is one of each: nobody to compete with, and two seconds saved at the start.
        "--leader-elect=false",
        "--profiling=false",
    ]
