"""OrderWorkflow: validates, charges and fulfils orders, each exactly once.

Owns the state machine, its three functions, the tables of orders and payments, and what
happens to orders that fail: a queue to redrive them from, a topic that tells people. Leaves out
who places orders (the storefront, or whoever is given ``place_policy()``), the commands for
people (``operations.py``) and dashboards (``Observability``).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from ..alarms.watch import Watch
from ..outputs import declared
from ..policy import Statement, allow
from ..queues import (
    DEAD_LETTER_RETENTION_SECONDS,
    QUEUE_ACTIONS,
    make_queue,
    make_queue_policy,
)
from ..state_machine import StateMachine, StateMachineArgs
from ..tables import make_table
from ..tags import merged
from ..topics import make_topic
from ..watched import Watched, inside
from . import watching
from .args import OrderWorkflowArgs
from .definition import (
    STAGES,
    UNDO,
    definition,
)
from .settings import KIND, resolve
from .steps import make_steps

_EVENTS = "events.amazonaws.com"


class OrderWorkflow(pulumi.ComponentResource):
    """One execution an order: ValidateOrder, ProcessPayment, FulfillOrder::

        orders = OrderWorkflow("orders", {"approval_above": 1000})

    An execution takes the order's document and ends with what each step added to it::

        {"order": {"orderId": "ORD-12345", "customerId": "CUST-67890",
                   "items": [{"productId": "PROD-001", "quantity": 2, "price": 29.99}],
                   "amount": 59.98, "currency": "USD"}}

    However often an order is sent, retried or redriven, it is charged once and shipped once:
    each movement is one conditional write to DynamoDB. An order that cannot be shipped gets its
    money back, ends in the queue of failed orders and is told of on the topic; the error of its
    execution is one of ``OrderValidationFailed``, ``ApprovalFailed``, ``PaymentFailed`` and
    ``FulfillmentFailed``. Errors that no retry can cure are not retried.

    What it costs at rest is the alarms (0.10 USD each a month in us-east-1); an order that ships
    is about eight state transitions (25 USD a million).
    """

    name: pulumi.Output[str]
    """Name of the state machine."""
    arn: pulumi.Output[str]
    """ARN of the state machine, without an alias; start ``alias_arn`` instead."""
    alias_arn: pulumi.Output[str]
    """ARN of the alias: what to start."""
    orders_table_name: pulumi.Output[str]
    """Name of the table with an item an order, by ``id``: its status and what is known of it."""
    payments_table_name: pulumi.Output[str]
    """Name of the table of charges and refunds, an item a charge."""
    approvals_table_name: pulumi.Output[str | None]
    """Name of the table of orders that wait for a person; none without ``approval_above``."""
    failed_orders_queue_url: pulumi.Output[str]
    """URL of the queue with the orders that failed, each with its whole document."""
    failed_refunds_queue_url: pulumi.Output[str | None]
    """URL of the queue with the orders whose money could not be given back."""
    topic_arn: pulumi.Output[str]
    """ARN of the topic that is told of each order that ships or fails; the message attribute
    ``status`` is ``shipped`` or ``failed``."""
    function_names: pulumi.Output[Mapping[str, str]]
    """Names of the functions, by step."""
    log_group_name: pulumi.Output[str]
    """Log group of the executions."""

    def __init__(
        self,
        name: str,
        args: OrderWorkflowArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        made = resolve(name, args)
        super().__init__(f"slipway:index:{KIND}", name, {}, opts)
        tags = merged(KIND, name, made.tags)
        child = pulumi.ResourceOptions(parent=self)
        common: dict[str, Any] = {"tags": tags, "opts": child}

        orders = make_table(f"{name}-orders", force_delete=made.force_delete, **common)
        payments = make_table(f"{name}-payments", force_delete=made.force_delete, **common)
        approvals = None
        if made.approval_above is not None:
            # A token is worth nothing after its day.
            approvals = make_table(
                f"{name}-approvals", recovery=False, force_delete=made.force_delete, **common
            )
        failed = make_queue(
            f"{name}-failed",
            retention_seconds=DEAD_LETTER_RETENTION_SECONDS,
            policy=False,
            **common,
        )
        topic = make_topic(f"{name}-notifications", **common)
        functions = make_steps(name, made, orders, payments, tags, child)
        machine: StateMachineArgs = {
            "definition": definition(
                approval_above=made.approval_above, approval_seconds=made.approval_seconds
            ),
            "functions": {step: function.task() for step, function in functions.items()},
            "substitutions": {
                "OrdersTable": orders.name,
                "FailedOrdersQueue": failed.url,
                "Notifications": topic.arn,
                **({} if approvals is None else {"ApprovalsTable": approvals.name}),
            },
            "arns": {"OrdersTable": orders.arn, "FailedOrdersQueue": failed.arn},
            "permissions": [] if approvals is None else [allow("dynamodb:PutItem", approvals.arn)],
            "undo": UNDO,
            "release": made.release,
            "tracing": made.tracing,
            "log_retention_days": made.log_retention_days,
            "alarms": made.alarms,
            "tags": tags,
        }
        if made.alarm_topic_arn is not None:
            machine["alarm_topic_arn"] = made.alarm_topic_arn
        if made.composed.machine:
            machine["alarm_overrides"] = made.composed.machine
        self._machine = StateMachine(name, machine, opts=child)
        rule = _unfinished(name, self._machine.arn, failed, tags, child)
        make_queue_policy(f"{name}-failed", failed, senders=[(_EVENTS, rule.arn)], opts=child)
        watch = Watch(name, made.composed.formulas, made.alarms, made.alarm_topic_arn, tags, child)
        watch.add_dead_letters(watching.FAILED_ORDERS, failed)
        watch.add_table(watching.ORDERS, orders)
        watch.add_table(watching.PAYMENTS, payments)
        if approvals is not None:
            watch.add_table(watching.APPROVALS, approvals)

        self._things = [*self._machine.watched(), watching.business(name), *watch.told()]
        for step, function in zip(watching.TIMEOUTS, functions.values(), strict=True):
            self._things += inside(step, function.watched())
        self._orders, self._approvals, self._failed = orders, approvals, failed
        self._payment = functions["ProcessPayment"]
        self.name = self._machine.name
        self.arn = self._machine.arn
        self.alias_arn = self._machine.alias_arn
        self.orders_table_name = orders.name
        self.payments_table_name = payments.name
        self.approvals_table_name = pulumi.Output.from_input(approvals.name if approvals else None)
        self.failed_orders_queue_url = failed.url
        self.failed_refunds_queue_url = self._machine.undo_queue_url
        self.topic_arn = topic.arn
        self.function_names = pulumi.Output.all(
            **{step: function.function_name for step, function in functions.items()}
        )
        self.log_group_name = self._machine.log_group_name
        self.register_outputs(declared(self, OrderWorkflow))

    def watched(self) -> Sequence[Watched]:
        """The machine, what orders come to, the queues and tables, and the steps."""
        return self._things

    def start_policy(self) -> list[Statement]:
        """Start executions."""
        return self._machine.start_policy()

    def read_policy(self) -> list[Statement]:
        """Read executions and their histories."""
        return self._machine.read_policy()

    def place_policy(self) -> list[Statement]:
        """Place orders and look them up, as the storefront does: an item first, then the
        execution that takes it on."""
        return [
            allow(["dynamodb:GetItem", "dynamodb:PutItem"], self._orders.arn),
            *self.start_policy(),
        ]

    def operate_policy(self) -> list[Statement]:
        """What the commands of ``python -m slipway.order_workflow`` need: redrive failed orders,
        repeat refunds that failed, approve and reject."""
        statements = [
            allow(QUEUE_ACTIONS, self._failed.arn),
            allow(["dynamodb:GetItem", "dynamodb:UpdateItem"], self._orders.arn),
            *self._machine.undo_policy(),
            *self._payment.invoke_policy(),
            *self.start_policy(),
            *self.read_policy(),
        ]
        if self._approvals is not None:
            statements.append(
                allow(
                    ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:Scan"],
                    self._approvals.arn,
                )
            )
            statements += self._machine.callback_policy()
        return statements


def _unfinished(
    name: str,
    machine_arn: pulumi.Output[str],
    failed: "aws.sqs.Queue",
    tags: Mapping[str, pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
) -> "aws.cloudwatch.EventRule":
    """Executions that end without coming to the states that keep a failed order.

    Stopped by a person, out of time, or an error that no state can catch: the event that AWS
    sends of it goes to the same queue, so that the order is not lost with its execution.
    """
    role = f"{name}-unfinished"
    pattern = {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {
            "stateMachineArn": [machine_arn],
            "$or": [
                {"status": ["ABORTED", "TIMED_OUT"]},
                {"status": ["FAILED"], "error": [{"anything-but": list(STAGES)}]},
            ],
        },
    }
    rule = aws.cloudwatch.EventRule(
        role,
        description=f"Executions of {name} that ended before they could keep their order",
        event_pattern=pulumi.Output.json_dumps(pattern, sort_keys=True),
        tags=tags,
        opts=opts,
    )
    aws.cloudwatch.EventTarget(role, rule=rule.name, arn=failed.arn, opts=opts)
    return rule
