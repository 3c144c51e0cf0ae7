"""What rings for log groups whose lines are JSON, as data.

A metric filter counts the lines of level ERROR; it has no dimensions, since those of a filter come
out of the line itself, so each group's metric has a name of its own.
"""

import json

from .formula import Formula

NAMESPACE = "Slipway/Logs"
ROLE = "logged-errors"
LEVELS = ("ERROR", "CRITICAL", "error", "critical")
"""Of Python's logging, as Powertools and Lambda's JSON format write them, and as other loggers
do."""
PATTERN = f"{{ {' || '.join(f'$.level = {json.dumps(level)}' for level in LEVELS)} }}"
"""Letters count (CloudWatch Logs user guide, "Filter pattern syntax for metric filters")."""
LOOKED_AT = 5
GOES_ON = 3
"""Minutes of the five with such a line. A failed call has an alarm of its own; this one is for what
was caught and logged, where a single line is chance and one that comes again is a fault."""


def logged_errors_formula(metric: str) -> Formula:
    """Rings when errors are logged again and again; ``metric`` is the filter's."""
    return Formula(
        role=ROLE,
        description=f"Errors are logged again and again: in {GOES_ON} of {LOOKED_AT} minutes",
        metric=metric,
        namespace=NAMESPACE,
        statistic="Sum",
        threshold=0,
        comparison="GreaterThanThreshold",
        periods=LOOKED_AT,
        to_alarm=GOES_ON,
        missing="notBreaching",  # nothing is logged, no data: nothing went wrong
        by=(),
    )
