"""Puts the two sides of a data set together, if they are of the same data set."""

import json


class BranchesDisagree(ValueError):  # noqa: N818 - reads as what happened
    """The two sides have not seen the same rows; a result of both would be wrong."""


def handler(event, context):
    """Return one summary of what the parallel branches returned, a list of two."""
    if not isinstance(event, list) or len(event) != 2:
        raise BranchesDisagree("the results of ProcessA and ProcessB must come as a list of two")
    totals, outliers = event
    for key in ("dataset", "rows"):
        if totals[key] != outliers[key]:
            raise BranchesDisagree(
                f"ProcessA has worked on {key} {totals[key]!r}, and ProcessB on {outliers[key]!r}"
            )
    name, rows = totals["dataset"], totals["rows"]
    print(json.dumps({"level": "INFO", "message": "results combined", "dataset": name}))
    return {
        "dataset": name,
        "rows": rows,
        "rejected": totals["rejected"],
        "totals": totals["totals"],
        "outliers": outliers["outliers"],
        "revenue": totals["revenue"],
    }
