"""Who may call a function, what roles allow, and what becomes of calls that fail."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .functions import eventually, logged, make_function, make_queue, received
from .world import World

pytestmark = pytest.mark.sandbox

CODE = """
import json
def handler(event, context):
    print(json.dumps({"called": event, "arn": context.invoked_function_arn}))
    if "fail" in json.dumps(event):
        raise KeyError("as asked")
    return {"answer": 42}
"""


def _rule(world: World, name: str, function: str, dead_letters: str) -> str:
    """The ARN of a rule whose events come from the source of this name."""
    events = world.client("events")
    arn = events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))["RuleArn"]
    target = {"Id": "1", "Arn": function, "DeadLetterConfig": {"Arn": dead_letters}}
    events.put_targets(Rule=name, Targets=[target])
    return str(arn)


def _put(world: World, source: str, **detail: str) -> None:
    entry = {"Source": source, "DetailType": "test", "Detail": json.dumps(detail)}
    world.client("events").put_events(Entries=[entry])


def _queue_for(world: World, name: str, service: str) -> tuple[str, str]:
    """A queue into which a service may put what it cannot deliver."""
    url, arn = make_queue(world, name)
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    world.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return url, arn


def test_a_permission_is_for_one_source_and_one_qualifier(world: World) -> None:
    functions = world.client("lambda")
    arn = make_function(world, "callee", CODE)
    functions.publish_version(FunctionName="callee")
    functions.create_alias(FunctionName="callee", Name="live", FunctionVersion="1")
    url, dead = _queue_for(world, "callee-dead", "events.amazonaws.com")
    rule = _rule(world, "callee-rule", f"{arn}:live", dead)

    def permit(sid: str, source: str, **qualifier: str) -> None:
        functions.add_permission(
            FunctionName="callee",
            StatementId=sid,
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
            SourceArn=source,
            **qualifier,
        )

    permit("unqualified", rule)
    permit("other-rule", f"{rule}-of-somebody-else", Qualifier="live")
    _put(world, "callee-rule", try_="1")
    kept = eventually(lambda: received(world, url))
    assert [json.loads(body)["detail"] for body in kept] == [{"try_": "1"}]
    assert logged(world, "callee") == []
    permit("live", rule, Qualifier="live")
    _put(world, "callee-rule", try_="2")
    (line,) = eventually(lambda: logged(world, "callee"))
    assert line["called"]["detail"] == {"try_": "2"}
    assert line["arn"] == f"{arn}:live"


def test_a_mapping_needs_a_role_that_may_read_and_stops_with_it(world: World) -> None:
    functions, iam = world.client("lambda"), world.client("iam")
    make_function(world, "reader", CODE)
    url, queue = make_queue(world, "reader", VisibilityTimeout="30")
    source = {"FunctionName": "reader", "EventSourceArn": queue}
    with pytest.raises(ClientError, match="does not have permissions to call ReceiveMessage"):
        functions.create_event_source_mapping(**source)
    actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    statement = {"Effect": "Allow", "Action": actions, "Resource": queue}
    policy = {"RoleName": "reader-role", "PolicyName": "read"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(**policy, PolicyDocument=document)
    functions.create_event_source_mapping(**source)
    world.client("sqs").send_message(QueueUrl=url, MessageBody="first")
    eventually(lambda: len(logged(world, "reader")) == 1)
    iam.delete_role_policy(**policy)
    eventually(lambda: _stays(world, url, "second"))
    iam.put_role_policy(**policy, PolicyDocument=document)
    eventually(lambda: len(logged(world, "reader")) >= 2)


def _stays(world: World, url: str, body: str) -> bool:
    """Whether a message that is sent now is still there three seconds later."""
    world.client("sqs").send_message(QueueUrl=url, MessageBody=body)
    time.sleep(3)
    found = world.client("sqs").get_queue_attributes(
        QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"]
    )["Attributes"]
    return int(found["ApproximateNumberOfMessages"]) > 0


def test_the_alias_has_its_own_retries_and_destinations(world: World) -> None:
    functions = world.client("lambda")
    good_url, good = make_queue(world, "async-good")
    bad_url, bad = make_queue(world, "async-bad")
    allowed = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": [good, bad]}
    arn = make_function(world, "async", CODE, [allowed])
    functions.publish_version(FunctionName="async")
    functions.create_alias(FunctionName="async", Name="live", FunctionVersion="1")
    functions.put_function_event_invoke_config(
        FunctionName="async",
        Qualifier="live",
        MaximumRetryAttempts=1,
        DestinationConfig={"OnSuccess": {"Destination": good}, "OnFailure": {"Destination": bad}},
    )
    for event in ({"n": 1}, {"fail": 2}):
        functions.invoke(
            FunctionName=f"{arn}:live",
            InvocationType="Event",
            Payload=json.dumps(event).encode(),
        )
    (success,) = (json.loads(body) for body in eventually(lambda: received(world, good_url)))
    (failure,) = (json.loads(body) for body in eventually(lambda: received(world, bad_url)))
    assert success["requestContext"]["condition"] == "Success"
    assert success["responsePayload"] == {"answer": 42}
    assert failure["requestPayload"] == {"fail": 2}
    assert failure["requestContext"]["functionArn"] == f"{arn}:live"
    assert failure["requestContext"]["condition"] == "RetriesExhausted"
    assert failure["requestContext"]["approximateInvokeCount"] == 2
    assert failure["responsePayload"]["errorType"] == "KeyError"
    assert len([line for line in logged(world, "async") if "fail" in line["called"]]) == 2


def test_a_destination_that_the_role_may_no_longer_reach_gets_nothing(world: World) -> None:
    functions = world.client("lambda")
    url, queue = make_queue(world, "unreachable")
    allowed = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": queue}
    make_function(world, "forbidden", CODE, [allowed])
    functions.put_function_event_invoke_config(
        FunctionName="forbidden",
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": queue}},
    )
    world.client("iam").delete_role_policy(RoleName="forbidden-role", PolicyName="inline")
    functions.invoke(FunctionName="forbidden", InvocationType="Event", Payload=b'{"fail": 1}')
    said = f"is not authorized to perform: sqs:SendMessage on resource: {queue}"
    eventually(lambda: said in (world.state / "cloud.log").read_text())
    assert received(world, url) == []


def test_a_throttled_event_waits_and_is_not_lost(world: World) -> None:
    functions = world.client("lambda")
    make_function(world, "throttled", CODE)
    functions.put_function_concurrency(FunctionName="throttled", ReservedConcurrentExecutions=0)
    functions.invoke(FunctionName="throttled", InvocationType="Event", Payload=b'{"n": 1}')
    time.sleep(1.5)
    assert logged(world, "throttled") == []
    functions.delete_function_concurrency(FunctionName="throttled")
    (line,) = eventually(lambda: logged(world, "throttled"))
    assert line["called"] == {"n": 1}


def test_either_version_behind_an_alias_has_the_alias_s_destinations(world: World) -> None:
    functions = world.client("lambda")
    url, failures = make_queue(world, "canary-failures")
    allowed = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": failures}
    arn = make_function(world, "async-canary", CODE, [allowed])
    functions.publish_version(FunctionName="async-canary")
    functions.update_function_configuration(FunctionName="async-canary", Description="second")
    functions.publish_version(FunctionName="async-canary")
    functions.create_alias(
        FunctionName="async-canary",
        Name="live",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {"2": 1.0}},
    )
    functions.put_function_event_invoke_config(
        FunctionName="async-canary",
        Qualifier="live",
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": failures}},
    )
    functions.invoke(
        FunctionName=f"{arn}:live", InvocationType="Event", Payload=b'{"fail": "second"}'
    )
    (record,) = (json.loads(body) for body in eventually(lambda: received(world, url)))
    assert record["requestContext"]["functionArn"] == f"{arn}:live"
    assert record["responseContext"]["executedVersion"] == "2"


@pytest.mark.parametrize("may", ["invoke", "nothing"])
def test_a_schedule_does_what_its_role_may_do(world: World, may: str) -> None:
    name = f"clock-{may}"
    arn = make_function(world, name, CODE)
    url, dead = make_queue(world, f"{name}-dead")
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "scheduler.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    statements: list[dict[str, Any]] = [
        {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": dead}
    ]
    if may == "invoke":
        statements.append({"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": arn})
    soon = datetime.now(UTC) + timedelta(seconds=1)
    world.client("scheduler").create_schedule(
        Name=name,
        ScheduleExpression=f"at({soon:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": arn,
            "RoleArn": world.role(f"{name}-caller", statements, trust=trust),
            "Input": json.dumps({"from": name}),
            "DeadLetterConfig": {"Arn": dead},
        },
    )
    if may == "invoke":
        assert eventually(lambda: logged(world, name))[0]["called"] == {"from": name}
        assert received(world, url) == []
    else:
        assert [json.loads(body) for body in eventually(lambda: received(world, url))] == [
            {"from": name}
        ]
        assert logged(world, name) == []
