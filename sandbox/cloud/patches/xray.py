"""X-Ray's groups and sampling rules, which the emulator lacks: kept, checked and told again.

No trace is recorded: segments are taken and dropped, and who asks for rules to sample by gets
them. Without this, one call makes the emulator load every model of botocore, 390 MB.
"""

import json
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from ministack import app
from ministack.core import iam_actions, router
from ministack.core.responses import AccountRegionScopedDict, get_account_id, get_region, new_uuid

from sandbox.cloud.settings import Settings

from . import guard

Record = dict[str, Any]
SERVICE = "xray"
MOST_RULES = 25
_RULE = ("ResourceARN", "Priority", "FixedRate", "ReservoirSize", "ServiceName", "ServiceType",
         "Host", "HTTPMethod", "URLPath", "Version")  # fmt: skip
_DEFAULT = {
    "RuleName": "Default", "ResourceARN": "*", "Priority": 10_000, "FixedRate": 0.05,
    "ReservoirSize": 1, "ServiceName": "*", "ServiceType": "*", "Host": "*", "HTTPMethod": "*",
    "URLPath": "*", "Version": 1, "Attributes": {},
}  # fmt: skip
_groups = AccountRegionScopedDict()
_rules = AccountRegionScopedDict()
_tags = AccountRegionScopedDict()


