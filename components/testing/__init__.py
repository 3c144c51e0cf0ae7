"""Deploys a Pulumi program in memory, for tests of components and of programs that use them.

No engine, no cloud and no credentials: every registration is recorded and answered at once.
What was registered is then plain data::

    from components.testing import deploy

    def test_two_zones_have_four_subnets():
        deployment = deploy(lambda: Network("shop", {"zone_count": 2}))
        assert len(deployment.of("aws:ec2/subnet:Subnet")) == 4
        assert deployment.result["vpc_id"] == "shop-id"

With ``known=False`` the program runs as on a first ``pulumi preview``: every id, ARN and other
value that AWS would choose is ``UNKNOWN``, and nothing that waits for one runs.

The pytest fixture ``slipway`` is ``deploy``; name this module in ``conftest.py``
(``pytest_plugins = ["slipway.testing"]`` when the library is installed) and ask for it.

Left out: diffs, updates and destroys, a provider's own checks, and calling resource hooks
(they are plain functions: call them).
"""

from collections.abc import Callable

import pytest

from .answers import ACCOUNT, REGION, Answer
from .deployment import UNKNOWN, Deployment, Resource
from .runner import deploy

__all__ = ["ACCOUNT", "REGION", "UNKNOWN", "Answer", "Deployment", "Resource", "deploy", "slipway"]


@pytest.fixture
def slipway() -> Callable[..., Deployment]:
    """``deploy`` as a fixture: ``deployment = slipway(program, known=False)``."""
    return deploy
