"""Observability: alarms, dashboards and who is told; see ``component.py``."""

from .args import (
    ApiToWatch,
    Chat,
    ClusterToWatch,
    DeploymentMark,
    FunctionToWatch,
    ObservabilityArgs,
    QueueToWatch,
    ServiceToWatch,
    TableToWatch,
    WorkflowToWatch,
)
from .component import Observability

__all__ = [
    "ApiToWatch",
    "Chat",
    "ClusterToWatch",
    "DeploymentMark",
    "FunctionToWatch",
    "Observability",
    "ObservabilityArgs",
    "QueueToWatch",
    "ServiceToWatch",
    "TableToWatch",
    "WorkflowToWatch",
]
