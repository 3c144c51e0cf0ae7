"""Slipway: Pulumi components that put containers, functions and workflows on AWS.

Importing it is cheap: a component loads when it is first named, and the AWS services behind it when
it is made. So the linter's command line does not wait for Pulumi.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .alarms.overrides import AlarmOverride
    from .container_image import ContainerImage, ContainerImageArgs
    from .data_workflow import DataFunctions, DataProcessingWorkflow, DataProcessingWorkflowArgs
    from .eks import EksWebApp, EksWebAppArgs, ExistingCluster, Nodes
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
    from .observability import (
        ApiToWatch,
        Chat,
        ClusterToWatch,
        DeploymentMark,
        FunctionToWatch,
        Observability,
        ObservabilityArgs,
        QueueToWatch,
        ServiceToWatch,
        TableToWatch,
        WorkflowToWatch,
    )
    from .order_workflow import OrderFunctions, OrderWorkflow, OrderWorkflowArgs
    from .policy import Statement, allow
    from .python_layer import PythonLayer, PythonLayerArgs
    from .state_machine import (
        StateMachine,
        StateMachineArgs,
        Undo,
        WorkflowFunction,
        WorkflowRelease,
        WorkflowTriggers,
    )
    from .web_app import Domain, HealthCheck, Scaling, WebApp

_HOMES = {
    "alarms.overrides": ("AlarmOverride",),
    "container_image": ("ContainerImage", "ContainerImageArgs"),
    "data_workflow": ("DataFunctions", "DataProcessingWorkflow", "DataProcessingWorkflowArgs"),
    "eks": ("EksWebApp", "EksWebAppArgs", "ExistingCluster", "Nodes"),
    "fargate": (
        "AttachArgs",
        "Attachment",
        "BeforeDeployArgs",
        "BeforeDeployError",
        "DiscoveryArgs",
        "FargateWebService",
        "FargateWebServiceArgs",
        "RolloutError",
    ),
    "function": (
        "CanaryError",
        "FunctionFailures",
        "FunctionFileSystem",
        "FunctionRelease",
        "FunctionVpc",
        "MultiTriggerFunction",
        "MultiTriggerFunctionArgs",
        "Triggers",
    ),
    "network": ("Network", "NetworkArgs", "Placement"),
    "observability": (
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
    ),
    "order_workflow": ("OrderFunctions", "OrderWorkflow", "OrderWorkflowArgs"),
    "policy": ("Statement", "allow"),
    "python_layer": ("PythonLayer", "PythonLayerArgs"),
    "state_machine": (
        "StateMachine",
        "StateMachineArgs",
        "Undo",
        "WorkflowFunction",
        "WorkflowRelease",
        "WorkflowTriggers",
    ),
    "web_app": ("Domain", "HealthCheck", "Scaling", "WebApp"),
}
"""Which module has which names; the same as above, for those who run the program."""
_MODULES = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "AlarmOverride",
    "ApiToWatch",
    "AttachArgs",
    "Attachment",
    "BeforeDeployArgs",
    "BeforeDeployError",
    "CanaryError",
    "Chat",
    "ClusterToWatch",
    "ContainerImage",
    "ContainerImageArgs",
    "DataFunctions",
    "DataProcessingWorkflow",
    "DataProcessingWorkflowArgs",
    "DeploymentMark",
    "DiscoveryArgs",
    "Domain",
    "EksWebApp",
    "EksWebAppArgs",
    "ExistingCluster",
    "FargateWebService",
    "FargateWebServiceArgs",
    "FunctionFailures",
    "FunctionFileSystem",
    "FunctionRelease",
    "FunctionToWatch",
    "FunctionVpc",
    "HealthCheck",
    "MultiTriggerFunction",
    "MultiTriggerFunctionArgs",
    "Network",
    "NetworkArgs",
    "Nodes",
    "Observability",
    "ObservabilityArgs",
    "OrderFunctions",
    "OrderWorkflow",
    "OrderWorkflowArgs",
    "Placement",
    "PythonLayer",
    "PythonLayerArgs",
    "QueueToWatch",
    "RolloutError",
    "Scaling",
    "ServiceToWatch",
    "StateMachine",
    "StateMachineArgs",
    "Statement",
    "TableToWatch",
    "Triggers",
    "Undo",
    "WebApp",
    "WorkflowFunction",
    "WorkflowRelease",
    "WorkflowToWatch",
    "WorkflowTriggers",
    "allow",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_MODULES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
