"""How long logs are kept: the default, and what CloudWatch Logs accepts."""

from .checks import integer
from .errors import invalid

LOG_RETENTION_DAYS = 30
"""A month: long enough to look into what users report, and the first days are most of the bill."""
RETENTIONS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""What CloudWatch Logs takes (API reference, PutRetentionPolicy)."""


def checked_retention(component: str, given: object) -> int:
    """``given`` days, or the default where nothing is given.

    Raises:
        ValueError: CloudWatch Logs does not take it; the message names the nearest.
    """
    if given is None:
        return LOG_RETENTION_DAYS
    field = "log_retention_days"
    days = integer(component, field, given, 1)
    if days not in RETENTIONS:
        near = min(RETENTIONS, key=lambda valid: abs(valid - days))
        allowed = ", ".join(map(str, RETENTIONS))
        raise invalid(component, field, days, allowed, f"Nearest: {near}.")
    return days
