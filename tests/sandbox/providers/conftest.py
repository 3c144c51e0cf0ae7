"""One embedded cloud for all provider tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.cloud import lifecycle
from sandbox.deploy import connect
from sandbox.providers.base import Context

from .world import World


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A cloud with default tags on everything."""
    state: Path = tmp_path_factory.mktemp("providers")
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
