"""Places boxes in columns, so that arrows run from left to right with few crossings.

The classic layered way (Sugiyama): columns by the longest way, an arrow over several columns bends
at a point in each, order within a column by the mean of the neighbours, heights last. For some
dozens of boxes; the same boxes always get the same places.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .columns import layers

GAP = 26.0
"""Between two boxes of a column."""
BEND_GAP = 14.0
SWEEPS = 12


@dataclass
class Box:
    """What is placed; ``x`` and ``y`` are its upper left corner."""

    key: str
    width: float
    height: float
    x: float = 0.0
    y: float = 0.0

    @property
    def middle(self) -> float:
        """Height of its centre."""
        return self.y + self.height / 2


@dataclass(frozen=True)
class Way:
    """How an arrow runs."""

    source: str
    target: str
    points: tuple[tuple[float, float], ...]
    """From the source's right edge to the target's left one."""


@dataclass
class _Chain:
    """An arrow with the keys of its bends."""

    source: str
    target: str
    keys: list[str]
    backwards: bool


@dataclass(frozen=True)
class Placed:
    """Boxes with their places, ways with theirs, and the size of it all."""

    boxes: Mapping[str, Box]
    ways: Sequence[Way]
    width: float
    height: float
    columns: Sequence[float] = field(default_factory=tuple)
    """Left edges."""


def place(
    boxes: Sequence[Box], arrows: Sequence[tuple[str, str]], *, gap: float, margin: float
) -> Placed:
    """Give every box its place.

    Args:
        boxes: with their sizes.
        arrows: from key to key.
        gap: between two columns.
        margin: around everything.
    """
    everything = {box.key: box for box in boxes}
    column = layers(everything, arrows)
    alone = everything.keys() - {end for arrow in arrows for end in arrow}
    rows: dict[int, list[str]] = defaultdict(list)
    for key in sorted(everything.keys() - alone):
        rows[column[key]].append(key)
    chains = _chains(arrows, column, rows, everything)
    _order(rows, chains)
    x = margin
    lefts: list[float] = []
    for number in sorted(rows):
        width = max(everything[key].width for key in rows[number])
        for key in rows[number]:
            everything[key].x = x + (width - everything[key].width) / 2
        lefts.append(x)
        x += width + gap
    _heights(rows, chains, everything)
    top = min((box.y for key, box in everything.items() if key not in alone), default=margin)
    for box in everything.values():
        box.y += margin - top
    lonely = sorted(alone, key=lambda one: (-everything[one].height, one))
    for place, key in enumerate(lonely):
        settled = [box for box in everything.values() if box.key not in lonely[place:]]
        _settle(everything[key], settled, lefts or [margin], margin)
        x = max(x, everything[key].x + everything[key].width + gap)
    height = max((box.y + box.height for box in everything.values()), default=0.0) + margin
    return Placed(
        boxes={key: box for key, box in everything.items() if key in {one.key for one in boxes}},
        ways=_ways(chains, everything),
        width=max(x - gap, margin) + margin,
        height=height,
        columns=tuple(lefts),
    )


def _settle(box: Box, others: Sequence[Box], lefts: Sequence[float], margin: float) -> None:
    """Put a box that no arrow touches where it hangs highest below the others."""
    found: list[tuple[float, float]] = []
    for left in lefts:
        above = [
            one.y + one.height + GAP
            for one in others
            if one.x < left + box.width + GAP and one.x + one.width + GAP > left
        ]
        found.append((max(above, default=margin), left))
    box.y, box.x = min(found)


def _chains(
    arrows: Sequence[tuple[str, str]],
    column: Mapping[str, int],
    rows: dict[int, list[str]],
    everything: dict[str, Box],
) -> list[_Chain]:
    found = []
    for source, target in arrows:
        backwards = column[source] >= column[target]
        first, last = (target, source) if backwards else (source, target)
        keys = [first]
        for number in range(column[first] + 1, column[last]):
            bend = f"{source}\0{target}\0{number}"
            everything[bend] = Box(bend, 0, 0)
            rows[number].append(bend)
            keys.append(bend)
        found.append(_Chain(source, target, [*keys, last], backwards))
    return found


def _order(rows: dict[int, list[str]], chains: Sequence[_Chain]) -> None:
    """Swap within the columns until arrows cross as little as this finds."""
    near: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    where = {key: number for number, keys in rows.items() for key in keys}
    links = [pair for chain in chains for pair in zip(chain.keys, chain.keys[1:], strict=False)]
    for one, two in links:
        near[one][where[two]].append(two)
        near[two][where[one]].append(one)
    best, fewest = {number: list(keys) for number, keys in rows.items()}, _crossings(rows, links)
    for sweep in range(SWEEPS):
        step = 1 if sweep % 2 == 0 else -1
        for number in sorted(rows)[::step]:
            places = {key: place for place, key in enumerate(rows.get(number - step, []))}

            def mean(key: str, at: int = number - step, places: dict[str, int] = places) -> float:
                beside = [places[other] for other in near[key][at]]
                return sum(beside) / len(beside) if beside else -1.0

            fixed = {key: place for place, key in enumerate(rows[number])}
            means = {key: mean(key) for key in rows[number]}
            rows[number].sort(
                key=lambda key: (means[key] if means[key] >= 0 else fixed[key], fixed[key])
            )
        count = _crossings(rows, links)
        if count < fewest:
            best, fewest = {number: list(keys) for number, keys in rows.items()}, count
    rows.update(best)


def _crossings(rows: Mapping[int, Sequence[str]], links: Sequence[tuple[str, str]]) -> int:
    places = {key: place for keys in rows.values() for place, key in enumerate(keys)}
    where = {key: number for number, keys in rows.items() for key in keys}
    pairs = sorted((where[one], places[one], places[two]) for one, two in links)
    return sum(
        1
        for index, (column, left, right) in enumerate(pairs)
        for other, below, end in pairs[index + 1 :]
        if other == column and left < below and right > end
    )


def _height(keys: Sequence[str], everything: Mapping[str, Box]) -> float:
    return sum(everything[key].height + GAP for key in keys)


def _heights(
    rows: Mapping[int, Sequence[str]], chains: Sequence[_Chain], everything: Mapping[str, Box]
) -> None:
    """Bring each box to the mean height of its neighbours, as far as its column allows."""
    near: dict[str, list[str]] = defaultdict(list)
    for chain in chains:
        for one, two in zip(chain.keys, chain.keys[1:], strict=False):
            near[one].append(two)
            near[two].append(one)
    for keys in rows.values():
        y = -_height(keys, everything) / 2
        for key in keys:
            everything[key].y = y
            y += everything[key].height + GAP
    for sweep in range(SWEEPS):
        for number in sorted(rows)[:: 1 if sweep % 2 == 0 else -1]:
            column = [everything[key] for key in rows[number]]
            wished = [
                (
                    sum(everything[other].middle for other in near[box.key]) / len(near[box.key])
                    if near[box.key]
                    else box.middle
                )
                - box.height / 2
                for box in column
            ]
            for box, y in zip(column, _apart(column, wished), strict=True):
                box.y = y


def _apart(column: Sequence[Box], wished: Sequence[float]) -> list[float]:
    """The heights nearest to the wished ones at which no box touches the next.

    Least squares under an order: neighbours that would touch move as one block (pool adjacent
    violators).
    """
    offsets, offset = [], 0.0
    for box, after in zip(column, [*column[1:], None], strict=True):
        offsets.append(offset)
        bend = not box.height or (after is not None and not after.height)
        offset += box.height + (BEND_GAP if bend else GAP)
    blocks: list[tuple[float, int]] = []
    for wish, shift in zip(wished, offsets, strict=True):
        blocks.append((wish - shift, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (one, many), (two, more) = blocks[-2:]
            blocks[-2:] = [((one * many + two * more) / (many + more), many + more)]
    flat = [value for value, count in blocks for _ in range(count)]
    return [value + shift for value, shift in zip(flat, offsets, strict=True)]


def _ways(chains: Sequence[_Chain], everything: Mapping[str, Box]) -> list[Way]:
    """Arrows leave and reach a box at places of their own, in the order of their other ends."""
    leaving: dict[str, list[_Chain]] = defaultdict(list)
    reaching: dict[str, list[_Chain]] = defaultdict(list)
    for chain in chains:
        leaving[chain.keys[0]].append(chain)
        reaching[chain.keys[-1]].append(chain)
    ports: dict[tuple[int, bool], float] = {}
    for side, first in ((leaving, True), (reaching, False)):
        for key, members in side.items():
            box = everything[key]
            members.sort(
                key=lambda one, at=1 if first else -2: (  # type: ignore[misc]  # bound at once
                    everything[one.keys[at]].middle,
                    one.source,
                    one.target,
                )
            )
            for place, chain in enumerate(members, 1):
                ports[id(chain), first] = box.y + box.height * place / (len(members) + 1)
    found = []
    for chain in chains:
        start, end = everything[chain.keys[0]], everything[chain.keys[-1]]
        points = [(start.x + start.width, ports[id(chain), True])]
        points += [(everything[key].x, everything[key].y) for key in chain.keys[1:-1]]
        points.append((end.x, ports[id(chain), False]))
        if chain.backwards:
            points.reverse()
        found.append(Way(chain.source, chain.target, tuple(points)))
    return found
