"""The mends, one concern a module; ``apply`` installs them all before the cloud starts."""

from sandbox.cloud.settings import Settings

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
    task_logs,
)


def apply(settings: Settings) -> None:
    """Install every patch; raises guard.UpstreamChangedError if the emulator changed under one."""
    engine.apply(settings)
    registry.apply(settings)
    lambda_errors.apply(settings)
    balancer = load_balancers.apply(settings)
    task_containers.apply(settings)
    task_credentials.apply(settings)
    task_logs.apply(settings)
    execution_role.apply(settings)
    retirement.apply(settings, balancer)
    rollouts.apply(settings, balancer)
    discovery.apply(settings)
