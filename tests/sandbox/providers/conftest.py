"""One embedded cloud for all provider tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.cloud import lifecycle
from sandbox.deploy import connect
from sandbox.providers.base import Context

from . import clusters
from .world import World


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A cloud with default tags on everything; its clusters are mocks, which start at once."""
    state: Path = tmp_path_factory.mktemp("providers")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SANDBOX_KUBERNETES", "mock")
        cloud = lifecycle.start(state, engine="process")
    try:
        context = connect(cloud.endpoint, region=cloud.region, account=cloud.account)
        tagged = Context(
            context.client,
            context.region,
            context.account,
            default_tags={"stack": "test"},
            engine=cloud.engine,
            endpoint=cloud.endpoint,
        )
        yield World(tagged)
    finally:
        lifecycle.stop(state)


@pytest.fixture(scope="session")
def mock_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[clusters.Cluster]:
    """The API server in memory."""
    with clusters.mocked(tmp_path_factory.mktemp("mock")) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def built_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[clusters.Cluster]:
    """A real control plane."""
    from sandbox.kubernetes import build

    binaries = build.binaries()
    if binaries is None:
        pytest.skip("no control plane is built: make kubernetes")
    with clusters.built(tmp_path_factory.mktemp("built"), binaries) as cluster:
        yield cluster


@pytest.fixture(params=["mock", pytest.param("built", marks=pytest.mark.kubernetes)])
def cluster(request: pytest.FixtureRequest) -> clusters.Cluster:
    """Both, one after the other."""
    found: clusters.Cluster = request.getfixturevalue(f"{request.param}_cluster")
    return found
