"""WebApp: one description of a web app that every runtime understands.

``spec.py`` is what a caller writes, with the health-and-drain contract; ``resolved.py`` is
the same checked and complete, for the component that runs it.
"""

from .resolved import (
    ResolvedDomain,
    ResolvedHealthCheck,
    ResolvedScaling,
    ResolvedWebApp,
    checked_args,
    resolve,
)
from .spec import Domain, HealthCheck, Scaling, WebApp

__all__ = [
    "Domain",
    "HealthCheck",
    "ResolvedDomain",
    "ResolvedHealthCheck",
    "ResolvedScaling",
    "ResolvedWebApp",
    "Scaling",
    "WebApp",
    "checked_args",
    "resolve",
]
