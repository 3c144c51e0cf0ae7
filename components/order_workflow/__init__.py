"""An order from its check to its parcel, or back to the customer's money."""

from .args import OrderFunctions, OrderWorkflowArgs
from .component import OrderWorkflow

__all__ = ["OrderFunctions", "OrderWorkflow", "OrderWorkflowArgs"]
