"""A service that runs fewer tasks than it should."""

from collections.abc import Iterator
from typing import Any

from sandbox.journeys import Visit, expect, journey
from sandbox.journeys.alarms_watch import over, patient, ringing
from sandbox.journeys.traces import wait

KEY = "storefront/running"


@journey(
    "A service that has lost a task rings until it runs again",
    needs=("alarms", "storefront_cluster", "storefront_service"),
)
def rings(visit: Visit) -> Iterator[str]:
    """Somebody has set the number of tasks by hand, to one less than the program says.

    A task that is merely stopped is replaced within a second, and nothing rings, as it should be.
    """
    ecs = visit.client("ecs")
    cluster, name = (visit.outputs[f"storefront_{what}"] for what in ("cluster", "service"))

    def service() -> dict[str, Any]:
        found: dict[str, Any] = ecs.describe_services(cluster=cluster, services=[name])
        return dict(found["services"][0])

    def want(count: int) -> None:
        ecs.update_service(cluster=cluster, service=name, desiredCount=count)
        wait(
            patient(visit),
            lambda: service()["runningCount"] == count,
            f"{name} never ran {count} tasks",
        )

    before = service()["desiredCount"]
    expect(before > 1, f"{name} has {before} tasks: with one less it would be gone")
    want(before - 1)
    try:
        told = ringing(visit, KEY)
    finally:
        want(before)
    yield f"{before - 1} of {before} tasks run: {told}"
    yield f"{name} runs {service()['runningCount']} tasks again"
    yield over(visit, KEY)
