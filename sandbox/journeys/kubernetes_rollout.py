"""Watching an update from outside and inside: requests all the while, and every ready pod."""

import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import requests

from sandbox.journeys import TIMEOUT_SECONDS, Visit
from sandbox.journeys.kubernetes_app import App, is_ready, reach, settle
from sandbox.kubernetes.client import Api

CLIENTS = 3
PAUSE_SECONDS = 0.05
"""Between two requests of one client: some fifty a second altogether."""
MANAGER = "journey-rollout"
"""Another field manager than the program's, as `kubectl rollout restart` is one."""
ANNOTATION = "sandbox.slipway/journey"
WATCH_SECONDS = 600


@dataclass
class Seen:
    """What clients and the API server saw while something went on."""

    answered: int = 0
    failed: list[str] = field(default_factory=list[str])
    least: int | None = None
    """Fewest pods that were ready at one time."""
    most: int = 0


@contextmanager
def watched(visit: Visit, app: App, url: str, *, replicas: int) -> Generator[Seen]:
    """Send requests and count ready pods until the block ends; counting starts at ``replicas``."""
    seen, over = Seen(), threading.Event()
    eye = reach(visit)  # a connection of its own, whose end ends the watch
    threads = [threading.Thread(target=_request, args=(seen, over, url)) for _ in range(CLIENTS)]
    threads.append(threading.Thread(target=_count, args=(seen, eye, app, replicas)))
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        over.set()
        eye.close()
        for thread in threads:
            thread.join()


def replace_every_pod(visit: Visit, app: App, *, undo: bool = False) -> float:
    """Change the pods' template, or take the change back; returns seconds until it is done."""
    began = time.monotonic()
    marks = {} if undo else {ANNOTATION: uuid4().hex[:8]}
    app.api.apply(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": app.name, "namespace": app.namespace},
            # Applied without it, the annotation goes: this manager alone ever had it.
            **({} if undo else {"spec": {"template": {"metadata": {"annotations": marks}}}}),
        },
        manager=MANAGER,
    )
    settle(visit, app, "the way back" if undo else "the update")
    return time.monotonic() - began


def _request(seen: Seen, over: threading.Event, url: str) -> None:
    while not over.wait(PAUSE_SECONDS):
        try:
            # A connection each: a load balancer chooses when it is opened.
            answer = requests.get(
                f"{url}/health", headers={"Connection": "close"}, timeout=TIMEOUT_SECONDS
            )
        except requests.RequestException as error:
            seen.failed.append(f"{type(error).__name__}: {error}")
            continue
        if answer.ok:
            seen.answered += 1
        else:
            seen.failed.append(f"{answer.status_code} {answer.text[:200]}")


def _count(seen: Seen, eye: Api, app: App, replicas: int) -> None:
    ready: set[str] = set()
    for event in eye.watch("v1", "Pod", app.namespace, labels=app.labels, seconds=WATCH_SECONDS):
        metadata = event.object["metadata"]
        taken = is_ready(event.object) and "deletionTimestamp" not in metadata
        if event.type != "DELETED" and taken:
            ready.add(metadata["uid"])
        else:
            ready.discard(metadata["uid"])
        seen.most = max(seen.most, len(ready))
        if seen.least is not None or len(ready) >= replicas:
            seen.least = min(len(ready), len(ready) if seen.least is None else seen.least)
