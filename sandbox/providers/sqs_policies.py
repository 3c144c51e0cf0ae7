"""What is set on queues: who may use them, and where failed messages go."""

from collections.abc import Mapping
from typing import Any, ClassVar

from .base import Inputs, Outputs, Provider
from .common import ignoring, one_of, within
from .policies import check_resource, parse

POLICY_LIMIT = 8_192
"""Characters of a queue's policy (SQS developer guide, "Quotas related to policies")."""
GONE = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")
FIFO = ".fifo"


def check_redrive(text: str) -> str:
    """Refuse what is no redrive policy; return the other queue's ARN."""
    policy = parse("redrivePolicy", text)
    arn, count = policy.get("deadLetterTargetArn"), policy.get("maxReceiveCount")
    if set(policy) != {"deadLetterTargetArn", "maxReceiveCount"} or ":sqs:" not in str(arn):
        raise ValueError(
            "redrivePolicy has deadLetterTargetArn, a queue's ARN, and maxReceiveCount."
        )
    within("redrivePolicy.maxReceiveCount", int(count or 0), 1, 1000)
    return str(arn)


def check_redrive_allow(text: str) -> tuple[str, list[str]]:
    """Refuse what is no redrive allow policy; return the permission and the queues."""
    policy = parse("redriveAllowPolicy", text)
    permission, sources = policy.get("redrivePermission"), policy.get("sourceQueueArns", [])
    label = "redriveAllowPolicy.redrivePermission"
    one_of(label, permission, ("allowAll", "denyAll", "byQueue"))
    if (permission == "byQueue") != bool(sources):
        raise ValueError(
            f"{label}={permission!r}: byQueue needs sourceQueueArns, others take none."
        )
    within("the number of redriveAllowPolicy.sourceQueueArns", len(sources), 0, 10)
    return str(permission), [str(source) for source in sources]


def check_dead_letter_queue(sqs: Any, queue: str, text: str) -> None:
    """The other queue must be there, of the same kind, and take messages from this one."""
    dead = check_redrive(text)
    if dead.endswith(FIFO) != queue.endswith(FIFO):
        raise ValueError(f"redrivePolicy: {dead} must be FIFO if and only if the queue is.")
    url = sqs.get_queue_url(QueueName=dead.rpartition(":")[2])["QueueUrl"]
    names = ["RedriveAllowPolicy"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names).get("Attributes", {})
    if "RedriveAllowPolicy" not in found:
        return
    permission, sources = check_redrive_allow(found["RedriveAllowPolicy"])
    if permission == "denyAll" or (permission == "byQueue" and queue not in sources):
        raise ValueError(f"redrivePolicy: {dead} takes no messages of {queue}.")


class _Attribute(Provider[Any]):
    """One attribute of a queue as a resource of its own; abstract."""

    replaces = frozenset({"queueUrl"})
    attribute: ClassVar[str]
    field: ClassVar[str]

    def create(self, name: str, inputs: Any) -> tuple[str, Outputs]:
        self._set(inputs.queue_url, getattr(inputs, self.field))
        return inputs.queue_url, {}

    def update(self, id: str, old: Any, new: Any, outputs: Outputs) -> Outputs:
        self._set(id, getattr(new, self.field))
        return outputs

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring(*GONE):
            self._set(id, "")

    def _set(self, url: str, value: str) -> None:
        self.context.client("sqs").set_queue_attributes(
            QueueUrl=url, Attributes={self.attribute: value}
        )


class QueuePolicyInputs(Inputs):
    """Inputs of a queue's policy."""

    queue_url: str
    policy: str


class QueuePolicy(_Attribute):
    """Who may use a queue."""

    token = "aws:sqs/queuePolicy:QueuePolicy"
    inputs = QueuePolicyInputs
    attribute, field = "Policy", "policy"

    def check(self, name: str, properties: Mapping[str, Any]) -> QueuePolicyInputs:
        inputs: QueuePolicyInputs = super().check(name, properties)
        check_resource("policy", inputs.policy, limit=POLICY_LIMIT)
        return inputs


class RedriveInputs(Inputs):
    """Inputs of a redrive policy."""

    queue_url: str
    redrive_policy: str


class RedrivePolicy(_Attribute):
    """Where messages go that were received too often."""

    token = "aws:sqs/redrivePolicy:RedrivePolicy"
    inputs = RedriveInputs
    attribute, field = "RedrivePolicy", "redrive_policy"

    def check(self, name: str, properties: Mapping[str, Any]) -> RedriveInputs:
        inputs: RedriveInputs = super().check(name, properties)
        check_redrive(inputs.redrive_policy)
        return inputs

    def _set(self, url: str, value: str) -> None:
        if value:
            sqs = self.context.client("sqs")
            found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
            check_dead_letter_queue(sqs, found["Attributes"]["QueueArn"], value)
        super()._set(url, value)


class RedriveAllowInputs(Inputs):
    """Inputs of a redrive allow policy."""

    queue_url: str
    redrive_allow_policy: str


class RedriveAllowPolicy(_Attribute):
    """Whose failed messages a dead-letter queue takes."""

    token = "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy"
    inputs = RedriveAllowInputs
    attribute, field = "RedriveAllowPolicy", "redrive_allow_policy"

    def check(self, name: str, properties: Mapping[str, Any]) -> RedriveAllowInputs:
        inputs: RedriveAllowInputs = super().check(name, properties)
        check_redrive_allow(inputs.redrive_allow_policy)
        return inputs
