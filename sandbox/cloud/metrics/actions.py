"""What an alarm does when its state changes: topics and functions are told, and EventBridge is.

The emulator tells topics only, whatever their policies say, and forgets that it did. Here the
topic's policy and that of the key it is encrypted with are asked for CloudWatch, as on AWS, where
an alarm on a topic with the key ``alias/aws/sns`` is the silent kind.
"""

import functools
import json
import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any

import botocore.session
from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudwatch, eventbridge, kms, sns

from . import alarms

SERVICE = "cloudwatch.amazonaws.com"
CALLERS = "lambda.alarms.cloudwatch.amazonaws.com"
"""Who calls functions for alarms."""
KEY_ACTIONS = ("kms:GenerateDataKey", "kms:Decrypt")
_LISTS = {
    "ALARM": "AlarmActions",
    "OK": "OKActions",
    "INSUFFICIENT_DATA": "InsufficientDataActions",
}
_log = logging.getLogger("slipway")


def act(alarm: Mapping[str, Any], old_state: str, new_state: str, reason: str) -> None:
    """Tell whoever is to be told of a new state."""
    _tell_events(alarm, old_state, new_state)
    if not alarm.get("ActionsEnabled", True):
        return
    for arn in alarm.get(_LISTS.get(new_state, "")) or []:
        problem = _perform(str(arn), alarm, old_state, new_state, reason)
        _note(alarm, str(arn), problem)
        if problem:
            _log.warning("alarm %s: %s: %s", alarm["AlarmName"], arn, problem)


def refusal(topic_arn: str, alarm_arn: str) -> str | None:
    """Why CloudWatch may not publish to a topic for an alarm; None if it may."""
    topic = sns._topic_by_arn_any_scope(topic_arn)
    if topic is None:
        return f"Topic does not exist: {topic_arn}"
    if not _allows(topic["attributes"].get("Policy"), "sns:Publish", topic_arn, alarm_arn):
        return (
            f"Resource: {alarm_arn} is not authorized to perform: SNS:Publish on resource: "
            f"{topic_arn}"
        )
    key = topic["attributes"].get("KmsMasterKeyId")
    if key and not _key_allows(str(key), alarm_arn):
        return "CloudWatch Alarms is not authorized to access the SNS topic encryption key."
    return None


def message(alarm: Mapping[str, Any], old_state: str, new_state: str, reason: str) -> str:
    """The text that topics get."""
    told: dict[str, Any] = {
        "AlarmName": alarm["AlarmName"],
        "AlarmDescription": alarm.get("AlarmDescription") or None,
        "AWSAccountId": get_account_id(),
        "AlarmConfigurationUpdatedTimestamp": alarms.stamp(
            alarm.get("AlarmConfigurationUpdatedTimestamp") or time.time()
        ),
        "NewStateValue": new_state,
        "NewStateReason": reason,
        "StateChangeTime": alarms.stamp(time.time()),
        "Region": _region_name(get_region()),
        "AlarmArn": alarm["AlarmArn"],
        "OldStateValue": old_state,
        **{name: alarm.get(name) or [] for name in reversed(_LISTS.values())},
    }
    if "AlarmRule" in alarm:
        told["AlarmRule"] = alarm["AlarmRule"]
        found = json.loads(alarm.get("StateReasonData") or "{}").get("triggeringAlarms", [])
        told["TriggeringChildren"] = [
            {
                "Arn": child["arn"],
                "State": {
                    "Value": child["state"]["value"],
                    "Timestamp": child["state"]["timestamp"],
                },
            }
            for child in found
        ]
    else:
        told["Trigger"] = _trigger(alarm)
    return json.dumps(told)


def _perform(
    arn: str, alarm: Mapping[str, Any], old_state: str, new_state: str, reason: str
) -> str | None:
    """Run an action; returns why it failed."""
    # Patches use this package, so theirs are found when they are needed.
    from sandbox.cloud.patches import deliveries, lambda_permissions

    service = arn.split(":")[2] if arn.count(":") > 4 else ""
    if service == "sns":
        if why := refusal(arn, alarm["AlarmArn"]):
            return why
        text = message(alarm, old_state, new_state, reason)
        subject = f'{new_state}: "{alarm["AlarmName"]}" in {_region_name(get_region())}'[:100]
        try:
            sns.publish_internal(arn, text, subject)
        except sns.SnsPublishError as error:
            return str(error)
        return None
    if service == "lambda":
        if not lambda_permissions.lets_in(arn, CALLERS, alarm["AlarmArn"]):
            return f"CloudWatch Alarms is not authorized to invoke {arn}"
        event = {
            "source": "aws.cloudwatch",
            "alarmArn": alarm["AlarmArn"],
            "accountId": get_account_id(),
            "time": alarms.stamp(time.time()),
            "region": get_region(),
            "alarmData": {"alarmName": alarm["AlarmName"], **_detail(alarm, old_state)},
        }
        deliveries.send(arn, json.dumps(event))
        return None
    return "the sandbox performs no such action"


def _key_allows(key: str, alarm_arn: str) -> bool:
    """Whether the key's policy lets CloudWatch encrypt what it publishes."""
    found = kms.key_policy_for_arn(key)
    if found is None:
        return False  # alias/aws/sns too: AWS's own key lets CloudWatch in nowhere
    record: Any = kms._resolve_key(key)
    return all(_allows(found[0], action, str(record["Arn"]), alarm_arn) for action in KEY_ACTIONS)


