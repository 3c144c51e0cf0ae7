"""The mends, one concern a module; ``apply`` installs them all before the cloud starts."""

from ..settings import Settings
from . import (
    discovery,
    engine,
    execution_role,
    lambda_errors,
    load_balancers,
    registry,
    retirement,
    rollouts,
    task_containers,
    task_credentials,
)


def apply(settings: Settings) -> None:
    """Install every patch; raises guard.UpstreamChanged if the emulator changed under one."""
    engine.apply(settings)
    registry.apply(settings)
    lambda_errors.apply(settings)
    balancer = load_balancers.apply(settings)
    task_containers.apply(settings)
    task_credentials.apply(settings)
    execution_role.apply(settings)
    retirement.apply(settings, balancer)
    rollouts.apply(settings, balancer)
    discovery.apply(settings)
