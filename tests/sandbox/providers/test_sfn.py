"""State machines: what AWS looks up before it takes one, what updates do, who may start one."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from .workflows import (
    ECHO,
    FAIL,
    MACHINE,
    allowing,
    executions,
    machine,
    role,
    states_role,
    trust,
)
from .world import World

pytestmark = pytest.mark.sandbox
ALIAS = "aws:sfn/alias:Alias"
ACCOUNT = "123456789012"


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
        {
            "ArnLike": {
                "aws:SourceArn": f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:sourced*"
            },
            "StringEqualsIfExists": {"AWS:sourceaccount": [ACCOUNT]},
        },
    ],
    ids=["account", "machine"],
)
def test_a_role_may_be_for_some_machines_alone(world: World, condition: dict[str, Any]) -> None:
    name = f"sourced-{len(condition)}"
    arn = role(world, name, trust("states", **condition))
    world.make(MACHINE, name, name=name, definition=ECHO, roleArn=arn)


@pytest.mark.parametrize(
    ("trusted", "title"),
    [
        (trust("lambda"), "lambda"),
        (trust("states", StringEquals={"aws:SourceAccount": "210987654321"}), "account"),
        (trust("states", ArnLike={"aws:SourceArn": "arn:aws:states:*:*:activity:*"}), "source"),
        (trust("states", Bool={"aws:SecureTransport": "true"}), "other-key"),
        (trust("states").replace("Allow", "Deny"), "denied"),
        (trust("states").replace("sts:AssumeRole", "sts:TagSession"), "tagging"),
    ],
)
def test_a_role_that_step_functions_may_not_assume_is_refused(
    world: World, trusted: str, title: str
) -> None:
    arn = role(world, f"untrusting-{title}", trusted)
    with pytest.raises(ValueError, match=r"does not let states\.amazonaws\.com assume it"):
        world.make(MACHINE, definition=ECHO, roleArn=arn)


def test_a_role_must_exist(world: World) -> None:
    with pytest.raises(ValueError, match="there is no such role"):
        world.make(MACHINE, definition=ECHO, roleArn=f"arn:aws:iam::{ACCOUNT}:role/nobody")


def test_an_update_asks_for_the_role_again(world: World) -> None:
    provider = world.provider(MACHINE)
    given = {"definition": ECHO, "roleArn": states_role(world)}
    old = provider.check("m", given)
    id, outputs = provider.create("moving", old)
    stranger = role(world, "stranger", trust("lambda"))
    with pytest.raises(ValueError, match="does not let states"):
        provider.update(id, old, provider.check("m", {**given, "roleArn": stranger}), outputs)


def _logging(group: str) -> dict[str, Any]:
    arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}:*"
    return {"level": "ERROR", "logDestination": arn}


def test_logging_needs_permission_and_a_log_group(world: World) -> None:
    given = {"definition": ECHO, "loggingConfiguration": _logging("/aws/vendedlogs/states/none")}
    silent = role(world, "silent", trust("states"))
    with pytest.raises(ValueError, match=r"may not logs:CreateLogDelivery, .* Logging"):
        world.make(MACHINE, **given, roleArn=silent)
    with pytest.raises(ValueError, match="there is no log group /aws/vendedlogs/states/none"):
        world.make(MACHINE, **given, roleArn=states_role(world))


@pytest.mark.parametrize(
    ("resource", "rule"),
    [
        ("arn:aws:states:::states:startExecution.sync:2", "StepFunctionsExecutionRule"),
        ("arn:aws:states:::ecs:runTask.sync", "ECSTaskRule"),
    ],
)
def test_waiting_for_others_needs_a_rule_in_the_roles_name(
    world: World, resource: str, rule: str
) -> None:
    task = {"Type": "Task", "Resource": resource, "End": True}
    inner = {"StartAt": "B", "States": {"B": task}}
    nested = {"StartAt": "A", "States": {"A": {"Type": "Parallel", "Branches": [inner]}}}
    nested["States"]["A"]["End"] = True  # type: ignore[index]
    definition = json.dumps(nested)
    silent = role(world, "silent", trust("states"))
    with pytest.raises(ValueError, match=rf"may not events:PutTargets.*GetEventsFor{rule}"):
        world.make(MACHINE, definition=definition, roleArn=silent)
    arn = f"arn:aws:events:us-east-1:{ACCOUNT}:rule/StepFunctionsGetEventsFor{rule}"
    allowed = allowing((["events:PutTargets", "events:PutRule", "events:DescribeRule"], arn))
    waiting = role(world, f"waiting-{rule}", trust("states"), allowed)
    world.make(MACHINE, definition=definition, roleArn=waiting)


def test_a_key_must_exist(world: World) -> None:
    encryption = {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "none"}
    with pytest.raises(world.client("kms").exceptions.NotFoundException):
        world.make(
            MACHINE,
            definition=ECHO,
            roleArn=states_role(world),
            encryptionConfiguration=encryption,
        )


def test_every_change_is_a_version_and_tags_are_none(world: World) -> None:
    provider = world.provider(MACHINE)
    given = {"definition": ECHO, "roleArn": states_role(world), "publish": True}
    first = provider.check("m", given)
    id, outputs = provider.create("published", first)
    tagged = provider.check("m", {**given, "tags": {"a": "b"}})
    outputs = provider.update(id, first, tagged, outputs)
    assert outputs["stateMachineVersionArn"] == f"{id}:1"
    changed = provider.check("m", {**given, "definition": FAIL})
    outputs = provider.update(id, tagged, changed, outputs)
    assert outputs["stateMachineVersionArn"] == f"{id}:2"
    found = world.client("stepfunctions").describe_state_machine(stateMachineArn=f"{id}:1")
    assert found["definition"] == ECHO


def test_a_machine_takes_its_versions_and_aliases_along(world: World) -> None:
    provider, client = world.provider(MACHINE), world.client("stepfunctions")
    given = {"name": "again", "definition": ECHO, "roleArn": states_role(world), "publish": True}
    id, outputs = provider.create("again", provider.check("m", given))
    version = outputs["stateMachineVersionArn"]
    routing = [{"stateMachineVersionArn": version, "weight": 100}]
    alias = world.make(ALIAS, name="live", routingConfigurations=routing)[0]
    provider.delete(id, outputs)
    provider.create("again", provider.check("m", {**given, "publish": False}))
    with pytest.raises(client.exceptions.ResourceNotFound):
        client.describe_state_machine_alias(stateMachineAliasArn=alias)
    assert client.list_state_machine_versions(stateMachineArn=id)["stateMachineVersions"] == []


def test_an_alias_leads_to_versions_that_exist(world: World) -> None:
    missing = f"{machine(world, 'unpublished')}:7"
    routing = [{"stateMachineVersionArn": missing, "weight": 100}]
    with pytest.raises(Exception, match="Version not found"):
        world.make(ALIAS, name="live", routingConfigurations=routing)


def _alias_of(world: World, name: str) -> tuple[str, str]:
    """A machine's ARN and its alias."""
    arn = machine(world, name, publish=True)
    routing = [{"stateMachineVersionArn": f"{arn}:1", "weight": 100}]
    return arn, world.make(ALIAS, name="live", routingConfigurations=routing)[0]


