"""Metrics of what workflows call: functions, activities and services, callbacks included.

Those of executions are in ``sfn_reports``. Times are by the execution's own clock.
"""

from ministack.core.responses import get_account_id, get_region

from sandbox.cloud.metrics.sources import Tally

NAMESPACE = "AWS/States"
_NAMES = {
    "Activity": ("ActivityArn", "Activity", "Activities"),
    "LambdaFunction": ("LambdaFunctionArn", "LambdaFunction", "LambdaFunctions"),
    "Task": ("ServiceIntegrationResourceArn", "ServiceIntegration", "ServiceIntegrations"),
}
"""By kind of event: the dimension, and how metrics of times and of counts begin."""
_ENDS = ("Succeeded", "Failed", "TimedOut")
_tally: Tally[tuple[str, str]] = Tally(NAMESPACE, lambda place: [dict([place])])


class Call:
    """One call of a workflow, from its being scheduled to its end."""

    def __init__(self, kind: str, resource: str) -> None:
        """``kind`` is how its events begin; ``resource`` what the state names."""
        dimension, self._time, self._count = _NAMES[kind]
        self._place = dimension, qualified(resource) if kind == "Task" else resource
        self._scheduled = self._started = 0.0

    def told(self, what: str, now: float) -> None:
        """It was ``Scheduled``, ``Started``, ``Submitted`` or has ended."""
        if what == "Submitted":
            return
        _tally.add(self._place, f"{self._count}{what}")
        if what == "Scheduled":
            self._scheduled = now
        elif what == "Started":
            self._started = now
            self._measure("ScheduleTime", now - self._scheduled)
        elif what in _ENDS:
            if self._started:
                self._measure("RunTime", now - self._started)
            self._measure("Time", now - self._scheduled)

    def _measure(self, what: str, seconds: float) -> None:
        _tally.add(self._place, f"{self._time}{what}", max(0.0, seconds) * 1000, "Milliseconds")


def qualified(resource: str) -> str:
    """``arn:aws:states:::sqs:…`` with region and account, as the dimension has it."""
    parts = resource.split(":")
    if parts[3:5] == ["", ""]:
        parts[3:5] = get_region(), get_account_id()
    return ":".join(parts)
