"""How many requests an API lets through."""

from typing import Any

import pytest

from components.function.triggers.throttle import Limit, checked_throttle


@pytest.mark.parametrize(
    ("given", "limit"),
    [
        (None, None),
        ({"rate": 2.5}, Limit(2.5, 3)),
        ({"rate": 0.1}, Limit(0.1, 1)),
        ({"rate": 10_000}, Limit(10_000, 5_000)),
        ({"rate": 1, "burst": 20.0}, Limit(1, 20)),
    ],
)
def test_a_burst_is_that_of_one_second_unless_given(given: Any, limit: Limit | None) -> None:
    assert checked_throttle("Shop 'a'", "throttle", given) == limit


@pytest.mark.parametrize("rate", [0, -1, 10_001, True, "5"])
def test_a_rate_out_of_range_is_refused(rate: Any) -> None:
    with pytest.raises(ValueError, match=r"throttle.rate=.* above 0, to 10000.*remove the route"):
        checked_throttle("Shop 'a'", "throttle", {"rate": rate})


@pytest.mark.parametrize("burst", [0, 5_001])
def test_a_burst_out_of_range_is_refused(burst: int) -> None:
    with pytest.raises(ValueError, match=r"throttle.burst=.*1 to 5000"):
        checked_throttle("Shop 'a'", "throttle", {"rate": 1, "burst": burst})
