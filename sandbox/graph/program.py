"""The picture of a program: one SVG that needs nothing else."""

from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from . import cards, colours, layout, text
from .cards import label, number, rectangle
from .kinds import FAMILIES
from .model import Arrow, Program

GAP = 104.0
MARGIN = 26.0
TOP = 62.0
"""What the title takes."""
FOOT = 40.0
PILL = 34.0
SAYS, LINE = 11.5, 14.0
MEANINGS = {
    "entry": "way in",
    "compute": "runs",
    "data": "keeps",
    "messages": "hands on",
    "network": "connects",
    "watch": "watches",
}
SHEET = (
    f"text{{font-family:{colours.SANS};fill:var(--ink)}}"
    ".heading{font-size:20px;font-weight:650}.name{font-size:15px;font-weight:650}"
    ".total{font-size:12px;fill:var(--soft);font-variant-numeric:tabular-nums}"
    ".small{font-size:11px;fill:var(--soft)}.count{font-size:12px}"
    ".paper{fill:var(--paper)}.card{fill:var(--card);stroke:var(--rule)}"
    ".pill{fill:var(--deep)}.pill-name{font-size:13px;font-weight:600;fill:var(--deep-ink)}"
    ".chip{fill-opacity:.11}.rule{stroke:var(--rule);fill:none}"
    ".flow{stroke:var(--line);stroke-width:1.8;fill:none}"
    ".support{stroke:var(--line);stroke-width:1.3;stroke-dasharray:2 5;stroke-linecap:round;"
    "fill:none;opacity:.85}.head{fill:var(--line)}"
    ".says{font-size:11.5px;fill:var(--ink)}"
    ".box:focus-visible{outline:3px solid var(--messages);outline-offset:3px}"
)
END = {"text-anchor": "middle"}


def picture(program: Program, title: str, *, heading: bool = True) -> str:
    """The program as SVG.

    Args:
        program: what is drawn.
        title: of the picture.
        heading: whether the title is written above it; a page has one of its own.
    """
    id, head = "program", TOP if heading else MARGIN
    boxes = {
        key: layout.Box(key, _width(program, key), 0)
        for key in program.components
        if key not in program.watchers
    }
    for key, box in boxes.items():
        box.height = cards.height(program.components[key], box.width)
    for name in program.outside:
        boxes[name] = layout.Box(name, text.width(name, 13) + 34, PILL)
    arrows = [arrow for arrow in program.arrows if arrow.source in boxes and arrow.target in boxes]
    placed = layout.place(
        list(boxes.values()),
        [(arrow.source, arrow.target) for arrow in arrows],
        gap=GAP,
        margin=MARGIN,
    )
    width = max(placed.width, 640.0)
    bands = [program.components[key] for key in program.watchers]
    band = width - 2 * MARGIN
    height = (
        head + placed.height - MARGIN + FOOT + sum(cards.height(one, band) + 30 for one in bands)
    )
    root = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {number(width)} {number(height)}",
            "width": number(width),
            "height": number(height),
            "role": "group",
            "aria-labelledby": f"{id}-title {id}-desc",
            "class": "program",
        },
    )
    SubElement(root, "title", {"id": f"{id}-title"}).text = title
    SubElement(root, "desc", {"id": f"{id}-desc"}).text = described(program)
    SubElement(root, "style").text = colours.variables(".program") + SHEET + _families()
    _head(root, id)
    rectangle(root, (0, 0, width, height), 16, "paper")
    if heading:
        label(root, MARGIN, 38, title, "heading")
        summary = f"{program.resources} resources in {len(program.components)} components"
        label(root, width - MARGIN, 38, summary, "total", **{"text-anchor": "end"})
    drawing = SubElement(root, "g", {"transform": f"translate(0 {number(head - MARGIN)})"})
    _arrows(drawing, arrows, placed.ways, id)
    for key, box in placed.boxes.items():
        if key in program.components:
            cards.draw(drawing, program.components[key], box.x, box.y, box.width)
        else:
            _pill(drawing, key, box)
    top = head - MARGIN + placed.height
    for component in bands:
        seen = sorted(program.watchers[component.key])
        label(root, MARGIN, top + 14, f"{component.name} watches {_names(seen)}", "small")
        cards.draw(root, component, MARGIN, top + 22, band)
        top += cards.height(component, band) + 30
    _legend(root, MARGIN, height - 22)
    indent(root, " ")
    return tostring(root, encoding="unicode") + "\n"


