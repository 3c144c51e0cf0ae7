"""The five functions of the data workflow, one by one and in a row."""

import json
import statistics
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Event = Callable[[str], dict[str, Any]]
Load = Callable[[str], ModuleType]
LIMIT = 256 * 1024
REUSED = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def validate(load: Load) -> ModuleType:
    return load("validate_input")


@pytest.fixture
def workflow(load: Load) -> Callable[[Any], list[Any]]:
    """What each state hands on, as the state machine would."""
    handlers = {}
    for name in ("validate_input", "process_a", "process_b", "combine_results"):
        handlers[name] = load(name).handler
        del sys.modules["handler"]

    def run(document: Any) -> list[Any]:
        checked = handlers["validate_input"](document, None)
        both = [handlers["process_a"](checked, None), handlers["process_b"](checked, None)]
        return [checked, both, handlers["combine_results"](both, None)]

    return run


def row(product: Any = "PROD-001", quantity: Any = 1, price: Any = 1, **more: Any) -> Any:
    return {"product": product, "quantity": quantity, "price": price, **more}


def dataset(*rows: Any, name: Any = "july") -> dict[str, Any]:
    return {"dataset": {"name": name, "rows": list(rows)}}


def size(document: Any) -> int:
    return len(json.dumps(document, ensure_ascii=False).encode())


# -- ValidateInput -------------------------------------------------------------------------


def test_good_rows_are_told_from_bad_ones(validate: ModuleType, event: Event) -> None:
    given = event("dataset")
    rows = given["dataset"]["rows"]
    assert validate.handler(given, None) == {
        "dataset": {"name": "july", "rows": [rows[0], rows[1], rows[3], rows[4], rows[6]]},
        "rejected": [
            {"row": 3, "reason": "quantity is no whole number from 1 to 1000000"},
            {"row": 6, "reason": "price has more than 2 decimals"},
        ],
    }


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (None, "no object with product, quantity, price"),
        ([], "no object with product, quantity, price"),
        ("PROD-001", "no object with product, quantity, price"),
        ({}, "no product"),
        ({"product": "a", "price": 1}, "no quantity"),
        ({"product": "a", "quantity": 1}, "no price"),
        (row(price=None), "no price"),
        (row(colour="red"), "a key other than product, quantity, price, region"),
        (row(""), "product is no text of 1 to 48 bytes"),
        (row(" "), "product is no text of 1 to 48 bytes"),
        (row(7), "product is no text of 1 to 48 bytes"),
        (row("ü" * 25), "product is no text of 1 to 48 bytes"),
        (row(region=""), "region is no text of 1 to 48 bytes"),
        (row(region=None), "region is no text of 1 to 48 bytes"),
        *(
            (row(quantity=wrong), "quantity is no whole number from 1 to 1000000")
            for wrong in (0, -1, 1.5, 2.0, True, "2", 1_000_001, float("nan"))
        ),
        *(
            (row(price=wrong), "price is no number from 0 to 999999.99")
            for wrong in (-0.01, True, "2", 1_000_000, float("nan"), float("inf"), [1])
        ),
        (row(price=29.999), "price has more than 2 decimals"),
        (row(price=0.1 + 0.2), "price has more than 2 decimals"),
    ],
)
def test_a_bad_row_is_left_out_with_its_reason(validate: ModuleType, bad: Any, reason: str) -> None:
    answer = validate.handler(dataset(row(), bad), None)
    assert answer["dataset"]["rows"] == [row()]
    assert answer["rejected"] == [{"row": 2, "reason": reason}]


