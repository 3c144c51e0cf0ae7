"""Rules of a Choice, without a cloud."""

from typing import Any

import pytest

from sandbox.cloud.patches.sfn_choices import holds
from sandbox.cloud.patches.sfn_strands import ExecutionError
from sandbox.cloud.patches.sfn_variables import resolved

DATA = {
    "n": 5,
    "m": 7,
    "s": "order-1",
    "t": True,
    "none": None,
    "at": "2026-01-01T00:00:00Z",
    "list": [{"x": 1}, {"x": 2}],
}


@pytest.fixture(autouse=True)
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cloud's own process has this patch; here it is put in for the test."""
    from ministack.services import stepfunctions as sfn

    monkeypatch.setattr(sfn, "_resolve_path", resolved)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"Variable": "$.n", "NumericEquals": 5}, True),
        ({"Variable": "$.n", "NumericLessThanPath": "$.m"}, True),
        ({"Variable": "$.n", "NumericGreaterThanEqualsPath": "$.m"}, False),
        ({"Variable": "$.t", "NumericEquals": 1}, False),
        ({"Variable": "$.t", "BooleanEquals": True}, True),
        ({"Variable": "$.n", "BooleanEqualsPath": "$.t"}, False),
        ({"Variable": "$.s", "StringMatches": "order-*"}, True),
        ({"Variable": "$.s", "StringMatches": "order-\\*"}, False),
        ({"Variable": "$.s", "StringLessThanPath": "$.at"}, False),
        ({"Variable": "$.s", "StringGreaterThanEquals": "order"}, True),
        ({"Variable": "$.n", "StringEquals": "5"}, False),
        ({"Variable": "$.at", "TimestampLessThan": "2026-01-02T00:00:00+01:00"}, True),
        ({"Variable": "$.at", "TimestampEqualsPath": "$.at"}, True),
        ({"Variable": "$.none", "IsNull": True}, True),
        ({"Variable": "$.none", "IsPresent": True}, True),
        ({"Variable": "$.gone", "IsPresent": False}, True),
        ({"Variable": "$.t", "IsNumeric": False}, True),
        ({"Variable": "$.at", "IsTimestamp": True}, True),
        ({"Not": {"Variable": "$.n", "NumericEquals": 5}}, False),
        (
            {
                "And": [
                    {"Variable": "$.gone", "IsPresent": True},
                    {"Variable": "$.gone", "StringEquals": "never asked"},
                ]
            },
            False,
        ),
        ({"Or": [{"Variable": "$.n", "NumericEquals": 1}, {"Variable": "$.t", "IsBoolean": True}]},
         True),
    ],
)  # fmt: skip
def test_rules(rule: dict[str, Any], expected: bool) -> None:
    assert holds(rule, DATA) is expected


def test_a_missing_variable_is_an_error_unless_its_presence_is_asked() -> None:
    with pytest.raises(ExecutionError, match=r"Invalid path '\$\.gone'"):
        holds({"Variable": "$.gone", "StringEquals": "x"}, DATA)


@pytest.mark.parametrize("path", ["$..x", "$.list[?(@.x==1)]", "$.list[0:1]", "list"])
def test_a_path_beyond_the_sandbox_is_refused(path: str) -> None:
    with pytest.raises(ExecutionError, match="no path that the sandbox can read"):
        resolved(path, DATA)


def test_indices_and_wildcards() -> None:
    assert resolved("$.list[1].x", DATA) == 2
    assert resolved("$.list[*].x", DATA) == [1, 2]
    assert resolved("$['list'][0]['x']", DATA) == 1
    with pytest.raises(ExecutionError, match=r"'\$\.list\[2\]' could not be found"):
        resolved("$.list[2]", DATA)