def described(program: Program) -> str:
    """The picture in words."""
    flows = [
        f"{_name(arrow.source)} to {_name(arrow.target)} ({', '.join(arrow.labels)})"
        for arrow in program.arrows
    ]
    kinds = [f"{one.name} ({one.type})" for one in program.components.values()]
    return f"Components: {'; '.join(kinds)}. Arrows: {'; '.join(flows) or 'none'}."


def _width(program: Program, key: str) -> float:
    flows = any(arrow.flow and key in (arrow.source, arrow.target) for arrow in program.arrows)
    made_of = any(not arrow.flow and key == arrow.source for arrow in program.arrows)
    return cards.NARROW if made_of and not flows else cards.WIDTH


def _name(key: str) -> str:
    return key.partition("/")[2] or key


def _names(keys: Sequence[str]) -> str:
    return ", ".join(sorted({_name(key) for key in keys}))


def _families() -> str:
    return "".join(
        f".fill-{name}{{fill:var(--{name})}}.tint-{name}{{fill:var(--{name})}}" for name in FAMILIES
    )


def _head(root: Element, id: str) -> None:
    defs = SubElement(root, "defs")
    marker = SubElement(
        defs,
        "marker",
        {
            "id": f"{id}-head",
            "viewBox": "0 0 8 8",
            "refX": "7.2",
            "refY": "4",
            "markerWidth": "8",
            "markerHeight": "8",
            "markerUnits": "userSpaceOnUse",
            "orient": "auto-start-reverse",
        },
    )
    SubElement(marker, "path", {"d": "M0 0 8 4 0 8z", "class": "head"})


def _arrows(parent: Element, arrows: Sequence[Arrow], ways: Sequence[layout.Way], id: str) -> None:
    by_ends: Mapping[tuple[str, str], Arrow] = {(one.source, one.target): one for one in arrows}
    for way in ways:
        arrow = by_ends[way.source, way.target]
        group = SubElement(
            parent, "g", {"class": "arrow", "data-source": way.source, "data-target": way.target}
        )
        attributes = {"d": _curve(way.points), "class": "flow" if arrow.flow else "support"}
        if arrow.flow:
            attributes["marker-end"] = f"url(#{id}-head)"
        SubElement(group, "path", attributes)
        if arrow.flow:  # what others are made of says its own box
            (x1, y1), (x2, y2) = way.points[:2]
            _says(group, (x1 + x2) / 2, (y1 + y2) / 2, arrow.labels)


def _says(parent: Element, x: float, y: float, labels: Sequence[str]) -> None:
    """The words on an arrow, which passes behind them."""
    lines = text.wrapped(list(labels), SAYS, GAP - 26, between=", ")
    wide = max(text.width(line, SAYS) for line in lines) + 6
    tall = len(lines) * LINE
    rectangle(parent, (x - wide / 2, y - tall / 2, wide, tall), 4, "paper")
    for place, line in enumerate(lines):
        label(parent, x, y - tall / 2 + LINE * place + 11, line, "says", **END)


def _curve(points: Sequence[tuple[float, float]]) -> str:
    """Through all the points, level in each."""
    x, y = points[0]
    parts = [f"M{number(x)} {number(y)}"]
    for next_x, next_y in points[1:]:
        middle = (x + next_x) / 2
        ends = (middle, y, middle, next_y, next_x, next_y)
        parts.append("C" + " ".join(number(value) for value in ends))
        x, y = next_x, next_y
    return "".join(parts)


def _pill(parent: Element, name: str, box: layout.Box) -> None:
    group = SubElement(parent, "g", {"class": "outside", "data-key": name})
    rectangle(group, (box.x, box.y, box.width, box.height), PILL / 2, "pill")
    label(group, box.x + box.width / 2, box.y + 21.5, name, "pill-name", **END)


def _legend(root: Element, x: float, y: float) -> None:
    group = SubElement(root, "g", {"class": "legend"})
    for family, words in MEANINGS.items():
        SubElement(
            group,
            "circle",
            {"cx": number(x + 4), "cy": number(y - 4), "r": "4", "class": f"fill-{family}"},
        )
        label(group, x + 13, y, words, "small")
        x += 13 + text.width(words, cards.SMALL) + 16
    for css, words in (("flow", "data flow"), ("support", "is made of, stands in")):
        path = f"M{number(x)} {number(y - 4)}h26"
        SubElement(group, "path", {"d": path, "class": css})
        label(group, x + 33, y, words, "small")
        x += 33 + text.width(words, cards.SMALL) + 16
