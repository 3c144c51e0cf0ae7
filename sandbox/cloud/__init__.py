"""The embedded cloud: MiniStack, mended where it would make our tests lie.

``lifecycle`` starts and stops it from outside; ``__main__`` is the child process;
``patches`` are the mends, one concern each; ``balancer`` serves load balancer listeners;
``processes`` runs containers where no Docker engine does.
"""

from .errors import CloudError
from .lifecycle import Cloud, running, start, stop

__all__ = ["Cloud", "CloudError", "running", "start", "stop"]
