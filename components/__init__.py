"""Slipway: Pulumi components that put containers on AWS.

Importing it is cheap: the AWS services behind a component load when the component is made.
"""

from .container_image import ContainerImage, ContainerImageArgs
from .fargate import (
    AttachArgs,
    Attachment,
    BeforeDeployArgs,
    BeforeDeployError,
    DiscoveryArgs,
    FargateWebService,
    FargateWebServiceArgs,
    RolloutError,
)
from .network import Network, NetworkArgs, Placement
from .policy import Statement, allow
from .web_app import Domain, HealthCheck, Scaling, WebApp

__all__ = [
    "AttachArgs",
    "Attachment",
    "BeforeDeployArgs",
    "BeforeDeployError",
    "ContainerImage",
    "ContainerImageArgs",
    "DiscoveryArgs",
    "Domain",
    "FargateWebService",
    "FargateWebServiceArgs",
    "HealthCheck",
    "Network",
    "NetworkArgs",
    "Placement",
    "RolloutError",
    "Scaling",
    "Statement",
    "WebApp",
    "allow",
]
