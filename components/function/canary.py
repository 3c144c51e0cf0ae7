"""The canary: a new version gets a growing share of the alias's calls, or none when it fails.

``follow`` is a plain function over boto3 clients; ``hooks.py`` binds it to the alias before
its update. It moves shares only: the update itself, which comes after it, gives the new version
all calls. Left out: comparing with the old version, whose errors may have the same cause.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .. import deploy_time
from ..alarms import PERIOD_SECONDS
from ..alarms import functions as formulas

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_logs import CloudWatchLogsClient

POLL_SECONDS = 10.0
"""Metrics change once a minute; looking a few times in it finds them soon after they are there."""
LOG_LINES = 20
"""How many of the last log lines are quoted: a Python traceback fits."""


class CanaryError(Exception):
    """The new version failed while it had a share of the calls; it gets none now."""


class Clients:
    """The services that a canary needs; ``make("lambda")`` returns a client."""

    def __init__(self, make: Callable[[str], Any]) -> None:
        self._make = make

    @cached_property
    def functions(self) -> Any:
        """Aliases and versions."""
        return self._make("lambda")

    @cached_property
    def cloudwatch(self) -> "CloudWatchClient":
        """How many calls failed."""
        return self._make("cloudwatch")  # type: ignore[no-any-return]

    @cached_property
    def logs(self) -> "CloudWatchLogsClient":
        """What the new version wrote."""
        return self._make("logs")  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Canary:
    """One release of one alias."""

    who: str
    """Class and name of the component, for messages."""
    function: str
    """The function's name."""
    alias: str
    version: str
    """The new version."""
    steps: Sequence[int]
    """Percent of the calls."""
    bake_seconds: int


@dataclass(frozen=True)
class _Counts:
    errors: float
    invocations: float


def follow(
    canary: Canary,
    clients: Clients,
    *,
    sleep: Callable[[float], None] = time.sleep,
    now: Callable[[], float] = time.time,
) -> str:
    """Take the new version through every step.

    Returns:
        What to tell the user, or nothing: a version that nobody called has proved nothing.

    Raises:
        CanaryError: it failed too often. Then, and whenever this ends early, the old version
            has all calls again.
    """
    found = clients.functions.get_alias(FunctionName=canary.function, Name=canary.alias)
    old = str(found["FunctionVersion"])
    if old == canary.version:
        return ""  # an update that was interrupted got this far
    routing: Mapping[str, Any] = found.get("RoutingConfig") or {}
    others = {
        version: weight
        for version, weight in (routing.get("AdditionalVersionWeights") or {}).items()
        if version != canary.version  # left by a run that was killed
    }
    counts, start = _Counts(0, 0), now()
    try:
        for percent in canary.steps:
            _share_out(canary, clients, old, {canary.version: percent / 100})
            end = now() + canary.bake_seconds
            while (left := end - now()) > 0:
                sleep(min(POLL_SECONDS, left))
                counts = _count(canary, clients, start, now())
                if formulas.too_many(counts.errors, counts.invocations):
                    raise CanaryError(_explain(canary, clients, old, percent, counts))
    except BaseException:
        _share_out(canary, clients, old, others)
        raise
    if counts.invocations:
        return ""
    return (
        f"{canary.who}: nobody called version {canary.version} while it had a share of "
        f"'{canary.alias}', so its release proves nothing. Next step: raise release.bake_seconds "
        "or the first of release.canary_steps, or call it meanwhile."
    )


def _share_out(canary: Canary, clients: Clients, main: str, weights: Mapping[str, float]) -> None:
    clients.functions.update_alias(
        FunctionName=canary.function,
        Name=canary.alias,
        FunctionVersion=main,
        RoutingConfig={"AdditionalVersionWeights": dict(weights)},
    )


def _count(canary: Canary, clients: Clients, start: float, end: float) -> _Counts:
    def total(metric: str) -> float:
        found = clients.cloudwatch.get_metric_statistics(
            Namespace=formulas.NAMESPACE,
            MetricName=metric,
            Dimensions=[
                {"Name": "FunctionName", "Value": canary.function},
                {"Name": "Resource", "Value": f"{canary.function}:{canary.alias}"},
                {"Name": "ExecutedVersion", "Value": canary.version},
            ],
            # A datum carries the minute that it is of.
            StartTime=datetime.fromtimestamp(start // PERIOD_SECONDS * PERIOD_SECONDS, UTC),
            EndTime=datetime.fromtimestamp(end + PERIOD_SECONDS, UTC),
            Period=PERIOD_SECONDS,
            Statistics=["Sum"],
        )
        return sum(point.get("Sum", 0.0) for point in found["Datapoints"])

    return _Counts(errors=total("Errors"), invocations=total("Invocations"))


def _explain(canary: Canary, clients: Clients, old: str, percent: int, counts: _Counts) -> str:
    lines = [
        f"limit: fewer than {formulas.ERROR_FLOOR} errors, or at most "
        f"{formulas.ERROR_PERCENT:g} % of the invocations",
        *deploy_time.tried("log lines", lambda: _log_lines(canary, clients)),
    ]
    body = "\n".join(f"  {line}" for line in lines)
    return (
        f"{canary.who}: version {canary.version} failed {counts.errors:g} of "
        f"{counts.invocations:g} invocations with {percent} % of the calls of '{canary.alias}'; "
        f"version {old} has all calls again.\n{body}\n"
        "  Next step: mend the handler and run `pulumi up`; without a change it tries version "
        f"{canary.version} again."
    )


def _log_lines(canary: Canary, clients: Clients) -> list[str]:
    found = clients.functions.get_function_configuration(
        FunctionName=canary.function, Qualifier=canary.version
    )
    group = str(found.get("LoggingConfig", {}).get("LogGroup", f"/aws/lambda/{canary.function}"))
    streams = clients.logs.describe_log_streams(
        logGroupName=group, orderBy="LastEventTime", descending=True
    )["logStreams"]
    for stream in streams:
        name = stream.get("logStreamName", "")
        if f"[{canary.version}]" in name:
            events = clients.logs.get_log_events(
                logGroupName=group, logStreamName=name, limit=LOG_LINES, startFromHead=False
            )["events"]
            quoted = [f"    | {event.get('message', '').rstrip()}" for event in events]
            return [f"last {len(quoted)} log lines ({group}, {name}):", *quoted]
    return [f"log lines: version {canary.version} wrote none to {group}"]
