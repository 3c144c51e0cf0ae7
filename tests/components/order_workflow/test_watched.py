"""What an order workflow tells whoever watches it, and the numbers that it can be given."""

from typing import Any

import pytest

from components.alarms.watch import keys
from components.order_workflow.settings import resolve
from components.testing import deploy
from components.watched import Watchable, Watched

from .helpers import made, refusal, workflow

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
FUNCTION = "aws:lambda/function:Function"
BOTH = pytest.mark.parametrize("known", [True, False], ids=["known", "first preview"])
STEPS = ("validate", "payment", "fulfillment")


def watched(*, known: bool = True, **args: Any) -> list[Watched]:
    told: list[Watched] = []

    def program() -> None:
        component = made(**args)
        assert isinstance(component, Watchable)
        told.extend(component.watched())

    deploy(program, known=known)
    return told


@BOTH
def test_it_tells_of_the_machine_the_tables_the_queues_and_the_steps(known: bool) -> None:
    kinds = {thing.name: thing.kind for thing in watched(known=known, approval_above=100)}
    assert kinds == {
        "": "workflow",
        "business": "business",
        "callback-sdk-dynamodb-putitem": "callback",
        "undo": "dead_letter_queue",
        "failed-orders": "dead_letter_queue",
        **dict.fromkeys(("table-orders", "table-payments", "table-approvals"), "table"),
        **dict.fromkeys(STEPS, "function"),
        **dict.fromkeys([f"{step}-failures" for step in STEPS], "dead_letter_queue"),
    }
    without = {thing.name for thing in watched(known=known)}
    assert kinds.keys() - without == {"callback-sdk-dynamodb-putitem", "table-approvals"}


@pytest.mark.parametrize("args", [{}, {"approval_above": 100}], ids=str)
def test_its_overrides_know_exactly_the_alarms_that_it_tells(args: dict[str, Any]) -> None:
    told = {thing.key(item.role) for thing in watched(**args) for item in thing.formulas}
    assert set(keys(resolve("orders", {**args}).composed.formulas)) == told  # type: ignore[typeddict-item]


def test_what_orders_come_to_is_told_as_the_functions_write_it() -> None:
    (business,) = (thing for thing in watched() if thing.kind == "business")
    assert business.metrics == ("OrdersPlaced", "OrdersShipped", "OrdersFailed", "Revenue")
    assert (business.namespace, business.dimensions) == ("Slipway", {"service": "orders"})
    for step in workflow(environment={"MODE": "fast"}).of(FUNCTION):
        variables = step.inputs["environment"]["variables"]
        assert variables["POWERTOOLS_METRICS_NAMESPACE"] == business.namespace
        assert variables["POWERTOOLS_SERVICE_NAME"] == "orders"
        assert variables["MODE"] == "fast"


@BOTH
def test_an_override_reaches_the_part_that_it_names(known: bool) -> None:
    errors = {"statistic": "Sum", "threshold": 5, "period_seconds": 300, "periods": 2}
    overrides = {
        "payment/errors": errors,
        "validate-failures/depth": {"threshold": 2},
        "failed-orders/depth": {"threshold": 3},
        "failed": {"threshold": 4},
        "undo/depth": {"threshold": 6},
        "payment/duration": {"threshold": 100},
        "table-orders/read-throttled": {"threshold": 8},
    }
    deployment = workflow(known=known, alarm_overrides=overrides)

    def threshold(name: str) -> float:
        return float(deployment.one(ALARM, name).inputs["threshold"])

    payment = deployment.one(ALARM, "orders-payment-errors").inputs
    assert (payment["statistic"], payment["threshold"], payment["period"]) == ("Sum", 5, 300)
    assert "metricQueries" in deployment.one(ALARM, "orders-validate-errors").inputs
    assert threshold("orders-validate-failures") == 2
    assert threshold("orders-payment-failures") == 0
    assert threshold("orders-failed-orders") == 3
    assert threshold("orders-failed") == 4
    assert threshold("orders-undo") == 6
    told = {
        thing.key(item.role): item.threshold
        for thing in watched(known=known, alarm_overrides=overrides)
        for item in thing.formulas
    }
    assert told["payment/duration"] == 100
    assert told["table-orders/read-throttled"] == 8
    assert told["validate/duration"] == 3333


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"payment/durations": {"threshold": 1}}, ["Did you mean 'payment/duration'?"]),
        ({"errors": {"threshold": 1}}, ["alarm_overrides='errors'", "payment/errors"]),
        ({"table-approvals/read-throttled": {}}, ["alarm_overrides='table-approvals/"]),
        ({"payment/errors": {"periods": 0}}, ["alarm_overrides['payment/errors'].periods=0"]),
        ({"payment/errors": {"statistic": "p101", "threshold": 1}}, [".statistic='p101'"]),
    ],
    ids=str,
)
def test_a_wrong_override_is_told_before_anything_is_registered(
    overrides: dict[str, Any], words: list[str]
) -> None:
    text = refusal(alarm_overrides=overrides)
    assert text.startswith("OrderWorkflow 'orders': ")
    for word in words:
        assert word in text


@pytest.mark.parametrize("variable", ["POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_SERVICE_NAME"])
def test_what_the_metrics_are_found_by_is_the_component_s(variable: str) -> None:
    text = refusal(environment={variable: "mine"})
    assert f"environment['{variable}'] is set by the component" in text
