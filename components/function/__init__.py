"""MultiTriggerFunction and what its arguments are made of."""

from .args import (
    FunctionFailures,
    FunctionFileSystem,
    FunctionRelease,
    FunctionVpc,
    MultiTriggerFunctionArgs,
    Triggers,
)
from .canary import CanaryError
from .component import MultiTriggerFunction

__all__ = [
    "CanaryError",
    "FunctionFailures",
    "FunctionFileSystem",
    "FunctionRelease",
    "FunctionVpc",
    "MultiTriggerFunction",
    "MultiTriggerFunctionArgs",
    "Triggers",
]
