"""One cloud of the process engine for all tests of this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.cloud import start, stop

from .world import World

PORT = 4830
"""Away from the default, so that a developer's own sandbox is left alone."""


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    state: Path = tmp_path_factory.mktemp("cloud")
    cloud = start(state, port=PORT, engine="process")
    yield World(cloud, state)
    stop(state)
