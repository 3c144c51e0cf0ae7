"""DynamoDB and Step Functions as far as the order desk calls them, over HTTP, as boto3 sees them.

A server on loopback, so that boto3 itself is part of what is tested: what it sends, what it
retries, when it gives up. A parameter that it does not know is an error, not an omission.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TABLE = "orders-test"
MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:orders"
WORKFLOW = f"{MACHINE}:live"

Answer = tuple[int, dict[str, Any]]
Fault = Callable[["FakeAws", str, Any], Answer | None]
"""Answers in the place of the service; None drops the connection without an answer."""


@dataclass
class FakeAws:
    """One table and one workflow; `faults` are used up first, each for one call of its action."""

    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    executions: dict[str, str] = field(default_factory=dict)
    """Input by name."""
    calls: list[str] = field(default_factory=list)
    faults: list[tuple[str, Fault]] = field(default_factory=list)
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fail(self, action: str, fault: Fault, times: int = 1) -> None:
        self.faults += [(action, fault)] * times

    def put(self, **attributes: str | bool) -> None:
        """Write an item as the workflow would: over what is there."""
        kinds = {str: "S", bool: "BOOL"}
        new = {name: {kinds[type(value)]: value} for name, value in attributes.items()}
        new.setdefault("attempt", {"N": "0"})
        self.items[str(attributes["id"])] = self.items.get(str(attributes["id"]), {}) | new

    def answer(self, action: str, given: dict[str, Any]) -> Answer | None:
        with self.lock:
            self.calls.append(action)
            fault = next((one for one in self.faults if one[0] == action), None)
            if fault:
                self.faults.remove(fault)
        if fault:
            return fault[1](self, action, given)
        return self.serve(action, given)

    def serve(self, action: str, given: dict[str, Any]) -> Answer:
        with self.lock:
            match action:
                case "PutItem":
                    return self._put(**given)
                case "GetItem":
                    return self._get(**given)
                case _:
                    return self._start(**given)

    def _put(self, TableName: str, Item: dict[str, Any], ConditionExpression: str) -> Answer:  # noqa: N803
        assert (TableName, ConditionExpression) == (TABLE, "attribute_not_exists(id)")
        if Item["id"]["S"] in self.items:
            return _error(400, "ConditionalCheckFailedException")
        self.items[Item["id"]["S"]] = Item
        return 200, {}

    def _get(self, TableName: str, Key: dict[str, Any], ConsistentRead: bool = False) -> Answer:  # noqa: N803
        assert TableName == TABLE
        assert ConsistentRead or Key == {"id": {"S": "-"}}, "an order must not seem to be missing"
        item = self.items.get(Key["id"]["S"])
        return 200, {} if item is None else {"Item": item}

    def _start(self, stateMachineArn: str, name: str, input: str) -> Answer:  # noqa: N803
        assert stateMachineArn == WORKFLOW
        if self.executions.get(name, input) != input:
            return _error(400, "ExecutionAlreadyExists")
        self.executions[name] = input
        arn = f"{MACHINE.replace('stateMachine', 'execution')}:{name}"
        return 200, {"executionArn": arn, "startDate": time.time()}


def refusing(status: int, code: str) -> Fault:
    """The service says no."""
    return lambda _aws, _action, _given: _error(status, code)


def silent(_aws: FakeAws, _action: str, _given: Any) -> None:
    """The connection ends without an answer, and nothing was done."""


def lost(aws: FakeAws, action: str, given: Any) -> None:
    """It was done, but the answer never arrives."""
    aws.serve(action, given)


def slow(seconds: float) -> Fault:
    """It is done, but not soon."""

    def wait(aws: FakeAws, action: str, given: Any) -> Answer:
        time.sleep(seconds)
        return aws.serve(action, given)

    return wait


def _error(status: int, code: str) -> Answer:
    return status, {"__type": f"com.amazonaws.example#{code}", "message": "the inner reason"}


@contextmanager
def running() -> Iterator[FakeAws]:
    """Serve a fake for the duration."""
    aws = FakeAws()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            action = self.headers["X-Amz-Target"].rpartition(".")[2]
            given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer = aws.answer(action, given)
            if answer is None:
                self.close_connection = True
                return
            body = json.dumps(answer[1]).encode()
            self.send_response(answer[0])
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 64  # with the usual 5, many callers at once meet refusals
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    aws.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield aws
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
