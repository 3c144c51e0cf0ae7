"""A function that fails, and is watched."""

import json
from collections.abc import Iterator

from sandbox.journeys import Visit, expect, journey
from sandbox.journeys.alarms_watch import over, ringing

KEY = "events/errors"
BROKEN = json.dumps({"Records": [{"EventSource": "aws:sns"}]})
"""A record of a topic without a message: the function cannot process it."""


@journey(
    "A function that fails rings, and is quiet once it works",
    needs=("alarms", "function_alias_arn"),
)
def rings(visit: Visit) -> Iterator[str]:
    """More than one call in twenty, for two of three minutes."""
    alias, functions, failed = visit.outputs["function_alias_arn"], visit.client("lambda"), 0

    def fail() -> None:
        nonlocal failed
        answer = functions.invoke(FunctionName=alias, Payload=BROKEN)
        said = answer["Payload"].read().decode()
        expect("FunctionError" in answer, f"{BROKEN} did not fail: {said[:200]}")
        failed += 1

    told = ringing(visit, KEY, fail)
    yield f"{failed} calls failed: {told}"
    yield over(visit, KEY)
