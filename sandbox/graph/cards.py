"""The box of one component."""

from xml.etree.ElementTree import Element, SubElement

from . import text
from .kinds import Kind
from .model import Component

WIDTH = 232.0
NARROW = 176.0
"""Of what others are only made of or placed in."""
PAD = 14.0
HEAD = 50.0
CHIP = 20.0
CHIP_GAP = 6.0
NAME, SMALL, SIZE = 15.0, 11.0, 12.0
LINE = 15.0


def label(parent: Element, x: float, y: float, words: str, css: str, **more: str) -> Element:
    """A line of text; ``y`` is its base line."""
    made = SubElement(parent, "text", {"x": number(x), "y": number(y), "class": css, **more})
    made.text = words
    return made


def number(value: float) -> str:
    """A length, short and always the same."""
    return f"{round(value, 1):g}"


def rectangle(
    parent: Element, box: tuple[float, float, float, float], radius: float, css: str
) -> Element:
    """A rounded rectangle: x, y, width, height."""
    x, y, width, height = (number(part) for part in box)
    return SubElement(
        parent,
        "rect",
        {"x": x, "y": y, "width": width, "height": height, "rx": number(radius), "class": css},
    )


def height(component: Component, width: float) -> float:
    """Of its box."""
    rows, small = _chips(component, width), _small(component, width)
    found = HEAD + len(rows) * (CHIP + CHIP_GAP)
    return found + (len(small) * LINE + 10 if small else 0) + 6


def draw(parent: Element, component: Component, x: float, y: float, width: float) -> None:
    """The box with its name, class and counts."""
    total = len(component.records)
    resources = f"{total} resource{'' if total == 1 else 's'}"
    group = SubElement(
        parent, "g", {"class": "box", "data-key": component.key, "role": "img", "tabindex": "0"}
    )
    title = SubElement(group, "title")
    counts = ", ".join(kind.counted(count) for kind, count in component.counts)
    title.text = f"{component.type} {component.name}: {resources}; {counts}".rstrip("; ")
    tall = height(component, width)
    rectangle(group, (x, y, width, tall), 12, "card")
    SubElement(
        group,
        "path",
        {
            "class": f"fill-{component.family}",
            "d": f"M{number(x + 12)} {number(y)}h{number(width - 24)}a12 12 0 0 1 10.4 6"
            f"h-{number(width - 3.2)}a12 12 0 0 1 10.4 -6z",
        },
    )
    count = str(total)
    room = width - 2 * PAD - text.width(count, SIZE) - 8
    label(group, x + PAD, y + 26, text.fitted(component.name, NAME, room), "name")
    label(group, x + width - PAD, y + 26, count, "total", **{"text-anchor": "end"})
    label(group, x + PAD, y + 41, text.fitted(component.type, SMALL, width - 2 * PAD), "small")
    top = y + HEAD
    for row in _chips(component, width):
        left = x + PAD
        for kind, words, wide in row:
            _chip(group, left, top, kind, words, wide)
            left += wide + CHIP_GAP
        top += CHIP + CHIP_GAP
    small = _small(component, width)
    if small:
        path = f"M{number(x + PAD)} {number(top + 1)}h{number(width - 2 * PAD)}"
        SubElement(group, "path", {"class": "rule", "d": path})
        for place, words in enumerate(small, 1):
            label(group, x + PAD, top + 1 + place * LINE, words, "small")


def _chip(parent: Element, x: float, y: float, kind: Kind, words: str, wide: float) -> None:
    rectangle(parent, (x, y, wide, CHIP), CHIP / 2, f"chip tint-{kind.family}")
    SubElement(
        parent,
        "circle",
        {
            "cx": number(x + 10),
            "cy": number(y + CHIP / 2),
            "r": "3.5",
            "class": f"fill-{kind.family}",
        },
    )
    label(parent, x + 18, y + 14.2, words, "count")


def _chips(component: Component, width: float) -> list[list[tuple[Kind, str, float]]]:
    rows: list[list[tuple[Kind, str, float]]] = []
    left = 0.0
    for kind, count in component.counts:
        if kind.minor:
            continue
        words = kind.counted(count)
        wide = text.width(words, SIZE) + 29
        if not rows or left + wide > width - 2 * PAD:
            rows.append([])
            left = 0.0
        rows[-1].append((kind, words, wide))
        left += wide + CHIP_GAP
    return rows


def _small(component: Component, width: float) -> list[str]:
    counts = component.counts
    words = [kind.counted(count) for kind, count in counts if kind.minor]
    made = {"task", "pod"}
    rest = len(component.records) - sum(count for kind, count in counts if kind.one not in made)
    if rest > 0:
        words.append(f"{rest} more")
    return text.wrapped(words, SMALL, width - 2 * PAD)
