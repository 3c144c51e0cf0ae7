"""Deploys a Pulumi program into the embedded cloud, without Pulumi's engine.

The program runs as it is, in this process; each resource that it registers is served by
a provider of ``sandbox.providers``. What exists is kept in a small state file, so that a
second deploy changes only what changed. Left out: previews, refresh, import, transforms,
concurrent deploys of one state. Who needs more has the official engine.
"""

from .config import StackConfig, load_config
from .events import Deployed, DeployError, Event, Result
from .runner import deploy, deployed, destroy
from .surroundings import aws_environment, connect

__all__ = [
    "DeployError",
    "Deployed",
    "Event",
    "Result",
    "StackConfig",
    "aws_environment",
    "connect",
    "deploy",
    "deployed",
    "destroy",
    "load_config",
]
