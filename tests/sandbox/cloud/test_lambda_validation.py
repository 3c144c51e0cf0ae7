"""Lambda looks at a role before it takes it."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from .functions import TRUST, make_function, make_queue, zipped
from .world import TRUST as TASKS
from .world import World

pytestmark = pytest.mark.sandbox

CODE = "def handler(event, context): pass"


def _create(world: World, name: str, **more: Any) -> None:
    world.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.12",
        Handler="code.handler",
        Code={"ZipFile": zipped(CODE)},
        **more,
    )


def test_a_role_must_trust_lambda(world: World) -> None:
    with pytest.raises(ClientError, match="cannot be assumed by Lambda"):
        _create(world, "untrusted", Role=world.role("for-tasks", trust=TASKS))
    other = {"ArnEquals": {"aws:SourceArn": "arn:aws:lambda:us-east-1:123456789012:function:x"}}
    (statement,) = TRUST["Statement"]
    narrow = {**TRUST, "Statement": [{**statement, "Condition": other}]}  # type: ignore[dict-item]
    with pytest.raises(ClientError, match="cannot be assumed by Lambda"):
        _create(world, "untrusted", Role=world.role("for-x", trust=narrow))
    _create(world, "x", Role="arn:aws:iam::123456789012:role/for-x")


def test_a_dead_letter_queue_must_be_the_role_s_to_send_to(world: World) -> None:
    _, queue = make_queue(world, "validated-dead")
    dead = {"TargetArn": queue}
    wanted = "does not have permissions to call SendMessage on"
    with pytest.raises(ClientError, match=wanted):
        make_function(world, "sends-not", CODE, DeadLetterConfig=dead)
    allowed = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": queue}
    make_function(world, "sends", CODE, [allowed], DeadLetterConfig=dead)


@pytest.mark.parametrize("when", ["OnFailure", "OnSuccess"])
def test_a_destination_must_be_the_role_s_to_send_to(world: World, when: str) -> None:
    functions = world.client("lambda")
    _, queue = make_queue(world, f"validated-{when}")
    wanted = {"DestinationConfig": {when: {"Destination": queue}}}
    make_function(world, f"tells-not-{when}", CODE)
    with pytest.raises(ClientError, match="does not have permissions to call SendMessage on"):
        functions.put_function_event_invoke_config(FunctionName=f"tells-not-{when}", **wanted)
    allowed = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": queue}
    make_function(world, f"tells-{when}", CODE, [allowed])
    functions.put_function_event_invoke_config(FunctionName=f"tells-{when}", **wanted)
