"""Slipway: Pulumi components that put containers and functions on AWS.

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
from .function import (
    CanaryError,
    FunctionFailures,
    FunctionFileSystem,
    FunctionRelease,
    FunctionVpc,
    MultiTriggerFunction,
    MultiTriggerFunctionArgs,
    Triggers,
)
from .network import Network, NetworkArgs, Placement
from .policy import Statement, allow
from .python_layer import PythonLayer, PythonLayerArgs
from .web_app import Domain, HealthCheck, Scaling, WebApp

__all__ = [
    "AttachArgs",
    "Attachment",
    "BeforeDeployArgs",
    "BeforeDeployError",
    "CanaryError",
    "ContainerImage",
    "ContainerImageArgs",
    "DiscoveryArgs",
    "Domain",
    "FargateWebService",
    "FargateWebServiceArgs",
    "FunctionFailures",
    "FunctionFileSystem",
    "FunctionRelease",
    "FunctionVpc",
    "HealthCheck",
    "MultiTriggerFunction",
    "MultiTriggerFunctionArgs",
    "Network",
    "NetworkArgs",
    "Placement",
    "PythonLayer",
    "PythonLayerArgs",
    "RolloutError",
    "Scaling",
    "Statement",
    "Triggers",
    "WebApp",
    "allow",
]
