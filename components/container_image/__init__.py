"""ContainerImage: an image built from a Dockerfile, pushed to a repository of its own.

``args.py`` is what a caller writes, ``context_hash.py`` names an image after its content,
``component.py`` the resources.
"""

from .args import ContainerImageArgs
from .component import ContainerImage

__all__ = ["ContainerImage", "ContainerImageArgs"]
