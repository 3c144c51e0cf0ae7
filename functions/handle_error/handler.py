"""Says what a person needs to know of a data set that failed: in the log, and in the execution."""

import json
from datetime import datetime, timezone

MAX_CAUSE = 2_000
NEXT_STEPS = {
    "InvalidDataset": "Mend the data set as the cause says, and start the workflow with it.",
    "BranchesDisagree": "Look at the functions of the two branches: they must read the same rows.",
    "States.DataLimitExceeded": "Split the data set into several: a result is above 256 KiB.",
    "States.Timeout": "Start the workflow again; if it happens again, with fewer rows.",
}
OTHERWISE = "Look at the log of the function that failed; then start the workflow again."


def handler(event, context):
    """Return the report of the failure that a state has caught under ``error``."""
    document = event if isinstance(event, dict) else {}
    caught = document.get("error")
    caught = caught if isinstance(caught, dict) else {}
    error = caught.get("Error") or "unknown"
    report = {
        "status": "failed",
        "error": error,
        "cause": cause(caught.get("Cause")),
        "dataset": _dataset(document),
        "handled_at": datetime.now(timezone.utc).isoformat(),  # noqa: UP017 - Python 3.10 has no UTC
        "next_step": NEXT_STEPS.get(error, OTHERWISE),
    }
    print(json.dumps({"level": "ERROR", "message": "data set failed", **report}))
    return report


def cause(text):
    """What the function said, out of the JSON in which Step Functions keeps a function's error.

    A branch puts its name before it, which stays.
    """
    if not isinstance(text, str) or not text:
        return "no cause was given"
    before, brace, rest = text.partition("{")
    try:
        told = json.loads(brace + rest)["errorMessage"]
    except (ValueError, KeyError, RecursionError):
        return text[:MAX_CAUSE]
    return f"{before}{told}"[:MAX_CAUSE]


def _dataset(document):
    """The name of the data set, if it came that far."""
    dataset = document.get("dataset")
    name = dataset.get("name") if isinstance(dataset, dict) else dataset
    return name[:200] if isinstance(name, str) and name else "unknown"
