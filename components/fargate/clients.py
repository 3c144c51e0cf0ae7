"""AWS clients for the deploy-time hooks, made when a hook first needs one.

Only here is boto3 imported, and only once a hook runs: previews, tests under mocks and
importers who switch the hooks off never need it. The clients use the credentials that
the AWS provider of the same stack uses by default: ``aws:profile`` and
``aws:assumeRoles`` of the stack's configuration over the ambient ones. An explicit
provider's own credentials stay inside Pulumi's engine and cannot be seen from here.
"""

import importlib.util
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import pulumi

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client
    from mypy_boto3_logs import CloudWatchLogsClient


class Clients:
    """The three services that a rollout is read from; ``make("ecs")`` returns a client."""

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
    def logs(self) -> "CloudWatchLogsClient":
        """What the tasks wrote."""
        return self._make("logs")  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Login:
    """Which credentials the stack's configuration asks for."""

    profile: str | None = None
    roles: str | None = None
    """``aws:assumeRoles`` as it is configured: a JSON list, assumed one after another."""

    @classmethod
    def from_config(cls) -> "Login":
        """The default AWS provider's configuration of this stack."""
        config = pulumi.Config("aws")
        return cls(profile=config.get("profile"), roles=config.get("assumeRoles"))

    def connect(self, region: str) -> Clients:
        """Clients for ``region``."""
        import boto3

        session = boto3.Session(profile_name=self.profile, region_name=region)
        for role in json.loads(self.roles or "[]"):
            request = {
                "RoleArn": role["roleArn"],
                "RoleSessionName": role.get("sessionName", "slipway"),
            }
            if role.get("externalId"):
                request["ExternalId"] = role["externalId"]
            keys = session.client("sts").assume_role(**request)["Credentials"]
            session = boto3.Session(
                aws_access_key_id=keys["AccessKeyId"],
                aws_secret_access_key=keys["SecretAccessKey"],
                aws_session_token=keys["SessionToken"],
                region_name=region,
            )
        # The stubs give every service an overload of its own; here the name is data.
        return Clients(cast(Any, session).client)


def available() -> bool:
    """Whether boto3 can be imported, without importing it."""
    return importlib.util.find_spec("boto3") is not None


def region_of(arn: str) -> str:
    """The region that an ARN names."""
    return arn.split(":")[3]
