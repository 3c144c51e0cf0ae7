"""How routes are written, for both kinds of API."""

import re

import pytest

from components.function.triggers.routes import (
    check_distinct,
    checked_method,
    checked_path,
    parts_of,
    signature,
)

TEXT = re.compile(r"[a-z]+")


def test_a_method_is_any_unless_named_and_case_does_not_matter() -> None:
    assert checked_method("Shop 'a'", "f", None) == "ANY"
    assert checked_method("Shop 'a'", "f", "patch") == "PATCH"


def test_a_method_that_does_not_exist_is_refused_with_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"f='GETT' is not valid.*Did you mean 'GET'\?"):
        checked_method("Shop 'a'", "f", "GETT")


@pytest.mark.parametrize(
    ("path", "names"),
    [("/", []), ("/orders/{id}", ["id"]), ("/{shop}/x/{rest+}", ["shop", "rest"])],
)
def test_parameters_are_found_in_order(path: str, names: list[str]) -> None:
    assert checked_path("Shop 'a'", "f", path, TEXT) == names


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("orders", "Did you mean '/orders'?"),
        ("/orders/", "Did you mean '/orders'?"),
        ("//", "Did you mean '/'?"),
        ("/a//b", "'' is neither"),
        ("/a{id}", "'a{id}' is neither"),
        ("/{id", "'{id' is neither"),
        ("/{rest+}/x", "'{rest+}' takes all that follows: put it last."),
        ("/{id}/{id}", "each name once"),
        ("/A", "'A' is neither"),
    ],
)
def test_a_malformed_path_is_refused_with_the_way_out(path: str, text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)) as error:
        checked_path("Shop 'a'", "routes[0].path", path, TEXT)
    assert f"Shop 'a': routes[0].path={path!r}" in str(error.value)


def test_names_of_parameters_do_not_tell_paths_apart() -> None:
    assert signature("/a/{id}") == signature("/a/{name}") != signature("/a/{name+}")
    assert parts_of("/") == []
    assert parts_of("/a/b") == ["a", "b"]


def test_routes_that_take_the_same_requests_are_refused_with_both_named() -> None:
    routes = [("GET", "/items/{id}"), ("ANY", "/items/{id}"), ("GET", "/items/{name}")]
    with pytest.raises(ValueError, match="each route once") as error:
        check_distinct("Shop 'a'", "routes", routes)
    assert str(error.value) == (
        "Shop 'a': routes[2]='GET /items/{name}' is not valid. Allowed: each route once. "
        "'GET /items/{id}' of routes[0] takes the same requests: remove one."
    )
    check_distinct("Shop 'a'", "routes", routes[:2])
