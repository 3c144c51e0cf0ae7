"""Two clouds: one whose clusters are mocks, one with real control planes where they are built."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox.cloud import start, stop

from .eks_world import EksWorld

MOCK_PORT, BUILT_PORT = 4870, 4890
"""Away from each other and from what else is tested."""


@contextmanager
def cloud(kind: str, port: int, state: Path) -> Iterator[EksWorld]:
    """A cloud whose clusters are all of that kind."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SANDBOX_KUBERNETES", kind)
        patch.delenv("SANDBOX_KUBECONFIG", raising=False)
        started = start(state, port=port, engine="process")
    try:
        yield EksWorld(started, state)
    finally:
        stop(state)


@pytest.fixture(scope="session")
def eks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EksWorld]:
    """Clusters that keep and check objects, and run nothing."""
    with cloud("mock", MOCK_PORT, tmp_path_factory.mktemp("eks")) as world:
        yield world


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EksWorld]:
    """Clusters with a control plane; skipped where none is built."""
    from sandbox.kubernetes.build import binaries

    if binaries() is None:
        pytest.skip("Kubernetes: no control plane is built here (make kubernetes)")
    with cloud("built", BUILT_PORT, tmp_path_factory.mktemp("real")) as world:
        yield world
