"""A data set through the data workflow."""

from collections.abc import Iterator
from typing import Any

from sandbox.journeys import Visit, expect, journey
from sandbox.journeys.executions import run, story

_NEEDS = ("data_workflow_arn",)


@journey("A data set is checked, worked on from two sides, and combined", needs=_NEEDS)
def processes(visit: Visit) -> Iterator[str]:
    """Totals by product, and the one row that stands out; a bad row is left out with its reason."""
    rows: list[dict[str, Any]] = [
        {"product": f"PROD-00{1 + index % 3}", "quantity": 1 + index % 4, "price": 10 + index % 5}
        for index in range(60)
    ]
    rows.append({"product": "PROD-001", "quantity": 1000, "price": 99})
    rows.append({"product": "PROD-002", "quantity": -1, "price": 5})
    document = {"dataset": {"name": "journey", "rows": rows}}
    ended = run(visit, visit.outputs["data_workflow_arn"], document)
    expect(ended.status == "SUCCEEDED", f"{ended.status} {ended.error}: {ended.cause}")
    found = ended.output
    yield story(visit, ended.arn)
    revenue = sum(row["quantity"] * row["price"] for row in rows[:-1])
    expect(float(found["revenue"]) == revenue, f"revenue {found['revenue']}, not {revenue}")
    totals = found["totals"]
    expect(len(totals) == 3, f"totals: {totals}")
    outliers = found["outliers"]["rows"]
    expect([one["row"] for one in outliers] == [61], f"outliers: {found['outliers']}")
    expect(len(found["rejected"]) == 1, f"rejected: {found['rejected']}")
    yield f"revenue {found['revenue']}, totals {totals}"
    yield f"outlier {outliers[0]}, rejected {found['rejected'][0]}"


@journey("A data set without a good row fails with the reason", needs=_NEEDS)
def refuses(visit: Visit) -> Iterator[str]:
    """HandleError has seen it, and the execution fails, so that nobody takes it for a result."""
    document = {"dataset": {"name": "journey", "rows": [{"product": "PROD-001"}]}}
    ended = run(visit, visit.outputs["data_workflow_arn"], document)
    expect(ended.error == "InvalidDataset", f"{ended.status} {ended.error}: {ended.cause}")
    told = story(visit, ended.arn)
    expect("HandleError" in told, told)
    yield told
