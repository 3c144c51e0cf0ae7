"""Every question of a health document, asked side by side."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from . import asks
from .asks import FAILED, Answer, Client, Fetch

VERSION = 1
"""Of the document that is understood; ``Observability`` writes it."""
_AT_ONCE = 8


class Unreadable(Exception):  # noqa: N818 - what is read, and no error of a program
    """There is no health document, or not one that this version knows; the text says why."""


@dataclass(frozen=True)
class Finding:
    """One question, answered."""

    service: str
    what: str
    """What was asked: the kind of thing, and its name within the service."""
    state: str
    """``ok``, ``note`` or ``failed``."""
    detail: str
    next_step: str = ""


def checks(document: Mapping[str, Any], client: Client, fetch: Fetch = asks.fetch) -> list[Finding]:
    """Ask everything; in the order of the document.

    Args:
        document: the export ``health``.
        client: what makes a boto3 client from the name of a service; called from threads.
        fetch: what gets an address.

    Raises:
        Unreadable: the document is not one.
    """
    questions = list(_questions(document, client, fetch))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = pool.map(_answer, [ask for _, _, ask in questions])
        return [
            Finding(service, what, answer.state, answer.detail, answer.next_step)
            for (service, what, _), answer in zip(questions, answers, strict=True)
        ]


_Question = tuple[str, str, Callable[[], Answer]]


def _questions(document: Mapping[str, Any], client: Client, fetch: Fetch) -> Sequence[_Question]:
    version = document.get("version")
    if version != VERSION:
        raise Unreadable(
            f"its version is {version!r}, and {VERSION} is known here: use the slipway that the "
            "program was deployed with."
        )
    found: list[_Question] = []
    for entry in document["checks"]:
        given = dict(entry["check"])
        what = f"{entry['kind'].replace('_', ' ')} {entry['thing']}".rstrip()
        asked = _asked(entry["kind"], given, client, fetch)
        if not asked:
            text = f"this version cannot ask for {', '.join(sorted(given)) or 'nothing'}"
            step = "Use the slipway that the program was deployed with."
            asked = [_constant(Answer(FAILED, text, step))]
        found.extend((entry["service"], what, ask) for ask in asked)
    for service, name in document["composite_alarms"].items():
        found.append((service, "alarms", partial(asks.composite, name, client)))
    if arn := document.get("topic_arn"):
        found.append(("", "topic", lambda: asks.topic(arn, client)))
    return found


def _asked(
    kind: str, given: Mapping[str, str], client: Client, fetch: Fetch
) -> list[Callable[[], Answer]]:
    """What can be asked of one thing; a service has an address and tasks."""
    found: list[Callable[[], Answer]] = []
    if "url" in given:
        api = kind in ("rest_api", "http_api")
        found.append(lambda: asks.address(given["url"], fetch, api=api))
    if "cluster" in given and "service" in given:
        found.append(lambda: asks.service(given, client))
    if "function" in given:
        found.append(lambda: asks.function(given, client))
    if "queue_url" in given or "queue" in given:
        empty = kind == "dead_letter_queue"
        found.append(lambda: asks.queue(given, client, empty=empty))
    if "state_machine_arn" in given:
        found.append(lambda: asks.workflow(given, client))
    if "table" in given:
        found.append(lambda: asks.table(given, client))
    if "kubernetes" in given:
        found.append(lambda: asks.cluster(given, client))
    return found


def _constant(answer: Answer) -> Callable[[], Answer]:
    return lambda: answer


def _answer(ask: Callable[[], Answer]) -> Answer:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return ask()
    except (BotoCoreError, ClientError) as error:
        return Answer(FAILED, str(error), "Is it there, and may you read it?")
