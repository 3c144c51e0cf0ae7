"""X-Ray's group and rules."""

from typing import Any

from components.observability.tracing import short
from components.testing import UNKNOWN

from .helpers import GROUP, RULE, names, watch

TRACED: Any = {
    "functions": {"fn": {"name": "fn", "timeout_seconds": 3, "traced": True}},
    "apis": {"web": {"kind": "rest", "name": "web", "stage": "v1", "traced": True}},
    "workflows": {"flow": {"arn": "arn:aws:states:x:1:stateMachine:flow", "traced": True}},
}


def test_everything_that_is_traced_is_one_group() -> None:
    group = watch(TRACED).one(GROUP, "shop").inputs
    assert group["filterExpression"] == 'service("flow") OR service("fn") OR service("web/v1")'
    assert group["groupName"] == "shop-test"
    assert group["insightsConfiguration"]["insightsEnabled"] is False


def test_a_rule_is_of_each_entry_and_of_nothing_else_in_the_account() -> None:
    deployment = watch({**TRACED, "sampling_percent": 20})
    assert names(deployment, RULE) == ["shop-flow", "shop-web"]
    rule = deployment.one(RULE, "shop-web").inputs
    assert (rule["serviceName"], rule["serviceType"]) == ("web/v1", "AWS::ApiGateway::Stage")
    assert rule["fixedRate"] == 0.2
    assert rule["reservoirSize"] == 1
    flow = deployment.one(RULE, "shop-flow").inputs
    assert (flow["serviceName"], flow["serviceType"]) == (
        "flow",
        "AWS::StepFunctions::StateMachine",
    )


def test_a_rule_samples_what_x_ray_samples_unless_told() -> None:
    assert watch(TRACED).one(RULE, "shop-web").inputs["fixedRate"] == 0.05


def test_where_nothing_is_traced_there_is_neither() -> None:
    deployment = watch()
    assert deployment.of(GROUP) == deployment.of(RULE) == []


def test_a_first_preview_has_both() -> None:
    from .helpers import function

    deployment = watch(fakes={"f": lambda _: [function(traced=True)]}, known=False)
    assert deployment.one(GROUP).inputs["filterExpression"] is not UNKNOWN


def test_a_long_name_is_cut_and_stays_different() -> None:
    one, other = (
        short("observability-development-orders-x"),
        short("observability-development-orders-y"),
    )
    assert len(one) == len(other) == 32
    assert one != other
    assert short("shop-dev") == "shop-dev"
