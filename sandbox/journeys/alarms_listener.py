"""An address of the journey's own that a topic posts to, as a pager would have."""

import json
import queue
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sandbox.journeys import Visit, expect
from sandbox.journeys.traces import wait


class Listener:
    """What was posted, oldest first."""

    def __init__(self) -> None:
        posted: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.posted = posted

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                posted.put(json.loads(body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server.server_port}/"

    def next(self, kind: str) -> dict[str, Any] | None:
        """The next message of this type, if one has come; others are passed over."""
        while not self.posted.empty():
            message = self.posted.get()
            if message.get("Type") == kind:
                return message
        return None


@contextmanager
def subscribed(visit: Visit, topic: str) -> Generator[Listener]:
    """Listen to a topic: SNS asks the address first, and posts nothing before it has agreed."""
    sns, listener = visit.client("sns"), Listener()
    thread = threading.Thread(target=listener.server.serve_forever)
    thread.start()
    arn = ""
    try:
        sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=listener.url)
        asked = wait(
            visit,
            lambda: listener.next("SubscriptionConfirmation"),
            f"{topic} never asked {listener.url} to confirm",
        )
        expect(asked["TopicArn"] == topic, f"asked for {asked['TopicArn']}, not {topic}")
        answer = sns.confirm_subscription(TopicArn=topic, Token=asked["Token"])
        arn = answer["SubscriptionArn"]
        yield listener
    finally:
        if arn:
            sns.unsubscribe(SubscriptionArn=arn)
        listener.server.shutdown()
        thread.join()
        listener.server.server_close()
