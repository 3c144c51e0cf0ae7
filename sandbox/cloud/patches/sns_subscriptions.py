"""Subscriptions by e-mail and HTTP, as SNS has them.

The emulator takes e-mail addresses as confirmed and sends nothing. Here they stay pending until
somebody opens the link in the confirmation, and what would be sent lies in the folder ``outbox``
of the state directory. Notifications by HTTP carry SNS's headers and are tried again.
"""

import asyncio
import email.message
import email.utils
import json
import logging
import re
import shutil
import time
import urllib.error
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core.responses import new_uuid
from ministack.services import sns

from sandbox.cloud.metrics import clock
from sandbox.cloud.settings import Settings

from . import guard, metric_topics

MAIL = ("email", "email-json")
RETRIES = 3
"""Of SNS's own delivery policy: three retries, 20 s apart."""
RETRY_SECONDS = 20
_log = logging.getLogger("slipway")
_settings: list[Settings] = []
_FANOUT = (
    "(topic_arn: str, msg_id: str, message: str, subject: str, message_structure: str = '', "
    "message_attributes: dict | None = None, message_group_id: str = '', "
    "message_dedup_id: str = '')"
)


def apply(settings: Settings) -> None:
    """Confirm before sending; empty the outbox of an earlier cloud."""
    _settings[:] = [settings]
    shutil.rmtree(settings.state / "outbox", ignore_errors=True)
    guard.wrap(sns, "_subscribe", "(params)", _subscribing)
    guard.wrap(sns, "_list_subscriptions", "(params)", _listing)
    guard.wrap(sns, "_list_subscriptions_by_topic", "(params)", _listing)
    guard.wrap(sns, "_fanout", _FANOUT, _mailing)
    guard.replace(sns, "_deliver_to_http", "(endpoint: str, payload: str)", _deliver)
    guard.replace(
        sns,
        "_http_post_sync",
        "(endpoint: str, payload: str, sns_message_type: str) -> int",
        _post,
    )


def _subscribing(original: Callable[..., Any]) -> Callable[..., Any]:
    def subscribe(params: Mapping[str, Any]) -> Any:
        protocol, endpoint = sns._p(params, "Protocol"), sns._p(params, "Endpoint")
        if problem := _malformed(protocol, endpoint):
            return sns._error("InvalidParameter", problem, 400)
        topic = sns._topic_by_arn_any_scope(sns._normalize_arn(sns._p(params, "TopicArn"))) or {}
        before = {item["arn"] for item in topic.get("subscriptions", [])}
        answer = original(params)
        found = next(
            (
                item
                for item in topic.get("subscriptions", [])
                if (item["protocol"], item["endpoint"]) == (protocol, endpoint)
            ),
            None,
        )
        if answer[0] >= 300 or found is None or protocol not in (*MAIL, "http", "https"):
            return answer
        if protocol in MAIL and found["arn"] not in before:
            found.update(confirmed=False, token=new_uuid())
            found["attributes"].update(
                PendingConfirmation="true", ConfirmationWasAuthenticated="false"
            )
            sns._refresh_subscription_counts(topic)
        if protocol in MAIL and not found["confirmed"]:
            _mail_confirmation(found)
        elif not found["confirmed"] and found["arn"] in before:
            asyncio.ensure_future(sns._send_subscription_confirmation(topic["arn"], found))  # noqa: RUF006
        told = found["arn"]
        if not found["confirmed"] and sns._p(params, "ReturnSubscriptionArn") != "true":
            told = "pending confirmation"
        return sns._xml(
            200,
            "SubscribeResponse",
            f"<SubscribeResult><SubscriptionArn>{told}</SubscriptionArn></SubscribeResult>",
        )

    return subscribe


def _malformed(protocol: str, endpoint: str) -> str:
    if protocol in MAIL and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", endpoint):
        return "Invalid parameter: Email address"
    if protocol in ("http", "https") and not endpoint.startswith(f"{protocol}://"):
        return "Invalid parameter: Endpoint must match the specified protocol"
    return ""


def _listing(original: Callable[..., Any]) -> Callable[..., Any]:
    """With the word instead of the ARN of what is not confirmed."""

    def listed(params: Mapping[str, Any]) -> Any:
        status, headers, body = original(params)
        for topic in sns._topics.values():
            for item in topic["subscriptions"]:
                if not item["confirmed"]:
                    tag = "<SubscriptionArn>{}</SubscriptionArn>"
                    body = body.replace(
                        tag.format(item["arn"]).encode(), tag.format("PendingConfirmation").encode()
                    )
        return status, headers, body

    return listed


