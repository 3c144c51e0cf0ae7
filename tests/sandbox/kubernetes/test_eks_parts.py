"""The parts of EKS that need no cloud: instance types, kubeconfigs, Fargate's selectors."""

import base64
from typing import Any

import pytest

from sandbox.kubernetes import kubeconfig as kubeconfigs
from sandbox.kubernetes.eks_fargate import selected
from sandbox.kubernetes.eks_instances import instance
from sandbox.kubernetes.eks_kubeconfig import HEADER, flat, kubeconfig, pack


@pytest.mark.parametrize(
    ("type", "architecture", "cpu", "memory_mib"),
    [
        ("t3.medium", "amd64", 2, 4096),
        ("t4g.medium", "arm64", 2, 4096),
        ("m7g.medium", "arm64", 1, 4096),
        ("m7i.large", "amd64", 2, 8192),
        ("c6g.xlarge", "arm64", 4, 8192),
        ("r7a.4xlarge", "amd64", 16, 131072),
    ],
)
def test_an_instance_type_is_read_by_its_name(
    type: str, architecture: str, cpu: int, memory_mib: int
) -> None:
    found = instance(type)
    assert found is not None
    assert (found.architecture, found.cpu, found.memory_mib) == (architecture, cpu, memory_mib)


@pytest.mark.parametrize("type", ["t3.enormous", "m7i.medium", "z9.large", "t3", "m7i.0xlarge"])
def test_an_unknown_instance_type_is_none(type: str) -> None:
    assert instance(type) is None


def test_a_kubeconfig_travels_in_a_header() -> None:
    document = {"current-context": "x", "clusters": []}
    answer = {"ResponseMetadata": {"HTTPHeaders": {HEADER: pack(document)}}}
    assert kubeconfig(answer) == document


def test_a_flat_kubeconfig_holds_what_its_files_held() -> None:
    def data(text: str) -> str:
        return base64.b64encode(text.encode()).decode()

    document: dict[str, Any] = {
        "clusters": [
            {
                "name": "kind",
                "cluster": {
                    "server": "https://127.0.0.1:1",
                    "certificate-authority-data": data("ca"),
                    "tls-server-name": "kind",
                },
            }
        ],
        "users": [
            {
                "name": "me",
                "user": {
                    "client-certificate-data": data("certificate"),
                    "client-key-data": data("key"),
                },
            }
        ],
        "contexts": [{"name": "mine", "context": {"cluster": "kind", "user": "me"}}],
        "current-context": "mine",
    }
    made = flat(kubeconfigs.read(document), "shop")
    assert made["current-context"] == "shop"
    assert made["clusters"] == document["clusters"]
    assert made["users"][0]["user"] == document["users"][0]["user"]


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ({"namespace": "shop"}, True),
        ({"namespace": "sho?"}, True),
        ({"namespace": "*"}, True),
        ({"namespace": "other"}, False),
        ({"namespace": "shop", "labels": {"app": "store*"}}, True),
        ({"namespace": "shop", "labels": {"app": "other"}}, False),
        ({"namespace": "shop", "labels": {"app": "storefront", "tier": "x"}}, False),
    ],
)
def test_fargate_takes_the_pods_that_its_selectors_name(
    selector: dict[str, Any], expected: bool
) -> None:
    pod = {"metadata": {"namespace": "shop", "labels": {"app": "storefront"}}}
    assert selected(pod, [{"namespace": "none"}, selector]) is expected
