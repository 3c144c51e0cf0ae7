"""The shape of complaints, and misspelt or missing arguments."""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi
import pytest

from components.checks import integer, one_of
from components.errors import check_keys, invalid, nearest


class Inner(TypedDict):
    path: NotRequired[str]
    size: int


class Outer(TypedDict):
    name: pulumi.Input[str]
    inner: NotRequired[Inner]
    many: NotRequired[Sequence[Inner]]
    by_name: NotRequired[Mapping[str, Inner]]
    later: NotRequired[pulumi.Input[Inner]]
    labels: NotRequired[Mapping[str, pulumi.Input[str]]]


def test_nearest_finds_a_slip_of_the_pen_and_nothing_far_off() -> None:
    assert nearest("memroy", ["cpu", "memory", "port"]) == "memory"
    assert nearest("xyz", ["cpu", "memory", "port"]) is None


def test_a_complaint_says_where_what_what_instead_and_what_next() -> None:
    error = invalid("Shop 'a'", "app.port", 0, "1 to 65535.", "Set it to 5000.")
    assert isinstance(error, ValueError)
    assert str(error) == ("Shop 'a': app.port=0 is not valid. Allowed: 1 to 65535. Set it to 5000.")


def test_a_complaint_without_a_hint_ends_after_what_is_allowed() -> None:
    assert str(invalid("Shop 'a'", "n", 0, "1 or more")).endswith("Allowed: 1 or more.")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"nam": "x"}, "unknown argument 'nam'. Did you mean 'name'?"),
        ({"name": "x", "zzz": 1}, "unknown argument 'zzz'. It has by_name, inner, labels"),
        ({}, "missing required argument 'name'. Set it."),
        ({"name": None}, "missing required argument 'name'. Set it."),
        (
            {"name": "x", "inner": {"pth": "/", "size": 1}},
            "'inner.pth'. Did you mean 'inner.path'?",
        ),
        ({"name": "x", "inner": {}}, "missing required argument 'inner.size'"),
        ({"name": "x", "inner": "oops"}, "inner='oops' is not valid. Allowed: a mapping of path"),
        ({"name": "x", "many": [{"size": 1}, {"sise": 1}]}, "'many[1].sise'. Did you mean"),
        ({"name": "x", "by_name": {"a": {"sise": 1}}}, "'by_name.a.sise'. Did you mean"),
        ({"name": "x", "later": {"sise": 1}}, "'later.sise'. Did you mean 'later.size'?"),
    ],
)
def test_a_wrong_key_is_refused_wherever_it_is_nested(args: Any, message: str) -> None:
    with pytest.raises(ValueError, match=r"Shop 'a'") as raised:
        check_keys("Shop 'a'", args, Outer)
    assert message in str(raised.value)


def test_right_keys_pass_with_free_maps_and_optional_none() -> None:
    args: Any = {
        "name": "x",
        "inner": {"size": 1},
        "many": [{"size": 1}],
        "by_name": {"anything": {"size": 1}},
        "later": None,
        "labels": {"any": "thing"},
    }
    check_keys("Shop 'a'", args, Outer)


def test_the_prefix_stands_before_every_key() -> None:
    with pytest.raises(ValueError, match=r"'app\.nam'. Did you mean 'app\.name'"):
        check_keys("Shop 'a'", {"nam": "x"}, Outer, prefix="app.")


def test_whole_floats_are_integers_since_other_languages_send_nothing_else() -> None:
    number = integer("Shop 'a'", "n", 3.0, 1, 5)
    assert number == 3
    assert isinstance(number, int)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (0, "n=0 is not valid. Allowed: whole numbers from 1 to 5. Nearest: 1."),
        (9.0, "n=9 is not valid. Allowed: whole numbers from 1 to 5. Nearest: 5."),
        (1.5, "n=1.5 is not valid"),
        (True, "n=True is not valid"),
        ("3", "n='3' is not valid"),
    ],
)
def test_a_number_out_of_range_is_refused_with_the_nearest_one(given: object, message: str) -> None:
    with pytest.raises(ValueError, match=r"Shop 'a'") as raised:
        integer("Shop 'a'", "n", given, 1, 5)
    assert message in str(raised.value)


def test_an_open_range_says_so() -> None:
    with pytest.raises(ValueError, match=r"n=-1 is not valid. Allowed: 0 or more. Nearest: 0"):
        integer("Shop 'a'", "n", -1, 0)


def test_a_word_that_is_not_offered_is_refused_with_the_nearest_one() -> None:
    assert one_of("Shop 'a'", "nat", "none", ("none", "single")) == "none"
    with pytest.raises(ValueError, match=r"nat='singel' is not valid.*Did you mean 'single'"):
        one_of("Shop 'a'", "nat", "singel", ("none", "single"))
