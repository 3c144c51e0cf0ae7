"""The schedule, without waiting until it is due."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sandbox.journeys import JourneyFailed, Visit, journey
from sandbox.journeys.traces import lines, wait


@journey("The schedule's call arrives", needs=("function_alias_arn",))
def reacts_to_schedules(visit: Visit) -> Iterator[str]:
    """A copy of the schedule that fires now: same role, same target, same input."""
    function, alias = visit.outputs["function_name"], visit.outputs["function_alias_arn"]
    scheduler = visit.client("scheduler")
    schedule = next(
        (
            found
            for entry in scheduler.list_schedules()["Schedules"]
            if (found := scheduler.get_schedule(Name=entry["Name"], GroupName=entry["GroupName"]))[
                "Target"
            ]["Arn"]
            == alias
        ),
        None,
    )
    if schedule is None:
        raise JourneyFailed(f"no schedule has {alias} as its target")
    before = len(lines(visit, function, "Scheduled event processed"))
    name = f"journey-{uuid4().hex[:8]}"
    soon = datetime.now(UTC) + timedelta(seconds=2)
    scheduler.create_schedule(
        Name=name,
        GroupName=schedule["GroupName"],
        ScheduleExpression=f"at({soon:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=schedule["Target"],
    )
    try:
        wait(
            visit,
            lambda: len(lines(visit, function, "Scheduled event processed")) > before,
            f"the copy of {schedule['Name']} never called {function}",
        )
    finally:
        scheduler.delete_schedule(Name=name, GroupName=schedule["GroupName"])
    yield (
        f"{schedule['Name']} is {schedule['ScheduleExpression']}; a copy that fires at "
        f"{soon:%H:%M:%S} came through"
    )
