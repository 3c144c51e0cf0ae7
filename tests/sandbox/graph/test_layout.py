"""Boxes in columns, arrows from left to right."""

import itertools
import random

import pytest

from sandbox.graph.columns import layers
from sandbox.graph.layout import Box, Placed, place

ARROWS = [("a", "b"), ("b", "c"), ("a", "c"), ("d", "c"), ("x", "y"), ("b", "y"), ("a", "z")]


def placed(arrows: list[tuple[str, str]], *alone: str, height: float = 60) -> Placed:
    keys = sorted({end for arrow in arrows for end in arrow} | set(alone))
    boxes = [Box(key, 100 + 10 * place, height + 7 * place) for place, key in enumerate(keys)]
    return place(boxes, arrows, gap=80, margin=20)


def test_a_box_stands_behind_all_that_leads_to_it() -> None:
    found = layers("abcdxyz", ARROWS)
    assert all(found[source] < found[target] for source, target in ARROWS)


def test_a_source_stands_close_before_what_it_leads_to() -> None:
    assert layers("abcd", [("a", "b"), ("b", "c"), ("d", "c")])["d"] == 1


def test_a_circle_is_drawn_and_not_followed_for_ever() -> None:
    found = placed([("a", "b"), ("b", "c"), ("c", "a"), ("b", "b")])
    assert set(found.boxes) == {"a", "b", "c"}


@pytest.mark.parametrize("alone", [(), ("k",), ("k", "l", "m")])
@pytest.mark.parametrize("seed", range(20))
def test_no_box_lies_over_another_and_all_are_inside(alone: tuple[str, ...], seed: int) -> None:
    chance = random.Random(seed)
    pairs = list(itertools.permutations("abcdefgh", 2))
    found = placed(ARROWS if seed == 0 else chance.sample(pairs, 2 * seed), *alone)
    for one, two in itertools.combinations(found.boxes.values(), 2):
        beside = one.x + one.width <= two.x or two.x + two.width <= one.x
        below = one.y + one.height <= two.y or two.y + two.height <= one.y
        assert beside or below, (one, two)
    for box in found.boxes.values():
        assert box.x >= 20
        assert box.y >= 20
        assert box.x + box.width <= found.width - 20
        assert box.y + box.height <= found.height - 20


def test_an_arrow_runs_from_the_right_edge_to_the_left_edge_of_its_boxes() -> None:
    found = placed(ARROWS)
    for way in found.ways:
        source, target = found.boxes[way.source], found.boxes[way.target]
        assert way.points[0][0] == source.x + source.width
        assert way.points[-1][0] == target.x
        assert source.y <= way.points[0][1] <= source.y + source.height
        assert [x for x, _ in way.points] == sorted(x for x, _ in way.points)


def test_an_arrow_over_a_column_passes_between_its_boxes() -> None:
    found = placed([("a", "b"), ("b", "c"), ("a", "c")])
    (way,) = [one for one in found.ways if (one.source, one.target) == ("a", "c")]
    (_, bend, _) = way.points
    between = found.boxes["b"]
    assert not between.y < bend[1] < between.y + between.height


def test_arrows_that_need_not_cross_do_not() -> None:
    found = placed([("a", "z"), ("b", "y"), ("c", "x")])
    order = sorted("abc", key=lambda key: found.boxes[key].y)
    ends = {"a": "z", "b": "y", "c": "x"}
    assert sorted("xyz", key=lambda key: found.boxes[key].y) == [ends[key] for key in order]


def test_one_box_alone_is_placed() -> None:
    found = placed([], "a")
    assert (found.boxes["a"].x, found.boxes["a"].y) == (20, 20)
    assert (found.width, found.height) == (140, 100)
