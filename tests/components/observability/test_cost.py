"""What watching costs."""

from components.observability.cost import USD_A_MONTH, Cost, cost
from components.observability.settings import resolve
from components.testing import deploy

from .helpers import LEGACY, watch


def test_each_metric_of_an_expression_is_billed() -> None:
    def program() -> Cost:
        args = {"functions": LEGACY, "overrides": {"legacy/duration": {"period_seconds": 10}}}
        return cost(resolve("shop", args).groups)  # type: ignore[arg-type]  # a plain dict

    found = deploy(program).result
    # errors is of two metrics; duration, now of high resolution, and throttles are of one.
    assert (found.alarms, found.alarm_metrics, found.high_resolution) == (3, 4, 1)
    assert (found.composites, found.custom_metrics, found.dashboards) == (1, 0, 2)
    expected = 3 * 0.10 + 0.30 + 0.50 + 2 * 3.00 + 1.00
    assert found.usd == round(expected, 2) == 8.10


def test_a_metric_of_errors_and_each_business_metric_are_billed() -> None:
    from components.watched import Watched

    plain = watch({"tables": {"t": {"name": "t"}}}).result["monthly_cost_usd"]
    shop = Watched(kind="business", name="business", metrics=("A", "B"), namespace="Slipway")
    more = watch({"tables": {"t": {"name": "t"}}}, {"shop": lambda _: [shop]})
    added = 2 * USD_A_MONTH["custom metric"] + USD_A_MONTH["dashboard"]
    assert more.result["monthly_cost_usd"] == round(plain + added, 2)
