"""Messages of the queue, some of which cannot be processed."""

import json
from collections.abc import Iterator
from uuid import uuid4

from sandbox.journeys import Visit, expect, journey
from sandbox.journeys.traces import lines, logged, wait

GOOD, POISON = 22, 3


@journey(
    f"{GOOD + POISON} messages, {POISON} of them poison: each good one once, the poison kept",
    needs=("queue_url",),
)
def processes_messages(visit: Visit) -> Iterator[str]:
    """A message that cannot be processed neither blocks its neighbours nor gets lost."""
    function, queue = visit.outputs["function_name"], visit.outputs["queue_url"]
    sqs, run = visit.client("sqs"), uuid4().hex[:8]
    policy = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["RedrivePolicy"])
    redrive = json.loads(policy["Attributes"]["RedrivePolicy"])
    dead = sqs.get_queue_url(QueueName=redrive["deadLetterTargetArn"].rpartition(":")[2])
    good = [json.dumps({"order": f"{run}-{index}"}) for index in range(GOOD)]
    poison = [f"{run} is not JSON {index}" for index in range(POISON)]
    bodies = [*good[:10], *poison, *good[10:]]
    sent: dict[str, str] = {}
    for start in range(0, len(bodies), 10):
        batch = bodies[start : start + 10]
        answer = sqs.send_message_batch(
            QueueUrl=queue,
            Entries=[{"Id": str(i), "MessageBody": body} for i, body in enumerate(batch)],
        )
        sent |= {batch[int(item["Id"])]: item["MessageId"] for item in answer["Successful"]}
    yield f"sent {len(sent)} messages, {POISON} of which are not JSON"

    for body in good:
        logged(visit, function, "SQS message processed", sent[body])
    buried = _drain(visit, dead["QueueUrl"], run)
    expect(sorted(buried) == sorted(poison), f"the dead-letter queue holds {buried}")
    yield f"{len(buried)} in the dead-letter queue after {redrive['maxReceiveCount']} attempts each"
    for body in good:
        times = len(lines(visit, function, "SQS message processed", sent[body]))
        expect(times == 1, f"message {sent[body]} was processed {times} times")
    yield f"{len(good)} processed, each once"


def _drain(visit: Visit, queue: str, run: str) -> list[str]:
    """Take this run's messages out of the dead-letter queue, so that the next run starts clean."""
    sqs, found = visit.client("sqs"), list[str]()

    def all_there() -> bool:
        answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=2)
        for message in answer.get("Messages", []):
            if message["Body"].startswith(run):
                found.append(message["Body"])
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return len(found) >= POISON

    wait(visit, all_there, f"{POISON} poison messages never came to the dead-letter queue")
    return found
