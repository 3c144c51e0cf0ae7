"""One function a kind of thing: asks for it, and says what it found."""

import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

OK, NOTE, FAILED = "ok", "note", "failed"
"""A note is worth a look and no reason to fail: a person may have meant it so."""
HTTP_SECONDS = 10
"""As long as an impatient user waits."""
_LOOK_BACK = timedelta(hours=1)


@dataclass(frozen=True)
class Answer:
    """What one question found."""

    state: str
    detail: str
    next_step: str = ""


Client = Callable[[str], Any]
"""A boto3 client from the name of a service."""
Fetch = Callable[[str], int]
"""The status that an address answers with; raises OSError where none comes."""


def fetch(url: str) -> int:
    """The status of a GET; redirects are followed."""
    if not url.startswith(("http://", "https://")):
        raise OSError(f"{url!r} is no address")
    request = urllib.request.Request(url, headers={"User-Agent": "slipway-health"})  # noqa: S310 - checked above
    try:
        with urllib.request.urlopen(request, timeout=HTTP_SECONDS) as answer:  # noqa: S310 - checked above
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def address(url: str, get: Fetch, *, api: bool) -> Answer:
    """An address answers 200; of an API anything but a fault of its own, since nobody knows which
    of its routes are open."""
    try:
        status = get(url)
    except OSError as error:
        step = "Look at the tasks behind it, and at the load balancer's security group."
        return Answer(FAILED, f"{url}: {error}", step)
    if status == 200 or (api and status < 500):
        return Answer(OK, f"{url} answers {status}")
    return Answer(FAILED, f"{url} answers {status}", "Look at the app's log.")


def service(check: Mapping[str, str], client: Client) -> Answer:
    """As many tasks run as should, and the last rollout did not fail."""
    cluster, name = check["cluster"], check["service"]
    found = client("ecs").describe_services(cluster=cluster, services=[name])["services"]
    if not found or found[0]["status"] != "ACTIVE":
        status = found[0]["status"] if found else "not there"
        return Answer(FAILED, f"{name} is {status}", "Deploy the program again.")
    one = found[0]
    running, desired = one["runningCount"], one["desiredCount"]
    primary: Mapping[str, Any] = next(
        (item for item in one["deployments"] if item["status"] == "PRIMARY"), {}
    )
    rollout = primary.get("rolloutState", "COMPLETED")
    text = f"{running} of {desired} tasks run"
    events = f"aws ecs describe-services --cluster {cluster} --services {name}"
    if rollout == "FAILED":
        reason = primary.get("rolloutStateReason", "the last rollout failed")
        return Answer(FAILED, f"{text}; {reason}", f"Why: {events}")
    if running < desired:
        return Answer(FAILED, text, f"Why they do not start: {events}")
    if rollout == "IN_PROGRESS":
        return Answer(NOTE, f"{text}; a rollout is under way", "Ask again in a minute.")
    return Answer(OK, text)


def function(check: Mapping[str, str], client: Client) -> Answer:
    """The function, or its alias, can be called."""
    qualifier = {"Qualifier": check["alias"]} if check.get("alias") else {}
    found = client("lambda").get_function_configuration(FunctionName=check["function"], **qualifier)
    state = found.get("State", "Active")
    update = found.get("LastUpdateStatus", "Successful")
    what = check["alias"] if qualifier else "function"
    text = f"{what} is {state}, version {found.get('Version', '?')}"
    reason = found.get("StateReason") or found.get("LastUpdateStatusReason") or ""
    if state == "Failed" or update == "Failed":
        return Answer(FAILED, f"{text}; {reason}".rstrip("; "), "Deploy the program again.")
    if state == "Inactive":  # Lambda took its resources back, since nobody called it for weeks
        return Answer(NOTE, text, "The next call takes longer.")
    if state == "Pending" or update == "InProgress":
        return Answer(NOTE, f"{text}; an update is under way", "Ask again in a minute.")
    return Answer(OK, text)


