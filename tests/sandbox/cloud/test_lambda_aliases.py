"""Aliases share calls out by weight, and metrics tell the versions apart."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.cloud.patches.lambda_aliases import chosen

from .functions import make_function, zipped
from .world import World

pytestmark = pytest.mark.sandbox

CODE = """
def handler(event, context):
    if event.get("fail") == context.function_version:
        raise ValueError("as asked")
    return {"version": context.function_version, "arn": context.invoked_function_arn}
"""


@pytest.fixture(scope="module")
def shared(world: World) -> str:
    """A function with two versions behind one alias, six to four."""
    functions = world.client("lambda")
    make_function(world, "shared", CODE)
    functions.publish_version(FunctionName="shared")
    functions.update_function_code(FunctionName="shared", ZipFile=zipped(CODE + "\n# 2"))
    functions.publish_version(FunctionName="shared")
    functions.create_alias(
        FunctionName="shared",
        Name="live",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.4}},
    )
    return "shared"


def _call(world: World, **event: Any) -> Any:
    return world.client("lambda").invoke(
        FunctionName="shared", Qualifier="live", Payload=json.dumps(event).encode()
    )


def test_both_versions_serve_and_the_answer_says_which(world: World, shared: str) -> None:
    seen: Counter[str] = Counter()
    for _ in range(60):
        answer = _call(world)
        body = json.loads(answer["Payload"].read())
        assert answer["ExecutedVersion"] == body["version"]
        assert body["arn"].endswith(":shared:live")
        seen[body["version"]] += 1
    # Less likely than one in 10,000 to be outside by chance.
    assert 8 <= seen["2"] <= 42, seen


def test_reading_the_alias_s_configuration_is_no_matter_of_chance(
    world: World, shared: str
) -> None:
    functions = world.client("lambda")
    versions = {
        functions.get_function_configuration(FunctionName=shared, Qualifier="live")["Version"]
        for _ in range(20)
    }
    assert versions == {"1"}


def test_errors_are_counted_by_alias_and_version_once_each(world: World, shared: str) -> None:
    before = {version: _sum(world, "Errors", version) for version in ("1", "2")}
    calls_before = _sum(world, "Invocations", None)
    failed = sum("FunctionError" in _call(world, fail="2") for _ in range(20))
    assert 0 < failed < 20
    assert _sum(world, "Errors", "2") - before["2"] == failed
    assert _sum(world, "Errors", "1") == before["1"]
    assert _sum(world, "Invocations", None) - calls_before == 20


def _sum(world: World, metric: str, version: str | None) -> float:
    dimensions = {"FunctionName": "shared"}
    if version:
        dimensions |= {"Resource": "shared:live", "ExecutedVersion": version}
    now = datetime.now(UTC)
    points = world.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName=metric,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=1),
        Period=3600 * 24,
        Statistics=["Sum"],
    )["Datapoints"]
    return float(sum(point["Sum"] for point in points))


def test_without_weights_the_main_version_serves() -> None:
    assert {chosen({"FunctionVersion": "7"}) for _ in range(20)} == {"7"}
    whole = {"FunctionVersion": "7", "RoutingConfig": {"AdditionalVersionWeights": {"8": 1.0}}}
    assert {chosen(whole) for _ in range(20)} == {"8"}
