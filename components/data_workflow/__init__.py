"""A data set, checked, looked at from two sides at once, and put together again."""

from .component import DataFunctions, DataProcessingWorkflow, DataProcessingWorkflowArgs

__all__ = ["DataFunctions", "DataProcessingWorkflow", "DataProcessingWorkflowArgs"]
