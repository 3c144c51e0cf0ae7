"""Deploys a Pulumi program in memory, for tests of components and of programs that use them.

No engine, no cloud and no credentials: every registration is recorded and answered at once.
What was registered is then plain data::

    from components.testing import deploy

    def test_the_subnets_span_two_zones():
        deployment = deploy(lambda: Network("shop", {"zone_count": 2}))
        assert len(deployment.of("aws:ec2/subnet:Subnet")) == 4

With ``known=False`` the program runs as on a first ``pulumi preview``: every id, ARN and other
value that AWS would choose is ``UNKNOWN``. The pytest fixture ``slipway`` is ``deploy``: put
``pytest_plugins = ["components.testing"]`` into ``conftest.py`` (from the wheel:
``slipway.testing``), or import the fixture.

Left out: diffs, updates and destroys, what a provider's own checks refuse, and calling
resource hooks.
"""

import asyncio
import contextvars
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pulumi
import pulumi.runtime
import pytest
from pulumi.runtime import mocks, rpc, settings
from pulumi.runtime import stack as sdk_stack
from pulumi.runtime.proto import resource_pb2

from ._testing_answers import ACCOUNT, REGION, answer, outputs_of

__all__ = ["ACCOUNT", "REGION", "UNKNOWN", "Deployment", "Resource", "deploy", "slipway"]

T = TypeVar("T")
Invoke = Callable[[Mapping[str, Any]], Mapping[str, Any]]
