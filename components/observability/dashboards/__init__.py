"""Dashboards computed from what is watched: an overview, and one for each service."""

from .body import overview, service_body
from .widgets import LOG_QUERY

__all__ = ["LOG_QUERY", "overview", "service_body"]