def queue(check: Mapping[str, str], client: Client, *, empty: bool) -> Answer:
    """The queue is there; nothing is in it where nothing should be."""
    sqs = client("sqs")
    url = check.get("queue_url") or sqs.get_queue_url(QueueName=check["queue"])["QueueUrl"]
    names = [
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
    ]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    count = sum(int(found.get(name, 0)) for name in names)
    text = f"{count} message{'s' if count != 1 else ''}"
    if empty and count:
        return Answer(FAILED, text, f"Each is work that was lost: read it, and redrive it. {url}")
    return Answer(OK, "empty" if empty else text)


def workflow(check: Mapping[str, str], client: Client) -> Answer:
    """The state machine takes executions; those that failed lately are told."""
    states, arn = client("stepfunctions"), check["state_machine_arn"]
    found = states.describe_state_machine(stateMachineArn=arn)
    if found["status"] != "ACTIVE":
        return Answer(FAILED, f"it is {found['status']}", "Deploy the program again.")
    if found.get("type") == "EXPRESS":  # whose executions are in the log alone
        return Answer(OK, "it is ACTIVE")
    since = datetime.now(UTC) - _LOOK_BACK
    failed = [
        item["name"]
        for item in states.list_executions(
            stateMachineArn=arn, statusFilter="FAILED", maxResults=100
        )["executions"]
        if item["stopDate"] >= since
    ]
    if failed:
        count = f"{len(failed)} executions" if len(failed) > 1 else f"execution {failed[0]}"
        return Answer(NOTE, f"it is ACTIVE; {count} failed in the last hour", "Look at why.")
    return Answer(OK, "it is ACTIVE")


def table(check: Mapping[str, str], client: Client) -> Answer:
    """The table can be read and written."""
    found = client("dynamodb").describe_table(TableName=check["table"])["Table"]
    status = found["TableStatus"]
    if status in ("ACTIVE", "UPDATING"):  # both serve
        return Answer(OK, f"it is {status}")
    return Answer(FAILED, f"it is {status}", "Look at its exports, backups and key.")


def cluster(check: Mapping[str, str], client: Client) -> Answer:
    """The cluster's control plane answers."""
    found = client("eks").describe_cluster(name=check["kubernetes"])["cluster"]
    if found["status"] in ("ACTIVE", "UPDATING"):
        return Answer(OK, f"it is {found['status']}")
    return Answer(FAILED, f"it is {found['status']}", "Look at its health issues in EKS.")


def composite(name: str, client: Client) -> Answer:
    """No alarm of a service rings."""
    found = client("cloudwatch").describe_alarms(AlarmNames=[name], AlarmTypes=["CompositeAlarm"])[
        "CompositeAlarms"
    ]
    if not found:
        return Answer(FAILED, f"the alarm {name} is not there", "Deploy the program again.")
    state = found[0]["StateValue"]
    if state != "ALARM":
        return Answer(OK, f"{name} is {state}")
    step = (
        f"Which: aws cloudwatch describe-alarms --children-of-alarm-name {name} "
        "--query 'MetricAlarms[?StateValue==`ALARM`].AlarmName'"
    )
    return Answer(FAILED, f"{name} rings: {found[0].get('StateReason', '')}".rstrip(": "), step)


def topic(arn: str, client: Client) -> Answer:
    """Somebody is told."""
    sns = client("sns")
    pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=arn)
    found = [item for page in pages for item in page["Subscriptions"]]
    waiting = [item for item in found if not item["SubscriptionArn"].startswith("arn:")]
    if waiting:
        who = ", ".join(sorted(item["Protocol"] for item in waiting))
        text = f"{len(waiting)} of {len(found)} subscriptions wait for confirmation ({who})"
        return Answer(NOTE, text, "Whoever was added follows the link in the message.")
    if not found:
        step = "Give Observability emails, https or chat."
        return Answer(NOTE, "nobody is told when an alarm rings", step)
    return Answer(OK, f"{len(found)} subscription{'s' if len(found) != 1 else ''}")
