"""EksWebApp and what its arguments are made of."""

from .args import EksWebAppArgs, ExistingCluster, Nodes
from .component import EksWebApp

__all__ = ["EksWebApp", "EksWebAppArgs", "ExistingCluster", "Nodes"]