def _allows(policy: Any, action: str, resource: str, alarm_arn: str) -> bool:
    """Whether a resource's own policy lets CloudWatch do this for the alarm.

    The emulator's question of the kind counts whoever asks on a thread as without TLS.
    """
    account = get_account_id()
    context = iam_evaluator.EvalContext(
        principal_arn="*",  # AWS's word for everyone means services too
        principal_type="Service",
        principal_account="",
        action=action,
        resource_arn=resource,
        region=get_region(),
        source_ip="127.0.0.1",
        secure_transport=True,
        service_context={
            "aws:sourcearn": alarm_arn,
            "aws:sourceaccount": account,
            "aws:sourceowner": account,
        },
    )
    judged = iam_evaluator.evaluate_resource_policy(policy or "", context, service=SERVICE)
    return bool(judged.decision == "Allow")


def _note(alarm: Mapping[str, Any], arn: str, problem: str | None) -> None:
    """An entry in the alarm's history."""
    done = f"Failed to execute action {arn}" if problem else f"Successfully executed action {arn}"
    data: dict[str, Any] = {
        "actionState": "Failed" if problem else "Succeeded",
        "notificationResource": arn,
        **({"error": problem} if problem else {"publishedMessage": None}),
    }
    cloudwatch._history_entries().append(
        {
            "AlarmName": alarm["AlarmName"],
            "AlarmType": "CompositeAlarm" if "AlarmRule" in alarm else "MetricAlarm",
            "Timestamp": cloudwatch._ts_iso(time.time()),
            "HistoryItemType": "Action",
            "HistorySummary": done + (f'. Received error: "{problem}"' if problem else ""),
            "HistoryData": json.dumps(data),
        }
    )


def _trigger(alarm: Mapping[str, Any]) -> dict[str, Any]:
    common = {
        "Period": int(alarm.get("Period") or 60),
        "EvaluationPeriods": alarm.get("EvaluationPeriods"),
        "DatapointsToAlarm": alarm.get("DatapointsToAlarm"),
        "ComparisonOperator": alarm.get("ComparisonOperator"),
        "Threshold": alarm.get("Threshold"),
        "TreatMissingData": alarm.get("TreatMissingData") or "missing",
        "EvaluateLowSampleCountPercentile": alarm.get("EvaluateLowSampleCountPercentile") or "",
    }
    if alarm.get("Metrics"):
        return {**common, "Metrics": [_shown(item) for item in alarm["Metrics"]]}
    extended = alarm.get("ExtendedStatistic")
    kind = (
        {"StatisticType": "ExtendedStatistic", "ExtendedStatistic": extended}
        if extended
        else {"StatisticType": "Statistic", "Statistic": str(alarm.get("Statistic")).upper()}
    )
    return {
        "MetricName": alarm.get("MetricName"),
        "Namespace": alarm.get("Namespace"),
        **kind,
        "Unit": alarm.get("Unit"),
        "Dimensions": [
            {"value": item["Value"], "name": item["Name"]} for item in alarm.get("Dimensions") or []
        ],
        **common,
    }


def _shown(item: Mapping[str, Any]) -> dict[str, Any]:
    """A query as messages show it."""
    shown = {key: value for key, value in item.items() if value is not None}
    found = shown.get("MetricStat")
    if found:
        named = found["Metric"].get("Dimensions") or []
        metric = {
            **found["Metric"],
            "Dimensions": [{"value": each["Value"], "name": each["Name"]} for each in named],
        }
        shown["MetricStat"] = {**found, "Metric": metric}
    return shown


def _detail(alarm: Mapping[str, Any], old_state: str) -> dict[str, Any]:
    """Of events: the states and what the alarm looks at."""
    state = {
        "value": alarm["StateValue"],
        "reason": alarm.get("StateReason", ""),
        "timestamp": alarms.stamp(time.time()),
        **({"reasonData": alarm["StateReasonData"]} if alarm.get("StateReasonData") else {}),
    }
    configuration: dict[str, Any] = {"description": alarm.get("AlarmDescription") or ""}
    if "AlarmRule" in alarm:
        configuration["alarmRule"] = alarm["AlarmRule"]
    else:
        configuration["metrics"] = [_configured(item) for item in alarms.queries_of(alarm)]
    return {"state": state, "previousState": {"value": old_state}, "configuration": configuration}


def _configured(item: Any) -> dict[str, Any]:
    if item.metric is None:
        return {"id": item.id, "expression": item.expression, "returnData": item.returns}
    metric = {"namespace": item.metric.namespace, "name": item.metric.name}
    return {
        "id": item.id,
        "metricStat": {
            "metric": {**metric, "dimensions": dict(item.metric.dimensions)},
            "period": item.period,
            "stat": item.metric.stat,
        },
        "returnData": item.returns,
    }


def _tell_events(alarm: Mapping[str, Any], old_state: str, new_state: str) -> None:  # noqa: ARG001
    if not (eventbridge._rules or eventbridge._archives):
        return
    from sandbox.cloud.patches import sfn_strands

    detail = {"alarmName": alarm["AlarmName"], **_detail(alarm, old_state)}
    sfn_strands.soon(_put, [str(alarm["AlarmArn"])], detail)


def _put(resources: Sequence[str], detail: dict[str, Any]) -> None:
    entry = {
        "Source": "aws.cloudwatch",
        "DetailType": "CloudWatch Alarm State Change",
        "Detail": json.dumps(detail),
        "Resources": list(resources),
    }
    try:
        eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
    except Exception:  # noqa: BLE001 - an alarm does not fail over its event
        _log.exception("no event of %s", detail["alarmName"])


@functools.cache
def _region_name(region: str) -> str:
    """As AWS's messages spell it: US East (N. Virginia)."""
    partitions = botocore.session.get_session().get_data("endpoints")["partitions"]
    regions = {key: item for part in partitions for key, item in part["regions"].items()}
    return str(regions.get(region, {}).get("description", region))
