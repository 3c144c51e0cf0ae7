"""Machines that are wrong, one for each thing that can be: what is said, and where."""

from .case import Wrong
from .choices import CHOICE, WAIT_AND_FAIL
from .data import INTRINSICS, JSONATA, PATHS
from .errors import RETRY
from .maps import MAPS
from .shape import DOCUMENT, FIELDS, FLOW
from .tasks import TASKS
from .timing import EXPRESS, PLACEHOLDERS, TIMING

__all__ = ["WRONG", "Wrong"]

WRONG = [
    *DOCUMENT,
    *FIELDS,
    *FLOW,
    *PATHS,
    *INTRINSICS,
    *JSONATA,
    *CHOICE,
    *WAIT_AND_FAIL,
    *TASKS,
    *RETRY,
    *MAPS,
    *TIMING,
    *EXPRESS,
    *PLACEHOLDERS,
]
