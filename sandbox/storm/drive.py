"""Sends a storm's orders, disturbs the functions meanwhile, and lets the dust settle."""

import contextlib
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from components.order_workflow import operations
from sandbox.cloud.lifecycle import CloudError

from .plan import Order

TOGETHER = 24
"""Orders under way at a time: a laptop's worth of functions."""
THROTTLE_EVERY_SECONDS = 6.0
THROTTLED_SECONDS = 1.5
"""How often, and how long, the payment function may hardly run."""
POLL_SECONDS = 0.25
HIDDEN_SECONDS = 3600
"""Longer than any storm."""
SECONDS_AN_ORDER = 2.0
LEAST_SECONDS = 240.0
"""When a storm gives up: well above what a slow machine needs."""


@dataclass
class Sent:
    """What became of one order: its executions, and how each ended."""

    order: Order
    executions: dict[str, str] = field(default_factory=dict[str, str])
    seconds: float = 0.0
    """From the first start to the last end."""


class Kept:
    """The queue of failed orders, read by one reader for all who wait for something in it."""

    def __init__(self, sqs: Any, queue_url: str) -> None:
        """Nothing is read before ``follow``."""
        self._sqs, self._queue = sqs, queue_url
        self._found: dict[str, list[operations.FailedOrder]] = {}
        self._lock = threading.Lock()

    def follow(self, over: threading.Event) -> None:
        """Read until it is over; what is read stays hidden from others meanwhile."""
        while not over.wait(POLL_SECONDS):
            self.read()

    def read(self) -> None:
        """Take note of everything that is in the queue now."""
        while messages := self._sqs.receive_message(
            QueueUrl=self._queue, MaxNumberOfMessages=10, VisibilityTimeout=HIDDEN_SECONDS
        ).get("Messages"):
            with self._lock:
                for failed in map(operations.read, messages):
                    self._found.setdefault(failed.order_id, []).append(failed)

    def take(self, order_id: str) -> operations.FailedOrder | None:
        """A message of this order that nobody has taken yet, if there is one."""
        with self._lock:
            found = self._found.get(order_id)
            return found.pop() if found else None

    def counts(self) -> Counter[str]:
        """How many messages there are, by order."""
        return Counter({order_id: len(found) for order_id, found in self._found.items() if found})

    def settle(self, mine: Collection[str]) -> None:
        """Take the messages of these orders out of the queue, and show others theirs again."""
        for order_id, found in self._found.items():
            for failed in found:
                if order_id in mine:
                    self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=failed.receipt)
                else:
                    operations.release(self._sqs, self._queue, failed)


class Storm:
    """A storm over the deployed program."""

    def __init__(self, client: Callable[[str], Any], outputs: Mapping[str, Any]) -> None:
        """``outputs`` are the program's exports."""
        if missing := [name for name in NEEDS if not outputs.get(name)]:
            raise CloudError(f"This stack exports no {', '.join(missing)}: no storm without them.")
        self.client, self.outputs = client, outputs
        self.kept = Kept(client("sqs"), outputs["failed_orders_queue_url"])
        self.throttled = 0
        self.redriven = 0

    def rage(self, orders: Sequence[Order], on_done: Callable[[Sent], None]) -> list[Sent]:
        """Send every order and wait for its end; CloudError when that takes too long."""
        deadline = time.monotonic() + LEAST_SECONDS + SECONDS_AN_ORDER * len(orders)
        over = threading.Event()
        beside = [
            threading.Thread(target=work, args=(over,), daemon=True)
            for work in (self._disturb, self.kept.follow)
        ]
        for thread in beside:
            thread.start()
        sent: list[Sent] = []
        pool = ThreadPoolExecutor(TOGETHER)
        try:
            for job in [pool.submit(self._send, order, deadline) for order in orders]:
                sent.append(job.result())
                on_done(sent[-1])
        finally:
            over.set()
            pool.shutdown(cancel_futures=True)
            for thread in beside:
                thread.join()
            self.client("lambda").delete_function_concurrency(
                FunctionName=self.outputs["payment_function"]
            )
        self.kept.read()
        return sent

    def _send(self, order: Order, deadline: float) -> Sent:
        states, sent, begun = self.client("stepfunctions"), Sent(order), time.monotonic()
        for copy in range(order.copies):
            answer = states.start_execution(
                stateMachineArn=self.outputs["order_workflow_arn"],
                name=f"{order.order_id}-{copy}",
                input=json.dumps(order.document),
            )
            sent.executions[answer["executionArn"]] = "RUNNING"
        if order.weather.stopped:
            time.sleep(order.stop_after)
            for arn in sent.executions:
                with contextlib.suppress(ClientError):  # ended already
                    states.stop_execution(executionArn=arn, error="Operator", cause="the storm")
        self._wait(sent, deadline)
        if order.weather.stopped:
            self._redrive(sent, deadline)
        sent.seconds = time.monotonic() - begun
        return sent

    def _wait(self, sent: Sent, deadline: float) -> None:
        states = self.client("stepfunctions")
        while running := [arn for arn, status in sent.executions.items() if status == "RUNNING"]:
            for arn in running:
                sent.executions[arn] = states.describe_execution(executionArn=arn)["status"]
            if time.monotonic() > deadline:
                raise CloudError(f"The storm gives up: {running[0]} has not ended in its time.")
            time.sleep(POLL_SECONDS)

    def _redrive(self, sent: Sent, deadline: float) -> None:
        """An order whose execution was stopped comes back by the queue of failed orders."""
        if "ABORTED" not in sent.executions.values():
            return  # it was faster than the operator
        while not (failed := self.kept.take(sent.order.order_id)):
            if time.monotonic() > deadline:
                raise CloudError(
                    f"The storm gives up: {sent.order.order_id} never came to the failed orders."
                )
            time.sleep(POLL_SECONDS)
        done = operations.redrive(
            self.client,
            failed,
            queue_url=self.outputs["failed_orders_queue_url"],
            table=self.outputs["orders_table"],
            workflow_arn=self.outputs["order_workflow_arn"],
        )
        self.redriven += 1
        if " started as " in done:
            prefix = failed.execution.rpartition(":")[0]
            sent.executions[f"{prefix}:{done.rpartition(' ')[2]}"] = "RUNNING"
        self._wait(sent, deadline)

    def _disturb(self, over: threading.Event) -> None:
        """Let the payment function hardly run, again and again, as a busy account does."""
        functions, name = self.client("lambda"), self.outputs["payment_function"]
        while not over.wait(THROTTLE_EVERY_SECONDS):
            functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
            self.throttled += 1
            over.wait(THROTTLED_SECONDS)
            functions.delete_function_concurrency(FunctionName=name)


NEEDS = (
    *("order_workflow_arn", "orders_table", "payments_table", "failed_orders_queue_url"),
    "payment_function",
)
"""Exports that a storm needs."""
