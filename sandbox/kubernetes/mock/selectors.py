"""Label and field selectors, as the mock's lists and watches take them."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from .kinds import Object, Refusal


def selector(query: Mapping[str, str]) -> Callable[[Object], bool]:
    """Whether an object fits the request's label and field selectors."""
    labels = re.split(r",(?![^()]*\))", query.get("labelSelector", ""))
    paths = query.get("fieldSelector", "").split(",")
    terms = [_label_term(term.strip()) for term in labels if term.strip()]
    terms += [_field_term(term.strip()) for term in paths if term.strip()]
    return lambda item: all(term(item) for term in terms)


def _label_term(term: str) -> Callable[[Object], bool]:
    found = re.fullmatch(r"(\S+)\s+(in|notin)\s+\(([^)]*)\)", term)
    if found:
        key, wanted = found[1], {value.strip() for value in found[3].split(",")}
        inside = found[2] == "in"
    else:
        parts = re.fullmatch(r"(!?)([^=!]+)(?:(!=|==?)(.*))?", term)
        if parts is None:
            raise Refusal(400, "BadRequest", f"unable to parse requirement: {term!r}")
        key, operator = parts[2].strip(), parts[3]
        if operator is None:
            return lambda item: (key in _labels(item)) is not bool(parts[1])
        wanted, inside = {parts[4].strip()}, operator != "!="
    return lambda item: (_labels(item).get(key) in wanted) is inside


def _field_term(term: str) -> Callable[[Object], bool]:
    path, operator, wanted = re.split(r"(!=|==?)", term, maxsplit=1)

    def fits(item: Object) -> bool:
        value: Any = item
        for key in path.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        return (str(value or "") == wanted) is (operator != "!=")

    return fits


def _labels(item: Object) -> Mapping[str, str]:
    return item["metadata"].get("labels") or {}