def _mailing(original: Callable[..., Any]) -> Callable[..., Any]:
    def fan_out(
        topic_arn: str,
        msg_id: str,
        message: str,
        subject: str,
        message_structure: str = "",
        message_attributes: dict[str, Any] | None = None,
        message_group_id: str = "",
        message_dedup_id: str = "",
    ) -> None:
        metric_topics.published(topic_arn, message)
        original(
            topic_arn, msg_id, message, subject, message_structure, message_attributes,
            message_group_id=message_group_id, message_dedup_id=message_dedup_id,
        )  # fmt: skip
        attributes = message_attributes or {}
        for item in (sns._topic_by_arn_any_scope(topic_arn) or {}).get("subscriptions", []):
            if item["protocol"] not in MAIL or not item["confirmed"]:
                continue
            text = sns._resolve_message_for_protocol(message, message_structure, item["protocol"])
            if not sns._matches_filter_policy(item, attributes, text):
                continue
            if item["protocol"] == "email-json":
                text = sns._build_envelope(topic_arn, msg_id, text, subject, attributes, False)
            _mail(item["endpoint"], subject or "AWS Notification Message", text)
            metric_topics.delivered(topic_arn, well=True)

    return fan_out


def _mail_confirmation(subscription: Mapping[str, Any]) -> None:
    topic, token = subscription["topic_arn"], subscription["token"]
    link = (
        f"http://127.0.0.1:{_settings[0].port}/?Action=ConfirmSubscription"
        f"&TopicArn={topic}&Token={token}"
    )
    _mail(
        subscription["endpoint"],
        "AWS Notification - Subscription Confirmation",
        f"You have chosen to subscribe to the topic:\n{topic}\n\n"
        f"To confirm this subscription, open this link:\n{link}\n",
    )


def _mail(to: str, subject: str, text: str) -> None:
    """Put a mail into the outbox, under a name in order of time."""
    mail = email.message.EmailMessage()
    mail["From"] = "AWS Notifications <no-reply@sns.amazonaws.com>"
    mail["To"], mail["Subject"] = to, " ".join(subject.split())
    mail["Date"] = email.utils.formatdate()
    mail.set_content(text)
    folder = _settings[0].state / "outbox"
    folder.mkdir(exist_ok=True)
    name = f"{time.time_ns()}-{new_uuid()[:8]}"
    part = folder / f"{name}.part"
    part.write_bytes(mail.as_bytes())
    part.rename(folder / f"{name}.eml")


async def _deliver(endpoint: str, payload: str) -> None:
    arrived = False
    for attempt in range(RETRIES + 1):
        if attempt:
            await asyncio.sleep(clock.scaled(RETRY_SECONDS))
        try:
            await asyncio.to_thread(_post, endpoint, payload, "Notification")
        except urllib.error.HTTPError as error:
            _log.warning("SNS to %s: %s", endpoint, error)
            if 400 <= error.code < 500 and error.code != 429:
                break  # for good, as SNS sees it
        except Exception as error:  # noqa: BLE001 - whatever it is, SNS tries again
            _log.warning("SNS to %s: %s", endpoint, error)
        else:
            arrived = True
            break
    if topic := _topic_of(payload):
        metric_topics.delivered(topic, well=arrived)


def _topic_of(payload: str) -> str:
    """The topic of a notification; a raw one does not say."""
    try:
        envelope = json.loads(payload)
    except ValueError:
        return ""
    return str(envelope.get("TopicArn", "")) if isinstance(envelope, dict) else ""


def _post(endpoint: str, payload: str, sns_message_type: str) -> int:
    """With the headers by which a receiver knows the message before it reads it."""
    import base64
    import urllib.parse
    import urllib.request

    headers = {
        "Content-Type": "text/plain; charset=UTF-8",
        "User-Agent": "Amazon Simple Notification Service Agent",
        "x-amz-sns-message-type": sns_message_type,
    }
    try:
        envelope = json.loads(payload)
    except ValueError:
        envelope = None
    if isinstance(envelope, dict) and envelope.get("Type") == sns_message_type:
        headers["x-amz-sns-message-id"] = str(envelope.get("MessageId", ""))
        headers["x-amz-sns-topic-arn"] = str(envelope.get("TopicArn", ""))
    else:
        headers["x-amz-sns-rawdelivery"] = "true"
    parts = urllib.parse.urlsplit(endpoint)
    if parts.username is not None:
        pair = ":".join(
            urllib.parse.unquote(part or "") for part in (parts.username, parts.password)
        )
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        endpoint = urllib.parse.urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    request = urllib.request.Request(  # noqa: S310 - the protocol was checked at Subscribe
        endpoint, data=payload.encode(), headers=headers, method="POST"
    )
    with urllib.request.urlopen(request, timeout=15) as answer:  # noqa: S310
        return int(answer.status)
