"""StateMachine and what its arguments are made of."""

from ..function.task import WorkflowFunction
from .args import StateMachineArgs, Undo, WorkflowRelease, WorkflowTriggers
from .component import StateMachine

__all__ = [
    "StateMachine",
    "StateMachineArgs",
    "Undo",
    "WorkflowFunction",
    "WorkflowRelease",
    "WorkflowTriggers",
]