def test_a_rule_starts_the_alias_of_a_machine(world: World) -> None:
    arn, alias = _alias_of(world, "by-rule")
    starter = role(world, "by-rule", trust("events"), allowing((["states:*"], alias)))
    pattern = json.dumps({"source": ["by-rule"]})
    _, rule = world.make("aws:cloudwatch/eventRule:EventRule", "by-rule", eventPattern=pattern)
    target = "aws:cloudwatch/eventTarget:EventTarget"
    world.make(target, rule=rule["name"], arn=alias, roleArn=starter, inputPath="$.detail")
    entry = {"Source": "by-rule", "DetailType": "t", "Detail": '{"id": 7}'}
    world.client("events").put_events(Entries=[entry])
    (ran,) = executions(world, arn)
    assert (ran["status"], json.loads(ran["output"])) == ("SUCCEEDED", {"id": 7})


def test_a_rule_starts_a_machine_by_a_role_that_trusts_it(world: World) -> None:
    _, rule = world.make("aws:cloudwatch/eventRule:EventRule", "no", eventPattern='{"a": ["b"]}')
    given = {"rule": rule["name"], "arn": machine(world, "not-by-rule")}
    with pytest.raises(ValueError, match=r"does not let events\.amazonaws\.com assume it"):
        world.make("aws:cloudwatch/eventTarget:EventTarget", **given, roleArn=states_role(world))


def test_a_schedule_starts_the_alias_of_a_machine(world: World) -> None:
    arn, alias = _alias_of(world, "by-schedule")
    starter = role(
        world,
        "by-schedule",
        trust(
            "scheduler",
            ArnLike={
                "aws:SourceArn": f"arn:aws:scheduler:us-east-1:{ACCOUNT}:schedule-group/default"
            },
        ),
        allowing((["states:*"], alias)),
    )
    moment = (datetime.now(UTC) - timedelta(seconds=1)).strftime("at(%Y-%m-%dT%H:%M:%S)")
    world.make(
        "aws:scheduler/schedule:Schedule",
        scheduleExpression=moment,
        flexibleTimeWindow={"mode": "OFF"},
        target={"arn": alias, "roleArn": starter, "input": '{"id": 8}'},
    )
    (ran,) = executions(world, arn)
    assert (ran["status"], json.loads(ran["output"])) == ("SUCCEEDED", {"id": 8})
