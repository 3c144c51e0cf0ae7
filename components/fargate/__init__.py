"""FargateWebService and what its arguments are made of."""

from .args import (
    AttachArgs,
    Attachment,
    BeforeDeployArgs,
    DiscoveryArgs,
    FargateWebServiceArgs,
)
from .gate import BeforeDeployError
from .rollout import RolloutError
from .service import FargateWebService

__all__ = [
    "AttachArgs",
    "Attachment",
    "BeforeDeployArgs",
    "BeforeDeployError",
    "DiscoveryArgs",
    "FargateWebService",
    "FargateWebServiceArgs",
    "RolloutError",
]
