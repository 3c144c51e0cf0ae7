"""The open desk: an order is an item in a DynamoDB table, then an execution of its workflow.

The item is written first, and only if there is none: from then on the order is on record, and
whoever repeats the request finds it. The execution has the order's id as its name, so however
often it is started there is one. An order whose start failed is started by the repetition that
the answer asked for; nothing here reads what the workflow does but the item that it updates.

Everything network is boto3's: endpoint, credentials and retries come from where its own
configuration says, the environment of the task included.
"""

import base64
import hashlib
import json
import logging
import re
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
)
from botocore.exceptions import (
    ConnectionError as NoConnectionError,
)

from .order_states import read_state
from .orders import DeskTroubleError, KeyReusedError, Order, OrderState, Status
from .readiness import Cached, Check

log = logging.getLogger(__name__)

# Both services answer within tens of milliseconds. The longest way through `place`, three calls
# that fail three times each, then stays about as long as the page waits (20 s) and a drain lasts.
CONNECT_SECONDS = 1
READ_SECONDS = 2
ATTEMPTS = 3

READY_SECONDS = 5
"""How long one answer of the table counts for /ready."""

# What services say when there is too much at once, after the attempts above.
THROTTLES = frozenset(
    {
        "ExecutionLimitExceeded",
        "KmsThrottlingException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)

_ID = re.compile(r"ORD-[A-Z2-7]{10}")
_NO_ID = {"id": {"S": "-"}}

_Item = Mapping[str, Mapping[str, Any]]


class WorkflowDesk:
    """Takes orders for a table and a workflow, from any number of threads and processes."""

    def __init__(self, table: str, workflow_arn: str, *, connections: int = 10) -> None:
        self._table = table
        self._workflow_arn = workflow_arn
        self._clients = _Clients(workflow_arn.split(":")[3], connections)

    def place(self, order: Order, key: str, /) -> OrderState:
        """Write the order, unless it is there, and start it, unless it has gone on since."""
        order_id = _order_id(order, key)
        item = self._write(_item(order_id, order, key))
        # Later attempts are started by those who decide on them.
        if item["status"]["S"] == Status.ACCEPTED and item["attempt"]["N"] == "0":
            self._start(order_id, item)
        return read_state(order_id, item)

    def find(self, order_id: str, /) -> OrderState | None:
        """Read the order's item; an id that this desk never gives is not even looked up."""
        if not _ID.fullmatch(order_id):
            return None
        item = self._read(order_id)
        return None if item is None else read_state(order_id, item)

    def checks(self) -> Mapping[str, Check]:
        """Depend on the table. The workflow has nothing that may be asked without starting it."""
        return {"orders table": Cached(self._table_answers, READY_SECONDS)}

    def _write(self, item: _Item) -> _Item:
        """Put the item, or return the one that is there already."""
        with _in_words("PutItem"):
            try:
                self._clients.dynamodb.put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression="attribute_not_exists(id)",
                )
                return item
            except ClientError as error:
                if _code(error) != "ConditionalCheckFailedException":
                    raise
        order_id = item["id"]["S"]
        there = self._read(order_id)
        if there is None:
            log.error("order %s was deleted while it was placed", order_id)
            raise _failed()
        if there.get("fingerprint") != item["fingerprint"]:
            raise KeyReusedError
        return there

    def _read(self, order_id: str) -> _Item | None:
        with _in_words("GetItem"):
            answer = self._clients.dynamodb.get_item(
                TableName=self._table, Key={"id": {"S": order_id}}, ConsistentRead=True
            )
        item: _Item | None = answer.get("Item")
        return item

    def _start(self, order_id: str, item: _Item) -> None:
        document = {"order": json.loads(item["order"]["S"]), "attempt": 0}
        with _in_words("StartExecution"):
            try:
                self._clients.stepfunctions.start_execution(
                    stateMachineArn=self._workflow_arn, name=order_id, input=_json(document)
                )
            except ClientError as error:
                if _code(error) != "ExecutionAlreadyExists":
                    raise
                return
        log.info(
            "order %s started",
            order_id,
            extra={"fields": {"event": "order_started", "order_id": order_id}},
        )

    def _table_answers(self) -> None:
        try:
            with _in_words("GetItem"):
                self._clients.dynamodb.get_item(TableName=self._table, Key=_NO_ID)
        except DeskTroubleError as error:
            # The table is there. To send the load elsewhere would take every process out at once.
            if error.code != "throttled":
                raise


class _Clients:
    """boto3's clients, made when first needed: making one may ask for credentials."""

    def __init__(self, region: str, connections: int) -> None:
        self._region = region
        self._connections = connections
        self._lock = threading.Lock()  # clients may be shared by threads, but not so made
        self._made: dict[str, Any] = {}
        self._session: Any = None

    @property
    def dynamodb(self) -> Any:
        return self._get("dynamodb")

    @property
    def stepfunctions(self) -> Any:
        return self._get("stepfunctions")

    def _get(self, service: str) -> Any:
        with self._lock:
            if service not in self._made:
                config = Config(
                    connect_timeout=CONNECT_SECONDS,
                    read_timeout=READ_SECONDS,
                    retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
                    max_pool_connections=self._connections,
                )
                # One session, so that both share the credentials and ask for them once.
                self._session = self._session or boto3.session.Session(region_name=self._region)
                self._made[service] = self._session.client(service, config=config)
            return self._made[service]


@contextmanager
def _in_words(action: str) -> Generator[None]:
    """Turn what AWS, or the way to it, answers into what the customer is told."""
    try:
        yield
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if _code(error) in THROTTLES:
            trouble = DeskTroubleError("throttled", "The shop has too much to do right now.", 5)
        elif status >= 500:
            trouble = _unreachable()
        else:  # no permission, no such table: a mistake in the deployment
            trouble = _failed()
        log.warning("%s: %s", action, trouble.code, exc_info=error)
        raise trouble from error
    except BotoCoreError as error:
        away = isinstance(error, (HTTPClientError, NoConnectionError))
        trouble = _unreachable() if away else _failed()
        log.warning("%s: %s", action, trouble.code, exc_info=error)
        raise trouble from error


def _unreachable() -> DeskTroubleError:
    return DeskTroubleError("unreachable", "The shop's order desk does not answer right now.", 5)


def _failed() -> DeskTroubleError:
    return DeskTroubleError("ordering_failed", "The shop's order desk is out of order.", 30)


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _order_id(order: Order, key: str) -> str:
    # A line break is in neither, so no two pairs read the same.
    digest = hashlib.sha256(f"{order.customer_id}\n{key}".encode()).digest()
    return f"ORD-{base64.b32encode(digest)[:10].decode()}"


def _item(order_id: str, order: Order, key: str) -> _Item:
    document = _json(
        {
            "orderId": order_id,
            "customerId": order.customer_id,
            "items": [
                {
                    "productId": line.product_id,
                    "quantity": line.quantity,
                    "price": float(line.price),  # of two places: prints as itself
                }
                for line in order.lines
            ],
            "amount": float(order.amount),
            "currency": order.currency,
            "paymentToken": order.payment_token,
            "shippingToken": order.shipping_token,
        }
    )
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return {
        "id": {"S": order_id},
        "status": {"S": Status.ACCEPTED.value},
        "attempt": {"N": "0"},
        "order": {"S": document},
        # With the key: ids are short, and two orders of one id must not pass for one.
        "fingerprint": {"S": hashlib.sha256(f"{key}\n{document}".encode()).hexdigest()},
        "created_at": {"S": now},
        "updated_at": {"S": now},
    }


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