@pytest.mark.parametrize(
    "good",
    [row("ü" * 24), row(region="süd"), row(price=0), row(price=999999.99), row(quantity=1_000_000)],
)
def test_rows_that_are_counted(validate: ModuleType, good: Any) -> None:
    assert validate.handler(dataset(good), None) == {**dataset(good), "rejected": []}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (None, 'the input must be {"dataset": {"name": "...", "rows": [...]}}'),
        ([], "the input must be"),
        ({"dataset": []}, "the input must be"),
        (dataset(row(), name=None), "dataset.name must be text of 1 to 48 bytes"),
        (dataset(row(), name="x" * 49), "dataset.name must be text of 1 to 48 bytes"),
        ({"dataset": {"name": "july"}}, "july: dataset.rows must be a list of 1 to 2,000 rows"),
        (dataset(), "july: dataset.rows has 0 rows, and must have 1 to 2,000"),
        (dataset(*[{}] * 2_001), "july: dataset.rows has 2,001 rows, and must have 1 to 2,000: s"),
        (dataset(*[{}] * 10_000), "july: dataset.rows has 10,000 rows"),
        (dataset({}), "july has no good row of 1: row 1: no product"),
        (dataset(*[{}] * 7), "row 5: no product; and 2 more"),
    ],
)
def test_what_is_no_data_set_is_refused(validate: ModuleType, given: Any, words: str) -> None:
    with pytest.raises(validate.InvalidDataset) as refused:
        validate.handler(given, None)
    assert words in str(refused.value)


def test_a_data_set_of_more_than_256_kib_is_refused_with_what_to_do(validate: ModuleType) -> None:
    with pytest.raises(validate.InvalidDataset) as refused:
        validate.handler(dataset(row("x" * 300_000)), None)
    assert str(refused.value).startswith("the input has 300,")
    assert "hands 262,144 (256 KiB) from state to state: split it" in str(refused.value)


def test_rejected_rows_that_make_it_too_big_are_told(validate: ModuleType) -> None:
    good = row("x" * 48, region="y" * 48, quantity=1_000_000, price=999999.99)
    given = dataset(*[good] * 1_500, *[{}] * 300, *[None] * 200)
    assert LIMIT - 20_000 < size(given) <= LIMIT
    with pytest.raises(validate.InvalidDataset) as refused:
        validate.handler(given, None)
    assert str(refused.value).startswith("july with its 500 rejected rows has 27")
    assert "262,144 (256 KiB): mend the rows, or split it" in str(refused.value)
    assert "row 1501: no product; row 1502" in str(refused.value)


# -- ProcessA ------------------------------------------------------------------------------


def test_totals_are_exact_and_the_biggest_comes_first(load: Load) -> None:
    rows = [row("b", 3, 0.1), row("a", 1, 0.1), row("c", 1, 0.2), row("a", 2, 0.1), row("d", 9, 7)]
    answer = load("process_a").handler({**dataset(*rows), "rejected": []}, None)
    assert answer == {
        "dataset": "july",
        "rows": 5,
        "rejected": [],
        "totals": [
            {"product": "d", "quantity": 9, "revenue": "63.00"},
            {"product": "a", "quantity": 3, "revenue": "0.30"},
            {"product": "b", "quantity": 3, "revenue": "0.30"},
            {"product": "c", "quantity": 1, "revenue": "0.20"},
        ],
        "revenue": "63.80",
    }


ROWS = st.lists(
    st.builds(
        lambda product, quantity, cents: row(product, quantity, cents / 100),
        st.sampled_from("abcde"),
        st.integers(1, 1_000_000),
        st.integers(0, 99_999_999),
    ),
    min_size=1,
    max_size=40,
)


@REUSED
@given(ROWS)
def test_nothing_is_lost_in_the_totals(workflow: Any, rows: list[Any]) -> None:
    answer = workflow(dataset(*rows))[-1]
    cents = sum(item["quantity"] * round(item["price"] * 100) for item in rows)
    assert Decimal(answer["revenue"]) * 100 == cents
    assert sum(Decimal(item["revenue"]) for item in answer["totals"]) * 100 == cents
    assert sum(item["quantity"] for item in answer["totals"]) == sum(r["quantity"] for r in rows)


# -- ProcessB ------------------------------------------------------------------------------


@pytest.fixture
def outliers(load: Load) -> Callable[..., Any]:
    module = load("process_b")

    def found(*prices: Any, rejected: Any = ()) -> Any:
        return module.outliers([row(price=price) for price in prices], rejected)

    return found


