"""What a function left behind: the lines of its log, waited for."""

import time
from collections.abc import Callable
from typing import Any

from sandbox.journeys import JourneyFailed, Visit

POLL_SECONDS = 0.2


def log_group(visit: Visit, function: str) -> str:
    """The log group that the function writes to."""
    configuration = visit.client("lambda").get_function_configuration(FunctionName=function)
    return str(configuration["LoggingConfig"]["LogGroup"])


def lines(visit: Visit, function: str, *needles: str) -> list[str]:
    """The log lines of the function that contain every one of ``needles``."""
    pages = visit.client("logs").get_paginator("filter_log_events")
    return [
        event["message"].strip()
        for page in pages.paginate(logGroupName=log_group(visit, function))
        for event in page["events"]
        if all(needle in event["message"] for needle in needles)
    ]


def logged(visit: Visit, function: str, *needles: str) -> str:
    """Wait for a line of the function's log that contains every one of ``needles``."""
    return str(
        wait(
            visit,
            lambda: next(iter(lines(visit, function, *needles)), None),
            f"the function {function} never logged {' … '.join(needles)}",
        )
    )


def wait(visit: Visit, found: Callable[[], Any], otherwise: str) -> Any:
    """Poll until ``found`` gives something; the journey fails with ``otherwise``."""
    deadline = time.monotonic() + visit.patience
    while not (value := found()):
        if time.monotonic() > deadline:
            raise JourneyFailed(f"{otherwise} within {visit.patience:g} s")
        time.sleep(POLL_SECONDS)
    return value
