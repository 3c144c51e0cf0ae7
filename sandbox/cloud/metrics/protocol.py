"""The languages CloudWatch is spoken to in: JSON (boto3), CBOR, and the old query form.

The emulator writes every action three times; ours are written once, over dictionaries.
"""

import datetime
import re
from collections.abc import Callable, Mapping
from typing import Any
from xml.sax.saxutils import escape

from ministack.services import cloudwatch

Answer = tuple[int, dict[str, str], bytes]
SIGNATURE = "(params, cbor_data, is_cbor, is_json=False)"
"""Of every action in the emulator."""


class RefusedError(Exception):
    """A request that CloudWatch refuses."""

    def __init__(self, code: str, message: str, more: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code, self.more = code, dict(more or {})


def action(name: str, handle: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[..., Answer]:
    """An action of the emulator from a function over dictionaries."""

    def answer(
        params: Mapping[str, Any], cbor_data: Any, is_cbor: bool, is_json: bool = False
    ) -> Answer:
        try:
            given = dict(cbor_data) if is_cbor or is_json else unflattened(params)
            return told(name, handle(given), is_cbor, is_json)
        except RefusedError as refusal:
            return refused(refusal, is_cbor, is_json)

    return answer


def refused(refusal: RefusedError, is_cbor: bool, is_json: bool) -> Answer:
    """CloudWatch's answer to what it refuses."""
    if refusal.more and (is_cbor or is_json):
        body = {"__type": refusal.code, "message": str(refusal), **refusal.more}
        made: Answer = cloudwatch._cbor_ok(body) if is_cbor else cloudwatch._json_ok(body)
        return 400, made[1], made[2]
    answer: Answer = cloudwatch._error(
        refusal.code, str(refusal), 400, use_json=is_json, use_cbor=is_cbor
    )
    return answer


def told(name: str, result: dict[str, Any], is_cbor: bool, is_json: bool) -> Answer:
    """An answer in the caller's language."""
    answer: Answer
    if is_cbor:
        answer = cloudwatch._cbor_ok(_tagged(result))
    elif is_json:
        answer = cloudwatch._json_ok(_plain(result))
    else:
        inner = f"<{name}Result>{_xml(_plain(result))}</{name}Result>"
        answer = cloudwatch._xml(200, f"{name}Response", inner)
    return answer


def unflattened(params: Mapping[str, Any]) -> dict[str, Any]:
    """``A.member.1.B=x`` as ``{"A": [{"B": "x"}]}``."""
    tree: dict[str, Any] = {}
    for key, value in params.items():
        node, parts = tree, key.split(".")
        for part in parts[:-1]:
            node = node.setdefault(part, {})
        node[parts[-1]] = value[0] if isinstance(value, list) else value
    return {key: _lists(item) for key, item in tree.items()}


def truth(value: Any) -> bool:
    """A boolean, however it was written."""
    return str(value).lower() == "true"


def moment(value: Any, name: str) -> float:
    """Seconds since 1970 of a timestamp in a request."""
    at = cloudwatch._parse_ts(value)
    if at is None:
        raise RefusedError("MissingParameter", f"The parameter {name} is required.")
    return float(at)


def _lists(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    members = node.get("member")
    if isinstance(members, dict) and all(re.fullmatch(r"\d+", key) for key in members):
        return [_lists(members[key]) for key in sorted(members, key=int)]
    return {key: _lists(item) for key, item in node.items()}


def _tagged(value: Any) -> Any:
    """With moments as CBOR has them."""
    if isinstance(value, datetime.datetime):
        return cloudwatch._cbor_timestamp(value.timestamp())
    if isinstance(value, dict):
        return {key: _tagged(item) for key, item in value.items()}
    return [_tagged(item) for item in value] if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    """With moments as text; the emulator makes numbers of them for JSON."""
    if isinstance(value, datetime.datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _xml(value: Any) -> str:
    if isinstance(value, dict):
        return "".join(f"<{key}>{_xml(item)}</{key}>" for key, item in value.items())
    if isinstance(value, list):
        return "".join(f"<member>{_xml(item)}</member>" for item in value)
    return escape(str(value).lower() if isinstance(value, bool) else str(value))