class InvalidError(Exception):
    """A request that X-Ray refuses."""


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Let requests signed for X-Ray come here, and let roles need its permissions."""
    guard.checked(
        router,
        "detect_service",
        "(method: str, path: str, headers: dict, query_params: dict) -> str",
    )
    for table in (app.SERVICE_HANDLERS, router.SERVICE_PATTERNS):
        if SERVICE in table:
            raise guard.UpstreamChangedError("ministack has X-Ray now; its patch must go.")
    router.SERVICE_PATTERNS[SERVICE] = {"host_patterns": [r"^xray\."]}
    handlers: dict[str, Any] = app.SERVICE_HANDLERS
    handlers[SERVICE] = _handle
    iam_actions.SERVICE_TO_IAM_NAMESPACE[SERVICE] = SERVICE
    iam_actions._BOTOCORE_SERVICE_MAP[SERVICE] = [SERVICE]


async def _handle(
    method: str,  # noqa: ARG001
    path: str,
    headers: Mapping[str, str],  # noqa: ARG001
    body: bytes,
    query_params: Mapping[str, Any],  # noqa: ARG001
) -> Any:
    answer = _ACTIONS.get(path.strip("/"))
    if answer is None:
        return _sent(400, {"Message": f"The sandbox's X-Ray has no {path}."}, "InvalidRequest")
    try:
        return _sent(200, answer(json.loads(body) if body else {}))
    except InvalidError as error:
        return _sent(400, {"Message": str(error)}, "InvalidRequestException")


def _sent(status: int, content: Record, error: str = "") -> Any:
    headers = {"Content-Type": "application/json"}
    if error:
        headers["x-amzn-errortype"] = error
    return status, headers, json.dumps(content).encode()


def _arn(kind: str, name: str) -> str:
    return f"arn:aws:xray:{get_region()}:{get_account_id()}:{kind}/{name}"


def _create_group(given: Record) -> Record:
    name = str(given.get("GroupName") or "")
    if not re.fullmatch(r"[a-zA-Z0-9_.-]{1,32}", name) or name == "Default":
        raise InvalidError(f"The group name {name!r} is invalid: 1 to 32 letters, digits, _ . -")
    if name in _groups:
        raise InvalidError(f"Group {name} already exists.")
    group = {
        "GroupName": name,
        "GroupARN": f"{_arn('group', name)}/{new_uuid().replace('-', '').upper()[:26]}",
        "FilterExpression": str(given.get("FilterExpression") or ""),
        "InsightsConfiguration": _insights(given.get("InsightsConfiguration") or {}),
    }
    _groups[name] = group
    _tags[group["GroupARN"]] = list(given.get("Tags") or [])
    return {"Group": group}


def _insights(given: Mapping[str, Any]) -> Record:
    enabled = bool(given.get("InsightsEnabled", False))
    notified = bool(given.get("NotificationsEnabled", False))
    if notified and not enabled:
        raise InvalidError("NotificationsEnabled needs InsightsEnabled.")
    return {"InsightsEnabled": enabled, "NotificationsEnabled": notified}


def _group(given: Record) -> Record:
    name, arn = given.get("GroupName"), given.get("GroupARN")
    for group in _groups.values():
        if name == group["GroupName"] or arn == group["GroupARN"]:
            return dict(group)
    raise InvalidError(f"Group not found: {name or arn}")


def _update_group(given: Record) -> Record:
    group = _group(given)
    if "FilterExpression" in given:
        group["FilterExpression"] = str(given["FilterExpression"])
    if given.get("InsightsConfiguration"):
        group["InsightsConfiguration"] = _insights(given["InsightsConfiguration"])
    _groups[group["GroupName"]] = group
    return {"Group": group}


def _delete_group(given: Record) -> Record:
    group = _group(given)
    _groups.pop(group["GroupName"])
    _tags.pop(group["GroupARN"], None)
    return {}


def _listed_groups(given: Record) -> Record:  # noqa: ARG001
    default = {"GroupName": "Default", "GroupARN": _arn("group", "Default")}
    return {"Groups": [default, *_groups.values()]}


def _checked(rule: Record) -> Record:
    for key in _RULE:
        if rule.get(key) is None:
            raise InvalidError(f"SamplingRule.{key} is required.")
    for key, low, high in (("Priority", 1, 9999), ("FixedRate", 0, 1), ("ReservoirSize", 0, 10**9)):
        if not low <= float(rule[key]) <= high and rule.get("RuleName") != "Default":
            raise InvalidError(f"SamplingRule.{key} must be {low} to {high}; given: {rule[key]}.")
    if rule["Version"] != 1:
        raise InvalidError("SamplingRule.Version must be 1.")
    return rule


def _create_rule(given: Record) -> Record:
    rule = _checked({"Attributes": {}, **(given.get("SamplingRule") or {})})
    name = str(rule.get("RuleName") or "")
    if not 1 <= len(name) <= 32:
        raise InvalidError(f"The rule name {name!r} must be 1 to 32 characters.")
    if name in _rules or name == "Default":
        raise InvalidError(f"Sampling rule {name} already exists.")
    if len(_rules) >= MOST_RULES:
        raise InvalidError(f"There are {MOST_RULES} sampling rules already.")
    rule["RuleARN"] = _arn("sampling-rule", name)
    now = int(time.time())
    record = {"SamplingRule": rule, "CreatedAt": now, "ModifiedAt": now}
    _rules[name] = record
    _tags[rule["RuleARN"]] = list(given.get("Tags") or [])
    return {"SamplingRuleRecord": record}


def _rule(given: Record) -> Record:
    name, arn = given.get("RuleName"), given.get("RuleARN")
    for record in _rules.values():
        if name == record["SamplingRule"]["RuleName"] or arn == record["SamplingRule"]["RuleARN"]:
            return dict(record)
    raise InvalidError(f"Sampling rule not found: {name or arn}")


def _update_rule(given: Record) -> Record:
    change = dict(given.get("SamplingRuleUpdate") or {})
    record = _rule(change)
    kept = {key: record["SamplingRule"][key] for key in ("RuleName", "RuleARN")}
    record["SamplingRule"] = _checked({**record["SamplingRule"], **change, **kept})
    record["ModifiedAt"] = int(time.time())
    _rules[kept["RuleName"]] = record
    return {"SamplingRuleRecord": record}


def _delete_rule(given: Record) -> Record:
    record = _rule(given)
    _rules.pop(record["SamplingRule"]["RuleName"])
    _tags.pop(record["SamplingRule"]["RuleARN"], None)
    return {"SamplingRuleRecord": record}


def _listed_rules(given: Record) -> Record:  # noqa: ARG001
    default = {**_DEFAULT, "RuleARN": _arn("sampling-rule", "Default")}
    records = [*_rules.values(), {"SamplingRule": default, "CreatedAt": 0, "ModifiedAt": 0}]
    return {"SamplingRuleRecords": records}


def _targets(given: Record) -> Record:
    documents = [
        {
            "RuleName": item["RuleName"],
            "FixedRate": (_rules.get(item["RuleName"]) or {"SamplingRule": _DEFAULT})[
                "SamplingRule"
            ]["FixedRate"],
            "Interval": 10,
        }
        for item in given.get("SamplingStatisticsDocuments") or []
    ]
    return {
        "SamplingTargetDocuments": documents,
        "LastRuleModification": int(time.time()),
        "UnprocessedStatistics": [],
    }


def _known(given: Record) -> str:
    arn = str(given.get("ResourceARN") or "")
    if arn not in _tags:
        raise InvalidError(f"Resource not found: {arn}")
    return arn


def _tag(given: Record) -> Record:
    arn = _known(given)
    tags = {item["Key"]: item for item in [*_tags[arn], *(given.get("Tags") or [])]}
    _tags[arn] = list(tags.values())
    return {}


def _untag(given: Record) -> Record:
    arn = _known(given)
    _tags[arn] = [item for item in _tags[arn] if item["Key"] not in given.get("TagKeys", [])]
    return {}


_ACTIONS: Mapping[str, Callable[[Record], Record]] = {
    "CreateGroup": _create_group,
    "GetGroup": lambda given: {"Group": _group(given)},
    "UpdateGroup": _update_group,
    "DeleteGroup": _delete_group,
    "Groups": _listed_groups,
    "CreateSamplingRule": _create_rule,
    "UpdateSamplingRule": _update_rule,
    "DeleteSamplingRule": _delete_rule,
    "GetSamplingRules": _listed_rules,
    "SamplingTargets": _targets,
    "TagResource": _tag,
    "UntagResource": _untag,
    "ListTagsForResource": lambda given: {"Tags": _tags[_known(given)]},
    "TraceSegments": lambda given: {"UnprocessedTraceSegments": []},  # noqa: ARG005
    "TelemetryRecords": lambda given: {},  # noqa: ARG005
}
"""By path."""
