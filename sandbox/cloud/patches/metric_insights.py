"""Logs Insights answers what is asked, or refuses; saved queries are kept.

The emulator answers a query that it does not understand with all events, and knows neither
statistics nor fields of JSON lines nor saved queries.
"""

import functools
import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ministack.core.responses import AccountRegionScopedDict, get_account_id, new_uuid
from ministack.services import cloudwatch_logs

from sandbox.cloud.logs import insights, patterns
from sandbox.cloud.settings import Settings

from . import guard, metric_logs

MOST_EXAMPLES = 50
"""Messages that TestMetricFilter takes."""
_definitions: Any = AccountRegionScopedDict()


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Answer queries, and the calls that the emulator does not know."""
    guard.replace(cloudwatch_logs, "_start_query", "(data)", _start_query)
    guard.checked(cloudwatch_logs, "_resolve_query_log_groups", "(data) -> list[str]")
    guard.wrap(
        cloudwatch_logs, "handle_request", "(method, path, headers, body, query_params)", _more
    )


def _start_query(data: Mapping[str, Any]) -> Any:
    groups = cloudwatch_logs._resolve_query_log_groups(data)
    if not groups:
        return metric_logs.refused("logGroupName, logGroupNames or logGroupIdentifiers is required")
    for name in groups:
        if name not in cloudwatch_logs._log_groups:
            return _missing(f"Log group '{name}' does not exist for account ID")
    if (language := data.get("queryLanguage") or "CWLI") != "CWLI":
        return _malformed(f"queryLanguage {language} is not served here; use CWLI")
    begin, end = int(data.get("startTime") or 0), int(data.get("endTime") or time.time())
    if begin > end:
        return _malformed(f"Query's end time {end} is before its start time {begin}")
    query = str(data.get("queryString") or "")
    events = list(_events(groups, begin * 1000, end * 1000 + 999))
    scanned = len(events), sum(len(event.get("@message")) for event in events)
    try:
        found = insights.run(query, events, int(data.get("limit") or insights.MOST_ROWS))
    except insights.SyntaxWrongError as error:
        return _malformed(str(error))
    id = new_uuid()
    cloudwatch_logs._queries[id] = {
        "queryId": id,
        "logGroupName": data.get("logGroupName", ""),
        "logGroupNames": data.get("logGroupNames", []),
        "logGroupIdentifiers": data.get("logGroupIdentifiers", []),
        "startTime": begin,
        "endTime": end,
        "queryString": query,
        "status": "Complete",
        "results": found.rows,
        "statistics": {
            "recordsMatched": float(found.matched),
            "recordsScanned": float(scanned[0]),
            "bytesScanned": float(scanned[1]),
        },
    }
    return cloudwatch_logs.json_response({"queryId": id})


def _events(groups: list[str], begin: int, end: int) -> Iterator[insights.Event]:
    for group in groups:
        streams = cloudwatch_logs._log_groups[group]["streams"]
        with cloudwatch_logs._log_events_lock:
            kept = {name: list(stream["events"]) for name, stream in list(streams.items())}
        for name, events in kept.items():
            for event in events:
                if begin <= event["timestamp"] <= end:
                    yield insights.Event.of(
                        event["message"],
                        event["timestamp"],
                        ingested=event["ingestionTime"],
                        stream=name,
                        log=f"{get_account_id()}:{group}",
                        pointer=event.get("eventId", ""),
                    )


def _malformed(message: str) -> Any:
    return cloudwatch_logs.error_response_json("MalformedQueryException", message, 400)


def _missing(message: str) -> Any:
    return cloudwatch_logs.error_response_json("ResourceNotFoundException", message, 400)


def _more(original: Callable[..., Any]) -> Callable[..., Any]:
    actions = {
        "PutQueryDefinition": _put_definition,
        "DescribeQueryDefinitions": _describe_definitions,
        "DeleteQueryDefinition": _delete_definition,
        "TestMetricFilter": _test_filter,
    }

    @functools.wraps(original)
    async def handle_request(
        method: str, path: str, headers: Any, body: Any, query_params: Any
    ) -> Any:
        action = actions.get(headers.get("x-amz-target", "").rpartition(".")[2])
        if action is None:
            return await original(method, path, headers, body, query_params)
        return action(json.loads(body or b"{}"))

    return handle_request


def _put_definition(data: Mapping[str, Any]) -> Any:
    id = data.get("queryDefinitionId")
    if not data.get("name") or not data.get("queryString"):
        return metric_logs.refused("name and queryString must not be empty")
    if id and id not in _definitions:
        return _missing(f"The specified query definition does not exist: {id}")
    if not id:
        if any(item["name"] == data["name"] for item in _definitions.values()):
            return metric_logs.refused(f"There is a query definition named {data['name']} already")
        id = new_uuid()
    _definitions[id] = {
        "queryDefinitionId": id,
        "name": data["name"],
        "queryString": data["queryString"],
        "queryLanguage": data.get("queryLanguage", "CWLI"),
        "logGroupNames": data.get("logGroupNames") or [],
        "lastModified": int(time.time() * 1000),
    }
    return cloudwatch_logs.json_response({"queryDefinitionId": id})


def _describe_definitions(data: Mapping[str, Any]) -> Any:
    prefix = data.get("queryDefinitionNamePrefix") or ""
    found = [item for item in _definitions.values() if item["name"].startswith(prefix)]
    found.sort(key=lambda item: str(item["name"]))
    begin = int(data.get("nextToken") or 0)
    end = begin + int(data.get("maxResults") or 1000)
    answer: dict[str, Any] = {"queryDefinitions": found[begin:end]}
    if end < len(found):
        answer["nextToken"] = str(end)
    return cloudwatch_logs.json_response(answer)


def _delete_definition(data: Mapping[str, Any]) -> Any:
    id = data.get("queryDefinitionId")
    if id not in _definitions:
        return _missing(f"The specified query definition does not exist: {id}")
    del _definitions[id]
    return cloudwatch_logs.json_response({"success": True})


def _test_filter(data: Mapping[str, Any]) -> Any:
    text, messages = data.get("filterPattern") or "", data.get("logEventMessages") or []
    if problem := metric_logs.wrong_pattern(text):
        return metric_logs.refused(problem)
    if not 1 <= len(messages) <= MOST_EXAMPLES:
        return metric_logs.refused(f"logEventMessages must have 1 to {MOST_EXAMPLES} members")
    matched = [
        {"eventNumber": number, "eventMessage": message, "extractedValues": {}}
        for number, message in enumerate(messages, 1)
        if patterns.matches(text, message)
    ]
    return cloudwatch_logs.json_response({"matches": matched})
