"""What a caller of OrderWorkflow writes; checked in ``settings.py``."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi

from ..alarms import AlarmOverride
from ..state_machine import WorkflowRelease


class OrderFunctions(TypedDict):
    """Folders of handlers that replace the ones the library ships. Each takes the order document
    and returns it with one key more, and raises the errors that ``docs/workflows.md`` names."""

    validate_order: NotRequired[str]
    """Folder of the handler that says whether an order can be taken. By default it checks items,
    quantities, prices, currency, and the sum to the cent."""
    process_payment: NotRequired[str]
    """Folder of the handler that charges, and gives back with ``action: refund``. By default a
    gateway simulator whose outcome the order's ``paymentToken`` chooses."""
    fulfill_order: NotRequired[str]
    """Folder of the handler that hands the order to the warehouse. By default a simulator whose
    outcome the order's ``shippingToken`` chooses."""


class OrderWorkflowArgs(TypedDict):
    """Settings of an OrderWorkflow."""

    runtime: NotRequired[str]
    """Lambda runtime of the functions (``python3.13``)."""
    architecture: NotRequired[str]
    """``arm64`` (default, cheaper) or ``x86_64``."""
    functions: NotRequired[OrderFunctions]
    """Code of one's own in place of what the library ships. None by default."""
    environment: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Further environment variables of the three functions. None by default."""
    approval_above: NotRequired[float]
    """Amount, in the order's own currency, above which a person must approve before anything is
    charged; 0 asks for every order. Nobody is asked by default."""
    approval_seconds: NotRequired[int]
    """How long an approval is waited for before the order fails, 60 to 2592000 (86400, a day)."""
    release: NotRequired[WorkflowRelease]
    """How a new version of the workflow takes over: at once by default, on the alias ``live``.
    Executions that have begun always end in the version that they began with."""
    tracing: NotRequired[bool]
    """Whether executions and functions are traced with X-Ray (False); billed per trace."""
    log_retention_days: NotRequired[int]
    """Days that logs are kept (30): one of CloudWatch's values, such as 7, 14, 30, 90, 365."""
    alarms: NotRequired[bool]
    """Whether alarms are made for failed executions, failed orders and failed refunds (True)."""
    alarm_topic_arn: NotRequired[pulumi.Input[str]]
    """SNS topic that is told when an alarm starts and ends; nobody unless given."""
    alarm_overrides: NotRequired[Mapping[str, AlarmOverride]]
    """Numbers that stand in for computed ones, by alarm: ``failed``, ``execution-time``; of a step
    or of what is made besides with its name before it: ``payment/duration``,
    ``failed-orders/depth``. They are for alarms that are made here and for those that
    ``Observability`` makes. None by default."""
    force_delete: NotRequired[bool]
    """Whether the tables may be deleted with the orders in them (False)."""
    tags: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Tags for everything that is made, over the component's own. None by default."""
