"""The AWS clients that a rollout is followed with; ``deploy_time.py`` says whose credentials."""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .. import deploy_time
from ..deploy_time import available, region_of

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client
    from mypy_boto3_logs import CloudWatchLogsClient

__all__ = ["Clients", "Login", "available", "region_of"]


class Clients:
    """The services that a rollout is read from; ``make("ecs")`` returns a client."""

    def __init__(self, make: Callable[[str], Any]) -> None:
        self._make = make

    @cached_property
    def ecs(self) -> "ECSClient":
        """Services, tasks and their revisions."""
        return self._make("ecs")  # type: ignore[no-any-return]

    @cached_property
    def elbv2(self) -> "ElasticLoadBalancingv2Client":
        """What the load balancer thinks of the tasks."""
        return self._make("elbv2")  # type: ignore[no-any-return]

    @cached_property
    def cloudwatch(self) -> "CloudWatchClient":
        """The alarms that judge a deployment."""
        return self._make("cloudwatch")  # type: ignore[no-any-return]

    @cached_property
    def logs(self) -> "CloudWatchLogsClient":
        """What the tasks wrote."""
        return self._make("logs")  # type: ignore[no-any-return]


class Login(deploy_time.Login):
    """The stack's credentials, for these services."""

    def connect(self, region: str) -> Clients:
        """Clients for ``region``."""
        return Clients(self.clients(region))
