"""Network: a VPC with subnets in several zones.

``args.py`` is what a caller writes, ``addresses.py`` where the subnets lie, ``zones.py`` in
which zones, ``component.py`` the resources.
"""

from .args import NetworkArgs, Placement
from .component import Network

__all__ = ["Network", "NetworkArgs", "Placement"]