def test_a_row_far_from_the_median_is_found_with_its_numbers(outliers: Any) -> None:
    # Distances from 12 are 2 1 0 1 0 88, and their median is 1: 0.6745 * 88 / 1.
    assert outliers(10, 11, 12, 13, 12, 100) == {
        "median": "12.00",
        "mad": "1.00",
        "threshold": 3.5,
        "found": 1,
        "rows": [{"row": 6, **row(price=100), "revenue": "100.00", "score": 59.36}],
    }


@pytest.mark.parametrize(
    ("last", "found"),
    # 0.6745 * 5.19 = 3.50066, and 0.6745 * 5.18 = 3.49391, to both sides.
    [(105.19, 1), (105.18, 0), (94.81, 1), (94.82, 0)],
)
def test_the_border_is_at_a_score_of_3_5(outliers: Any, last: float, found: int) -> None:
    answer = outliers(98, 99, 99, 100, 101, 101, 102, 100, last)
    assert (answer["median"], answer["mad"]) == ("100.00", "1.00")
    assert answer["found"] == found


def test_where_most_rows_are_equal_the_mean_distance_is_the_measure(outliers: Any) -> None:
    answer = outliers(*[10] * 9, 100)
    assert (answer["median"], answer["mad"]) == ("10.00", "0.00")
    # 90 / (1.253314 * 9)
    assert [(item["row"], item["score"]) for item in answer["rows"]] == [(10, 7.98)]


@pytest.mark.parametrize("prices", [(5,), (5, 5, 5), (1, 1_000), (1, 2, 3)])
def test_nothing_stands_out_where_nothing_does(outliers: Any, prices: Any) -> None:
    assert outliers(*prices)["rows"] == []


def test_half_a_cent_is_kept_in_a_median(outliers: Any) -> None:
    assert outliers(0.01, 0.02)["median"] == "0.015"


def test_rows_have_the_numbers_of_the_file_they_came_in(workflow: Any, event: Event) -> None:
    answer = workflow(event("dataset"))[-1]
    assert [item["row"] for item in answer["outliers"]["rows"]] == [7]


def test_the_farthest_come_first_and_no_more_than_a_hundred(outliers: Any) -> None:
    rows = outliers(*range(1, 400), *range(900_000, 900_150))
    assert rows["found"] == 150
    assert len(rows["rows"]) == 100
    assert [item["price"] for item in rows["rows"][:2]] == [900_149, 900_148]


@REUSED
@given(st.lists(st.integers(0, 50) | st.integers(0, 99_999_999), min_size=1, max_size=30))
def test_the_scores_are_the_formula_s(outliers: Any, cents: list[int]) -> None:
    answer = outliers(*[value / 100 for value in cents])
    middle = statistics.median(cents)
    mad = statistics.median(abs(value - middle) for value in cents)
    mean = statistics.fmean(abs(value - middle) for value in cents)
    unit = mad / 0.6745 if mad else 1.253314 * mean
    scores = [(value - middle) / unit if unit else 0 for value in cents]
    assert sorted((item["row"], item["score"]) for item in answer["rows"]) == [
        (number, pytest.approx(score, abs=0.006))
        for number, score in enumerate(scores, 1)
        if abs(score) > 3.5
    ]


# -- CombineResults ------------------------------------------------------------------------


def test_the_workflow_ends_with_a_summary(workflow: Any, event: Event) -> None:
    answer = workflow(event("dataset"))[-1]
    assert answer == {
        "dataset": "july",
        "rows": 5,
        "rejected": [
            {"row": 3, "reason": "quantity is no whole number from 1 to 1000000"},
            {"row": 6, "reason": "price has more than 2 decimals"},
        ],
        "totals": [
            {"product": "PROD-002", "quantity": 101, "revenue": "6514.50"},
            {"product": "PROD-001", "quantity": 5, "revenue": "149.95"},
            {"product": "PROD-003", "quantity": 4, "revenue": "57.00"},
        ],
        "outliers": {
            "median": "64.50",
            "mad": "7.50",
            "threshold": 3.5,
            "found": 1,
            "rows": [
                {
                    "row": 7,
                    "product": "PROD-002",
                    "quantity": 100,
                    "price": 64.5,
                    "revenue": "6450.00",
                    "score": 574.27,
                }
            ],
        },
        "revenue": "6721.45",
    }


