"""One real control plane for the tests that only look at it, or that clean up."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.kubernetes import build, nodes, plane
from sandbox.kubernetes.client import Api


@pytest.fixture(scope="session")
def binaries() -> Path:
    """The programs that `make kubernetes` built."""
    if (built := build.binaries()) is None:
        pytest.skip("needs the control plane that `make kubernetes` builds")
    return built


@pytest.fixture(scope="session")
def control_plane(
    binaries: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[plane.ControlPlane]:
    """With three nodes, one a zone."""
    started = plane.start(tmp_path_factory.mktemp("plane"), name="tests", binaries=binaries)
    try:
        client = started.api()
        for number, zone in enumerate("abc"):
            nodes.join(client, node(f"ip-10-0-{number}-10.ec2.internal", f"us-east-1{zone}"))
        client.close()
        yield started
    finally:
        started.stop()


@pytest.fixture(scope="session")
def api(control_plane: plane.ControlPlane) -> Iterator[Api]:
    """The administrator of it."""
    client = control_plane.api()
    yield client
    client.close()


def node(name: str, zone: str) -> nodes.Node:
    """A node as a node group of t3.medium has them."""
    return nodes.Node(name, zone, "us-east-1", "t3.medium", "amd64", "workers", "2", 4096)
