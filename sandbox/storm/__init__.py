"""A storm of orders with faults, and the audit of what it left.

``plan`` decides what is sent, from a seed; ``drive`` sends it and disturbs; ``audit`` reads the
tables, queues and executions and says whether a cent or an order is missing.
"""

from .audit import Finding, audited
from .drive import Sent, Storm
from .plan import Weather, planned

__all__ = ["Finding", "Sent", "Storm", "Weather", "audited", "planned"]