@pytest.mark.parametrize(
    ("results", "words"),
    [
        (
            [{"dataset": "a", "rows": 1}, {"dataset": "a", "rows": 2}],
            "on rows 1, and ProcessB on 2",
        ),
        ([{"dataset": "a", "rows": 1}, {"dataset": "b", "rows": 1}], "on dataset 'a', and Process"),
        ([{"dataset": "a", "rows": 1}], "must come as a list of two"),
        ({"dataset": "a", "rows": 1}, "must come as a list of two"),
    ],
)
def test_sides_of_different_rows_are_not_combined(load: Load, results: Any, words: str) -> None:
    combine = load("combine_results")
    with pytest.raises(combine.BranchesDisagree, match=words):
        combine.handler(results, None)


def test_the_biggest_data_set_stays_below_what_step_functions_hands_on(workflow: Any) -> None:
    rows = [row(f"{n:048}", price=999_999.99 if n % 20 == 0 else 1) for n in range(2_000)]
    documents = workflow(dataset(*rows))
    assert len(documents[-1]["totals"]) == 2_000
    for document in documents:
        assert size(document) < LIMIT
    rows = [row(f"{n:048}", 1_000_000, 999_999.99) for n in range(2_000)]
    for document in workflow(dataset(*rows)):
        assert size(document) < LIMIT


# -- HandleError ---------------------------------------------------------------------------


@pytest.fixture
def handled(load: Load) -> Callable[[Any], dict[str, Any]]:
    handle = load("handle_error")

    def report(document: Any) -> dict[str, Any]:
        answer: dict[str, Any] = handle.handler(document, None)
        age = datetime.now(UTC) - datetime.fromisoformat(answer.pop("handled_at"))
        assert timedelta(0) <= age < timedelta(minutes=1)
        return answer

    return report


def test_a_failure_is_told_in_the_words_of_the_function(
    handled: Any, event: Event, capsys: pytest.CaptureFixture[str]
) -> None:
    report = handled(event("dataset-failed"))
    assert report == {
        "status": "failed",
        "error": "InvalidDataset",
        "cause": "july has no good row of 1: row 1: quantity is no whole number from 1 to 1000000",
        "dataset": "july",
        "next_step": "Mend the data set as the cause says, and start the workflow with it.",
    }
    (line,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert line["level"] == "ERROR"
    assert report.items() <= line.items()


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        ("ran out of time", "ran out of time"),
        ('ProcessA: {"errorMessage": "no rows"}', "ProcessA: no rows"),
        ('{"errorMessage": "a {brace}"}', "a {brace}"),
        ('{"reason": "no message"}', '{"reason": "no message"}'),
        ("a { that is no JSON", "a { that is no JSON"),
        ("", "no cause was given"),
        (None, "no cause was given"),
        (["list"], "no cause was given"),
        ("x" * 5_000, "x" * 2_000),
        (json.dumps({"errorMessage": "x" * 5_000}), "x" * 2_000),
    ],
)
def test_a_cause_is_read_out_of_what_step_functions_keeps(
    handled: Any, cause: Any, told: str
) -> None:
    report = handled({**dataset(), "error": {"Error": "States.Timeout", "Cause": cause}})
    assert report["cause"] == told
    assert report["next_step"].startswith("Start the workflow again")


@pytest.mark.parametrize(
    "document",
    [None, [], {}, [{"error": 1}], {"error": "x"}, {"dataset": 5, "error": {"Error": None}}],
)
def test_whatever_failed_is_reported(handled: Any, document: Any) -> None:
    report = handled(document)
    assert (report["error"], report["dataset"]) == ("unknown", "unknown")
    assert report["next_step"].startswith("Look at the log")
