"""A message that nobody can process, and the alarm on the queue where it ends."""

import json
from collections.abc import Iterator
from uuid import uuid4

from sandbox.journeys import Visit, journey
from sandbox.journeys.alarms_watch import over, patient, ringing
from sandbox.journeys.traces import wait

KEY = "events/dead-letter-jobs/depth"


@journey(
    "A message in the dead-letter queue rings until somebody takes it out",
    needs=("alarms", "queue_url"),
)
def rings(visit: Visit) -> Iterator[str]:
    """One is enough: it is work that nobody does."""
    sqs, queue, body = visit.client("sqs"), visit.outputs["queue_url"], f"no JSON {uuid4().hex}"
    policy = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["RedrivePolicy"])
    target = json.loads(policy["Attributes"]["RedrivePolicy"])["deadLetterTargetArn"]
    dead = sqs.get_queue_url(QueueName=target.rpartition(":")[2])["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody=body)

    def taken() -> bool:
        # Shortly: another journey looks for its own messages at the same time.
        answer = sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=10, VisibilityTimeout=1)
        for message in answer.get("Messages", []):
            if message["Body"] == body:
                sqs.delete_message(QueueUrl=dead, ReceiptHandle=message["ReceiptHandle"])
                return True
        return False

    try:
        yield ringing(visit, KEY)
    finally:
        wait(patient(visit), taken, f"{body!r} never came to the dead-letter queue")
    yield "taken out"
    yield over(visit, KEY)
