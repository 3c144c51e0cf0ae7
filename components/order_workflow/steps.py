"""The three functions of an order workflow."""

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from ..function import MultiTriggerFunction, MultiTriggerFunctionArgs
from ..policy import Statement, allow
from . import watching
from .definition import FULFILL_SECONDS, PAYMENT_SECONDS, VALIDATE_SECONDS
from .settings import Settings


def make_steps(
    name: str,
    made: Settings,
    orders: "aws.dynamodb.Table",
    payments: "aws.dynamodb.Table",
    tags: Mapping[str, pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
) -> dict[str, MultiTriggerFunction]:
    """The three steps, by the name of their state; each may touch what it needs and no more."""
    update = "dynamodb:UpdateItem"  # its answer says what is there, refused or not
    # One service whose metrics are the workflow's, whichever step writes them.
    metrics = {
        "POWERTOOLS_METRICS_NAMESPACE": watching.METRICS_NAMESPACE,
        "POWERTOOLS_SERVICE_NAME": name,
    }

    def one(
        step: str,
        code: str,
        seconds: int,
        permissions: Sequence[Statement],
        **tables: pulumi.Input[str],
    ) -> MultiTriggerFunction:
        args: MultiTriggerFunctionArgs = {
            "code": made.code[code],
            "runtime": made.runtime,
            "architecture": made.architecture,
            "timeout_seconds": seconds,
            "environment": {**made.environment, **metrics, **tables},
            "permissions": permissions,
            "tracing": made.tracing,
            "log_retention_days": made.log_retention_days,
            "alarms": made.alarms,
            "tags": tags,
        }
        if made.alarm_topic_arn is not None:
            args["alarm_topic_arn"] = made.alarm_topic_arn
        if overrides := made.composed.functions[step]:
            args["alarm_overrides"] = overrides
        return MultiTriggerFunction(f"{name}-{step}", args, opts=opts)

    return {
        "ValidateOrder": one("validate", "validate_order", VALIDATE_SECONDS, []),
        "ProcessPayment": one(
            "payment",
            "process_payment",
            PAYMENT_SECONDS,
            [allow(update, orders.arn), allow(update, payments.arn)],
            ORDERS_TABLE=orders.name,
            PAYMENTS_TABLE=payments.name,
        ),
        "FulfillOrder": one(
            "fulfillment",
            "fulfill_order",
            FULFILL_SECONDS,
            [allow(update, orders.arn)],
            ORDERS_TABLE=orders.name,
        ),
    }
