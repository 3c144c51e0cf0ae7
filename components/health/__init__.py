"""Whether what was deployed is well: asks AWS and the app, from the program's exports alone.

``python -m slipway.health`` reads what ``Observability.health`` exported. Needs boto3
(``pip install 'slipway[hooks]'``) and permission to read; changes nothing.
"""

from .questions import Finding, Unreadable, checks

__all__ = ["Finding", "Unreadable", "checks"]
