"""What the tests of metrics share."""

from datetime import UTC, datetime, timedelta
from typing import Any

from .world import World


def total(
    world: World, namespace: str, metric: str, statistic: str = "Sum", /, **dimensions: str
) -> float:
    """A statistic over all there is of a metric; 0 if there is nothing."""
    found = points(world, namespace, metric, statistic, **dimensions)
    return float(sum(found)) if found else 0.0


def points(
    world: World, namespace: str, metric: str, statistic: str = "Sum", /, **dimensions: str
) -> list[float]:
    """The one datapoint of the last hours, or none."""
    now = datetime.now(UTC)
    plain = statistic in ("Sum", "Average", "Maximum", "Minimum", "SampleCount")
    asked: dict[str, Any] = {"Statistics" if plain else "ExtendedStatistics": [statistic]}
    answer = world.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=now - timedelta(hours=2),
        EndTime=now + timedelta(minutes=1),
        Period=86400,
        **asked,
    )["Datapoints"]
    return [
        float(point[statistic] if plain else point["ExtendedStatistics"][statistic])
        for point in answer
    ]
