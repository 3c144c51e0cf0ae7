"""Log lines become metrics, and filter patterns filter.

The emulator stores metric filters and ignores metrics that are embedded in lines; it takes a JSON
pattern for one that fits everything, and any other for words in any case.
"""

import functools
import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import cloudwatch_logs

from sandbox.cloud.logs import emf, patterns
from sandbox.cloud.logs.words import SyntaxWrongError
from sandbox.cloud.metrics import every_minute, record
from sandbox.cloud.metrics.sources import just_ended
from sandbox.cloud.settings import Settings

from . import guard

MOST_DIMENSIONS = 3
"""Of a metric filter."""
_log = logging.getLogger("slipway")
_lock = threading.Lock()
_quiet: dict[tuple[str, str, str, str], bool] = {}
"""Filters with a default value whose groups got lines this minute -> whether none fitted."""


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Publish what lines say, and filter by the patterns of AWS."""
    guard.wrap(cloudwatch_logs, "_put_log_events", "(data)", _ingested)
    guard.wrap(cloudwatch_logs, "_put_metric_filter", "(data)", _checked_filter)
    guard.wrap(cloudwatch_logs, "_put_subscription_filter", "(data)", _checked_pattern)
    guard.wrap(cloudwatch_logs, "_filter_log_events", "(data)", _of_streams)
    guard.replace(cloudwatch_logs, "_compile_filter_pattern", "(raw: str)", _matcher)
    guard.replace(
        cloudwatch_logs, "_subscription_pattern_matches", "(pattern, message)", _subscribed
    )
    every_minute(_publish_defaults)


def _ingested(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def put(data: dict[str, Any]) -> Any:
        answer = original(data)
        if answer[0] == 200:
            try:
                _publish(str(data["logGroupName"]), data.get("logEvents") or [])
            except Exception:  # noqa: BLE001 - lines are kept whatever becomes of their metrics
                _log.exception("no metrics of the lines of %s", data.get("logGroupName"))
        return answer

    return put


def _publish(group: str, events: list[dict[str, Any]]) -> None:
    if (cloudwatch_logs._log_groups.get(group) or {}).get("logGroupClass") == "DELIVERY":
        return  # neither metrics nor filters
    filters = [
        found for (owner, _), found in cloudwatch_logs._metric_filters.items() if owner == group
    ]
    for event in events:
        message = event.get("message", "")
        for one in emf.extracted(message):
            record(one.namespace, one.name, one.value, one.dimensions, one.unit, one.at)
    for found in filters if events else ():
        _apply_filter(group, found, events)


def _apply_filter(group: str, found: Mapping[str, Any], events: list[dict[str, Any]]) -> None:
    pattern = patterns.compiled(found["filterPattern"])
    (transformation,) = found["metricTransformations"]
    fitted = False
    for event in events:
        selected = pattern.match(event.get("message", ""))
        if selected is None:
            continue
        fitted = True
        value = patterns.metric_value(str(transformation["metricValue"]), selected)
        dimensions = patterns.dimensions(transformation.get("dimensions") or {}, selected)
        if value is not None and dimensions is not None:
            _record(transformation, value, dimensions, event["timestamp"] / 1000)
    if "defaultValue" in transformation:
        key = get_account_id(), get_region(), group, str(found["filterName"])
        with _lock:
            _quiet[key] = _quiet.get(key, True) and not fitted


def _publish_defaults() -> None:
    """In a minute with lines of which none fitted, the default value is published."""
    with _lock:
        quiet = [key for key, none in _quiet.items() if none]
        _quiet.clear()
    for account, region, group, name in quiet:
        with request_scope(account, region):
            found = cloudwatch_logs._metric_filters.get((group, name))
            for transformation in (found or {}).get("metricTransformations", []):
                if (default := transformation.get("defaultValue")) is not None:
                    _record(transformation, float(default), {}, just_ended())


def _record(
    transformation: Mapping[str, Any], value: float, dimensions: Mapping[str, str], at: float
) -> None:
    namespace, name = transformation["metricNamespace"], transformation["metricName"]
    record(namespace, name, value, dimensions, transformation.get("unit", "None"), at)


def _checked_filter(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def put(data: dict[str, Any]) -> Any:
        problem = wrong_filter(data)
        if problem:
            return refused(problem)
        transformation = data["metricTransformations"][0]
        if transformation.get("defaultValue") is None:
            transformation.pop("defaultValue", None)
        return original(data)

    return put


def wrong_filter(data: Mapping[str, Any]) -> str:
    """Why AWS would refuse a metric filter; empty if it would not."""
    text = str(data.get("filterPattern") or "")
    transformations = data.get("metricTransformations") or []
    if len(transformations) != 1:
        return f"metricTransformations has {len(transformations)} members and must have one"
    one = transformations[0]
    for field in ("metricName", "metricNamespace", "metricValue"):
        if not one.get(field):
            return f"metricTransformations.1.member.{field} must not be empty"
    if str(one["metricNamespace"]).startswith("AWS/"):
        return "metricNamespace must not begin with AWS/"
    dimensions, value = one.get("dimensions") or {}, str(one["metricValue"])
    if dimensions and one.get("defaultValue") is not None:
        return "Invalid metric transformation: dimensions and a default value exclude each other"
    if len(dimensions) > MOST_DIMENSIONS:
        return f"Invalid metric transformation: at most {MOST_DIMENSIONS} dimensions"
    selectors = [*dimensions.values(), *([value] if value.startswith("$") else [])]
    if any(not str(selector).startswith("$") for selector in selectors):
        return "Invalid metric transformation: the value of a dimension is a selector such as $.a"
    if selectors and text.strip()[:1] not in ("{", "["):
        return "Invalid metric transformation: a pattern of terms has no selectors"
    if not value.startswith("$") and patterns.metric_value(value, lambda _: None) is None:
        return f"Invalid metric transformation: metricValue {value!r} is no number and no selector"
    return wrong_pattern(text)


def wrong_pattern(text: str) -> str:
    """Why a filter pattern is refused; empty if it is not."""
    try:
        patterns.compiled(text)
    except SyntaxWrongError as error:
        return str(error)
    return ""


def refused(message: str) -> Any:
    """The answer to what is refused."""
    return cloudwatch_logs.error_response_json("InvalidParameterException", message, 400)


def _checked_pattern(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def put(data: dict[str, Any]) -> Any:
        problem = wrong_pattern(data.get("filterPattern") or "")
        return refused(problem) if problem else original(data)

    return put


def _of_streams(original: Callable[..., Any]) -> Callable[..., Any]:
    """The emulator does not look at ``logStreamNamePrefix``."""

    @functools.wraps(original)
    def find(data: dict[str, Any]) -> Any:
        if problem := wrong_pattern(data.get("filterPattern") or ""):
            return refused(problem)
        prefix = data.get("logStreamNamePrefix")
        group = cloudwatch_logs._log_groups.get(cloudwatch_logs._resolve_log_group_name(data))
        if prefix and group is not None:
            names = [name for name in list(group["streams"]) if name.startswith(prefix)]
            if not names:
                return cloudwatch_logs.json_response({"events": [], "searchedLogStreams": []})
            data = {**data, "logStreamNames": names}
        return original(data)

    return find


def _matcher(raw: str) -> Callable[[str], bool]:
    pattern = patterns.compiled(raw or "")
    return lambda message: pattern.match(message or "") is not None


def _subscribed(pattern: str, message: str) -> bool:
    return patterns.matches(pattern or "", message or "")
