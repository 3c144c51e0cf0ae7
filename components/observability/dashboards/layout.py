"""Places widgets on CloudWatch's grid: 24 columns, rows as high as their highest widget.

Positions are given and not left to CloudWatch, so that the same widgets always give the same body.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

COLUMNS = 24
MOST_WIDGETS = 500
"""Of one dashboard (CloudWatch API reference, "Dashboard body structure and syntax")."""


@dataclass(frozen=True)
class Widget:
    """A widget that has no place yet."""

    type: str
    """``alarm``, ``log``, ``metric`` or ``text``."""
    width: int
    height: int
    properties: dict[str, Any]
    """Leaves may be Outputs."""


def placed(sections: Sequence[Sequence[Widget]]) -> list[dict[str, Any]]:
    """The widgets as a body lists them: in each section from left to right, row below row."""
    found: list[dict[str, Any]] = []
    top = 0
    for section in sections:
        left, height = 0, 0
        for widget in section:
            if left + widget.width > COLUMNS:
                top, left, height = top + height, 0, 0
            found.append(
                {
                    "type": widget.type,
                    "x": left,
                    "y": top,
                    "width": widget.width,
                    "height": widget.height,
                    "properties": widget.properties,
                }
            )
            left, height = left + widget.width, max(height, widget.height)
        top += height
    return found


def shared(widgets: Sequence[Widget], *, most: int = 4) -> list[Widget]:
    """The same widgets, the width of the grid shared evenly: no row ends in a hole.

    Args:
        widgets: of one height.
        most: in a row.
    """
    rows = max(1, -(-len(widgets) // most))
    found: list[Widget] = []
    for row in range(rows):
        # The rows' lengths differ by one at most.
        members = widgets[len(widgets) * row // rows : len(widgets) * (row + 1) // rows]
        for place, widget in enumerate(members):
            start, end = (COLUMNS * edge // len(members) for edge in (place, place + 1))
            found.append(Widget(widget.type, end - start, widget.height, widget.properties))
    return found
