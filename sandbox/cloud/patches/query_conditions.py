"""Listener rules on the query string, which the emulator reads as "always"."""

import re
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

from ministack.services import alb

from . import guard

FIELD = "query-string"


def apply() -> Callable[..., bool]:
    """Keep and show such conditions; returns how a condition of any kind is matched."""

    def parse(original: Callable[..., Any]) -> Callable[..., Any]:
        def conditions(params: Any, prefix: str = "Conditions") -> list[dict[str, Any]]:
            parsed: list[dict[str, Any]] = original(params, prefix)
            for number, condition in enumerate(parsed, 1):
                if condition["Field"] == FIELD:
                    place = f"{prefix}.member.{number}.QueryStringConfig.Values"
                    condition["QueryStringConfig"] = {"Values": _pairs(params, place)}
            return parsed

        return conditions

    def show(original: Callable[..., Any]) -> Callable[..., Any]:
        def xml(c: dict[str, Any]) -> str:
            text = str(original(c))
            if "QueryStringConfig" not in c:
                return text
            members = "".join(
                "<member>"
                + "".join(f"<{name}>{escape(value)}</{name}>" for name, value in pair.items())
                + "</member>"
                for pair in c["QueryStringConfig"]["Values"]
            )
            inner = f"<QueryStringConfig><Values>{members}</Values></QueryStringConfig>"
            return text.removesuffix("</member>") + inner + "</member>"

        return xml

    guard.wrap(alb, "_parse_conditions", "(params, prefix='Conditions')", parse)
    guard.wrap(alb, "_condition_xml", "(c)", show)
    others = guard.checked(alb, "_match_condition", "(cond, method, path, headers, query_params)")

    def match(
        condition: Any, method: str, path: str, headers: dict[str, str], query: dict[str, list[str]]
    ) -> bool:
        if "QueryStringConfig" in condition:
            return any(_found(pair, query) for pair in condition["QueryStringConfig"]["Values"])
        return bool(others(condition, method, path, headers, query))

    return match


def _pairs(params: Any, place: str) -> list[dict[str, str]]:
    """The pairs of a condition; a pair without a key matches any key."""
    pairs: list[dict[str, str]] = []
    while value := alb._p(params, f"{place}.member.{len(pairs) + 1}.Value"):
        key = alb._p(params, f"{place}.member.{len(pairs) + 1}.Key")
        pairs.append({"Key": key, "Value": value} if key else {"Value": value})
    return pairs


def _found(pair: dict[str, str], query: dict[str, list[str]]) -> bool:
    """Whether one of the query's pairs fits; ``*`` and ``?`` are wildcards, case is not."""
    return any(
        _like(value, pair["Value"]) and _like(key, pair.get("Key", "*"))
        for key, values in query.items()
        for value in values
    )


def _like(text: str, pattern: str) -> bool:
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, text, re.IGNORECASE | re.DOTALL) is not None
