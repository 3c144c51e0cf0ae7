"""CloudWatch: data from any thread, alarms by the clock, expressions, and what AWS refuses.

The emulator looks at alarms when a datum is put, at one value over everything; what is done here
instead is in ``sandbox.cloud.metrics``.
"""

from collections.abc import Callable, Mapping
from typing import Any

from ministack.services import cloudwatch

from sandbox.cloud.metrics import (
    actions,
    alarms,
    clock,
    dashboards,
    protocol,
    reads,
    requests,
    store,
)
from sandbox.cloud.metrics.protocol import RefusedError
from sandbox.cloud.settings import Settings

from . import guard

LONGEST_RULE = 10_240
MOST_CHILDREN = 100


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Put the package in the emulator's place, and start the clock."""
    guard.replace(
        cloudwatch,
        "record_metric",
        "(namespace: str, metric_name: str, value: float, unit: str = 'None', "
        "dimensions: dict | None = None) -> None",
        _record,
    )
    guard.replace(
        cloudwatch,
        "_store_datum",
        "(namespace, name, dims, ts, unit, value, values, counts, stat_values)",
        store.put_datum,
    )
    guard.replace(cloudwatch, "_evict_old_metrics", "()", store.evict)
    guard.replace(cloudwatch, "_evaluate_all_alarms", "()", _left_to_the_clock)
    guard.replace(cloudwatch, "_evaluate_alarm", "(alarm)", _left_to_the_clock)
    guard.replace(
        cloudwatch, "_dispatch_alarm_actions", "(alarm, old_state, new_state, reason)", actions.act
    )
    for name, action, answer in (
        ("_get_metric_data", "GetMetricData", reads.data),
        ("_get_metric_statistics", "GetMetricStatistics", reads.metric_statistics),
        ("_list_metrics", "ListMetrics", reads.listed),
        ("_put_dashboard", "PutDashboard", dashboards.put),
    ):
        guard.replace(cloudwatch, name, protocol.SIGNATURE, protocol.action(action, answer))
    guard.replace(cloudwatch, "_put_metric_alarm", protocol.SIGNATURE, _put_metric_alarm)
    guard.wrap(cloudwatch, "_put_composite_alarm", protocol.SIGNATURE, _composing)
    guard.wrap(cloudwatch, "_set_alarm_state", protocol.SIGNATURE, _setting)
    guard.wrap(cloudwatch, "_put_metric_data", protocol.SIGNATURE, _putting)
    guard.checked(cloudwatch, "_evaluate_parent_alarms", "(child, seen=frozenset())")
    guard.checked(
        cloudwatch,
        "_record_history",
        "(alarm_name, old_state, new_state, reason, alarm_type='MetricAlarm', reason_data=None)",
    )
    clock.every_minute(store.evict)
    clock.evaluate_by(alarms.evaluate)
    clock.start()


def _left_to_the_clock(*_: Any) -> None:
    """Alarms are not looked at on requests."""


def _record(
    namespace: str,
    metric_name: str,
    value: float,
    unit: str = "None",
    dimensions: Mapping[str, str] | None = None,
) -> None:
    store.put(namespace, metric_name, value, dimensions, unit)


def _put_metric_alarm(
    params: Mapping[str, Any], cbor_data: Any, is_cbor: bool, is_json: bool = False
) -> Any:
    given = dict(cbor_data) if is_cbor or is_json else protocol.unflattened(params)
    try:
        alarm = requests.metric_alarm(given)
    except RefusedError as error:
        return protocol.refused(error, is_cbor, is_json)
    name = alarm["AlarmName"]
    is_new = name not in cloudwatch._alarms
    tags = given.get("Tags")
    refused = cloudwatch._alarm_tags_refusal(
        tags, alarm.get("DatapointsToAlarm"), is_new, is_cbor, is_json
    )
    if refused:
        return refused
    cloudwatch._alarms[name] = alarm
    if is_new:
        reason = "Unchecked: Initial alarm creation"
        cloudwatch._record_history(name, "INSUFFICIENT_DATA", "INSUFFICIENT_DATA", reason)
        if tags:
            cloudwatch._resource_tags[alarm["AlarmArn"]] = {
                item["Key"]: item["Value"] for item in tags
            }
    return protocol.told("PutMetricAlarm", {}, is_cbor, is_json)


def _composing(original: Callable[..., Any]) -> Callable[..., Any]:
    def put(params: Mapping[str, Any], cbor_data: Any, is_cbor: bool, is_json: bool = False) -> Any:
        given = dict(cbor_data) if is_cbor or is_json else protocol.unflattened(params)
        rule, name = str(given.get("AlarmRule") or ""), given.get("AlarmName")
        children = [] if len(rule) > LONGEST_RULE else _children(rule)
        problem = ""
        if not 1 <= len(rule) <= LONGEST_RULE:
            problem = f"AlarmRule must be 1 to {LONGEST_RULE:,} characters; given: {len(rule):,}."
        elif len(children) > MOST_CHILDREN:
            problem = (
                f"AlarmRule names {len(children)} alarms; at most {MOST_CHILDREN} are allowed."
            )
        elif name in children:
            problem = f"AlarmRule of {name} must not name the alarm itself."
        elif given.get("ActionsSuppressor"):
            problem = "The sandbox does not suppress actions: leave out ActionsSuppressor."
        if problem:
            return protocol.refused(RefusedError("ValidationError", problem), is_cbor, is_json)
        return original(params, cbor_data, is_cbor, is_json)

    return put


def _children(rule: str) -> list[str]:
    return list(cloudwatch._composite_children({"AlarmRule": rule}))


def _setting(original: Callable[..., Any]) -> Callable[..., Any]:
    def set_state(
        params: Mapping[str, Any], cbor_data: Any, is_cbor: bool, is_json: bool = False
    ) -> Any:
        given = dict(cbor_data) if is_cbor or is_json else protocol.unflattened(params)
        if (state := given.get("StateValue")) not in ("OK", "ALARM", "INSUFFICIENT_DATA"):
            error = RefusedError("ValidationError", f"StateValue {state!r} is none of the three.")
            return protocol.refused(error, is_cbor, is_json)
        return original(params, cbor_data, is_cbor, is_json)

    return set_state


def _putting(original: Callable[..., Any]) -> Callable[..., Any]:
    def put(params: Mapping[str, Any], cbor_data: Any, is_cbor: bool, is_json: bool = False) -> Any:
        given = dict(cbor_data) if is_cbor or is_json else protocol.unflattened(params)
        try:
            requests.check_data(given)
        except RefusedError as error:
            return protocol.refused(error, is_cbor, is_json)
        return original(params, cbor_data, is_cbor, is_json)

    return put
