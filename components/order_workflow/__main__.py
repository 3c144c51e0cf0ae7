"""``python -m slipway.order_workflow``: what a person does about orders.

The program's exports say where things are: ``pulumi stack output --json > outputs.json``, and
in the sandbox ``python -m sandbox outputs --json > outputs.json``. Needs boto3
(``pip install 'slipway[hooks]'``) and the permissions of ``OrderWorkflow.operate_policy()``.
"""

import argparse
import getpass
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from . import operations
from .operations import FailedOrder, FailedRefund, Refused

_Failed = TypeVar("_Failed", FailedOrder, FailedRefund)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit codes: 0 done, 1 refused (the text says why), 2 the request cannot be read."""
    options = _parser().parse_args(arguments)
    try:
        outputs = _outputs(options.outputs)
        _run(options, outputs)
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 1
    return 0


def _run(options: argparse.Namespace, outputs: Mapping[str, Any]) -> None:
    client = _clients(outputs)
    match options.command:
        case "failed":
            queue = _need(outputs, "failed_orders_queue_url")
            for one in list(operations.failed_orders(client("sqs"), queue)):
                print(f"{one.order_id or '(no id)'}  {one.error}  {one.reason}  {one.execution}")
                operations.release(client("sqs"), queue, one)
        case "redrive":
            _redrive(options, outputs, client)
        case "refunds":
            queue = _need(outputs, "failed_refunds_queue_url")
            for due in list(operations.failed_refunds(client("sqs"), queue)):
                print(f"{due.order_id}  {due.reason}  {due.execution}")
                operations.release(client("sqs"), queue, due)
        case "refund":
            _refund(options, outputs, client)
        case "approvals":
            table = _need(outputs, "approvals_table")
            for item in operations.approvals(client("dynamodb"), table):
                print(
                    f"{item['id']}  {item['amount']}  {item['customer']}  since {item['asked_at']}"
                )
        case "approve":
            table = _need(outputs, "approvals_table")
            print(operations.approve(client, options.order, table=table, by=options.by))
        case _:
            table = _need(outputs, "approvals_table")
            print(
                operations.reject(
                    client, options.order, table=table, by=options.by, reason=options.reason
                )
            )


def _redrive(options: argparse.Namespace, outputs: Mapping[str, Any], client: Any) -> None:
    queue = _need(outputs, "failed_orders_queue_url")

    def one(failed: FailedOrder) -> str:
        return operations.redrive(
            client,
            failed,
            queue_url=queue,
            table=_need(outputs, "orders_table"),
            workflow_arn=_need(outputs, "order_workflow_arn"),
        )

    # Read to the end first: a redriven order that fails again comes back to this very queue.
    failed = list(operations.failed_orders(client("sqs"), queue))
    _settle(options.order, failed, one, client("sqs"), queue)


def _refund(options: argparse.Namespace, outputs: Mapping[str, Any], client: Any) -> None:
    queue = _need(outputs, "failed_refunds_queue_url")

    def one(failed: FailedRefund) -> str:
        function = _need(outputs, "payment_function")
        return operations.refund(client, failed, queue_url=queue, function=function)

    failed = list(operations.failed_refunds(client("sqs"), queue))
    _settle(options.order, failed, one, client("sqs"), queue)


def _settle(
    order: str, every: Sequence[_Failed], settle: Callable[[_Failed], str], sqs: Any, queue: str
) -> None:
    """Settle the one order, or all of them where none is named; the others are shown again."""
    found, problems = 0, list[str]()
    for failed in every:
        if order and failed.order_id != order:
            operations.release(sqs, queue, failed)
            continue
        found += 1
        try:
            print(settle(failed))
        except Refused as refused:
            problems.append(str(refused))
            operations.release(sqs, queue, failed)
    if order and not found:
        raise Refused(f"{order} is not in the queue.")
    if not found:
        print("The queue is empty.")
    if problems:
        raise Refused("\n".join(problems))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m slipway.order_workflow",
        description="Failed orders, failed refunds and approvals.",
    )
    parser.add_argument(
        "--outputs",
        required=True,
        metavar="FILE",
        help="the program's exports as JSON; - reads stdin",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("failed", help="list failed orders")
    commands.add_parser("refunds", help="list refunds that failed")
    for name, text in (
        ("redrive", "start failed orders anew"),
        ("refund", "try failed refunds again"),
    ):
        which = commands.add_parser(name, help=text).add_mutually_exclusive_group(required=True)
        which.add_argument("order", nargs="?", default="", help="id of the order")
        which.add_argument("--all", action="store_true", help="every order in the queue")
    commands.add_parser("approvals", help="list orders that wait for a person")
    for name, text in (("approve", "let an order go on"), ("reject", "end an order")):
        command = commands.add_parser(name, help=text)
        command.add_argument("order", help="id of the order")
        command.add_argument("--by", default=getpass.getuser(), help="who says so; default: you")
        if name == "reject":
            command.add_argument("--reason", required=True, help="told to the customer's service")
    return parser


def _outputs(path: str) -> Mapping[str, Any]:
    try:
        text = sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
        outputs = json.loads(text)
    except (OSError, ValueError) as error:
        raise Refused(f"--outputs {path}: {error}") from None
    if not isinstance(outputs, Mapping):
        raise Refused(f"--outputs {path}: expected a JSON object of the program's exports.")
    return outputs


def _need(outputs: Mapping[str, Any], name: str) -> str:
    value = outputs.get(name)
    if not isinstance(value, str):
        raise Refused(f"The exports have no {name}: this stack has none, or exports it otherwise.")
    return value


def _clients(outputs: Mapping[str, Any]) -> Any:
    import boto3

    # The workflow's ARN says in which region everything is.
    region = _need(outputs, "order_workflow_arn").split(":")[3]
    session: Any = boto3.Session(region_name=region)
    clients: dict[str, Any] = {}

    def client(service: str) -> Any:
        if service not in clients:
            clients[service] = session.client(service)
        return clients[service]

    return client


if __name__ == "__main__":
    sys.exit(main())
