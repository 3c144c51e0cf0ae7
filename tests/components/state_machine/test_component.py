"""The whole component: what it makes, and what others get of it."""

import json
from typing import Any

import pytest

from components.function import MultiTriggerFunction
from components.state_machine import StateMachine
from components.testing import UNKNOWN, deploy

from .helpers import (
    ALARM,
    ALIAS,
    ALIAS_ARN,
    CHARGE,
    CHARGING,
    EXECUTIONS,
    MACHINE,
    MACHINE_ARN,
    PASS,
    QUEUE,
    TAGS,
    allowed,
    definition,
    granted,
    machine,
    one,
    undoing,
)

LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
EVERY_TRIGGER: dict[str, Any] = {
    "schedules": {"tick": {"expression": "rate(5 minutes)"}},
    "events": {"placed": {"pattern": {"source": ["shop"]}}},
    "api": {},
    "sqs": {"jobs": {}},
}
UNTAGGED = {
    *("aws:iam/rolePolicy:RolePolicy", "aws:sfn/alias:Alias", "aws:sqs/queuePolicy:QueuePolicy"),
    *("aws:sqs/redriveAllowPolicy:RedriveAllowPolicy", "aws:scheduler/schedule:Schedule"),
    *("aws:apigateway/deployment:Deployment", "aws:apigateway/methodSettings:MethodSettings"),
    "aws:cloudwatch/eventTarget:EventTarget",
}


@pytest.mark.parametrize("known", [True, False])
def test_every_child_is_named_after_its_component_and_tagged(known: bool) -> None:
    api = {"throttle": {"rate": 5}}
    deployment = machine(known=known, **undoing(triggers={**EVERY_TRIGGER, "api": api}))
    component = deployment.one("slipway:index:StateMachine", "orders")
    children = deployment.children(component)
    assert len(children) == len(deployment.resources) - 1
    for child in children:
        assert child.name == "orders" or child.name.startswith("orders-"), child.urn
        assert (child.inputs.get("tags") == TAGS) != (child.type in UNTAGGED), child.urn


def test_the_callers_tags_win() -> None:
    deployment = machine(tags={"team": "shop"}, **undoing(triggers=EVERY_TRIGGER))
    for item in deployment.resources:
        if "tags" in item.inputs:
            assert item.inputs["tags"] == {**TAGS, "team": "shop"}, item.urn


def test_a_standard_machine_logs_its_errors_without_their_data() -> None:
    deployment = machine(**CHARGING)
    found = deployment.one(MACHINE, "orders").inputs
    group = deployment.one(LOG_GROUP, "orders")
    assert found["type"] == "STANDARD"
    assert found["roleArn"] == deployment.one("aws:iam/role:Role").outputs["arn"]
    assert found["tracingConfiguration"] == {"enabled": False}
    assert found["loggingConfiguration"] == {
        "level": "ERROR",
        "includeExecutionData": False,
        "logDestination": f"{group.outputs['arn']}:*",
    }
    # Another name would fill the policy that all log deliveries of the account share.
    assert group.inputs["namePrefix"] == "/aws/vendedlogs/states/orders-"
    assert group.inputs["retentionInDays"] == 30
    assert deployment.warnings == ()


def test_an_express_machine_has_its_history_in_the_log() -> None:
    found = machine(kind="express", tracing=True, log_execution_data=True).one(MACHINE).inputs
    assert found["type"] == "EXPRESS"
    assert found["loggingConfiguration"]["level"] == "ALL"
    assert found["loggingConfiguration"]["includeExecutionData"] is True
    assert found["tracingConfiguration"] == {"enabled": True}


def test_the_outputs_are_there_without_triggers() -> None:
    assert machine().result | {"log_group_name": "", "urn": ""} == {
        "urn": "",
        "name": "orders",
        "arn": MACHINE_ARN,
        "version_arn": f"{MACHINE_ARN}:1",
        "alias_arn": ALIAS_ARN,
        "role_arn": "arn:aws:iam::123456789012:role/orders",
        "log_group_name": "",
        "undo_queue_url": None,
        "failure_queue_url": None,
        "api_url": None,
        "queue_urls": {},
        "dead_letter_queue_urls": {},
    }


def test_a_first_preview_knows_which_resources_there_will_be() -> None:
    args = undoing(triggers=EVERY_TRIGGER)
    before, after = machine(known=False, **args), machine(**args)
    assert sorted(item.urn for item in before.resources) == sorted(
        item.urn for item in after.resources
    )
    assert before.result["alias_arn"] is UNKNOWN
    assert before.one(MACHINE).inputs["definition"] is UNKNOWN  # for the undo queue's URL


def test_steps_are_undone_by_way_of_a_queue_that_only_then_exists() -> None:
    deployment = machine(**undoing())
    queue = deployment.one(QUEUE, "orders-undo")
    assert queue.inputs["messageRetentionSeconds"] == 14 * 24 * 3600
    assert queue.inputs["sqsManagedSseEnabled"] is True
    assert queue.outputs["url"] in json.dumps(definition(deployment))
    assert "${" not in json.dumps(definition(deployment))
    assert allowed(deployment)["sqs:SendMessage"] == {queue.outputs["arn"]}
    assert deployment.one(ALARM, "orders-undo").inputs["dimensions"] == {"QueueName": "orders-undo"}
    assert deployment.result["undo_queue_url"] == queue.outputs["url"]
    assert machine(**CHARGING).of(QUEUE) == []


@pytest.mark.parametrize(
    ("kind", "roles"),
    [
        ("standard", {"failed", "timed-out", "aborted", "throttled"}),
        ("express", {"failed", "timed-out"}),
    ],
)
def test_what_goes_wrong_rings(kind: str, roles: set[str]) -> None:
    deployment = machine(kind=kind, alarm_topic_arn="arn:aws:sns:us-east-1:123456789012:ops")
    alarms = {item.name.removeprefix("orders-"): item.inputs for item in deployment.of(ALARM)}
    assert alarms.keys() == roles
    for item in alarms.values():
        assert item["treatMissingData"] == "notBreaching"
        assert item["alarmActions"] == ["arn:aws:sns:us-east-1:123456789012:ops"]
        if kind == "standard":
            assert item["dimensions"] == {"StateMachineArn": MACHINE_ARN}
            assert item["threshold"] == 0
    if kind == "express":
        queries = alarms["failed"]["metricQueries"]
        assert queries[0]["expression"] == "IF(bad >= 2, 100 * bad / started, 0)"
    assert machine(alarms=False, **undoing(triggers=EVERY_TRIGGER)).of(ALARM) == []


def statement(found: Any) -> tuple[set[str], set[str]]:
    (item,) = found
    return set(item["actions"]), set(item["resources"])


def test_others_start_the_alias_and_read_its_executions() -> None:
    assert statement(granted(StateMachine.start_policy)) == (
        {"states:StartExecution"},
        {ALIAS_ARN, MACHINE_ARN},
    )
    assert statement(granted(StateMachine.read_policy)) == (
        {"states:DescribeExecution", "states:GetExecutionHistory"},
        {EXECUTIONS},
    )
    assert statement(granted(StateMachine.callback_policy)) == (
        {"states:SendTaskSuccess", "states:SendTaskFailure", "states:SendTaskHeartbeat"},
        {MACHINE_ARN},
    )


def test_express_executions_can_be_waited_for_and_not_looked_up() -> None:
    actions, _ = statement(granted(StateMachine.start_policy, kind="express"))
    assert actions == {"states:StartExecution", "states:StartSyncExecution"}
    with pytest.raises(ValueError, match="Next step: read the log group"):
        granted(StateMachine.read_policy, kind="express")
    with pytest.raises(ValueError, match="Next step: set kind='standard'"):
        granted(StateMachine.callback_policy, kind="express")


def test_grants_of_triggers_name_what_is_missing() -> None:
    triggers: dict[str, Any] = {"sqs": {"jobs": {}}}
    sent = granted(lambda found: found.send_policy("jobs"), triggers=triggers)
    assert statement(sent)[0] == {"sqs:SendMessage"}
    with pytest.raises(ValueError, match=r"Did you mean 'jobs'\?"):
        granted(lambda found: found.send_policy("job"), triggers=triggers)
    with pytest.raises(ValueError, match=r"a name in triggers\.sqs: none"):
        granted(lambda found: found.send_policy("job"))
    with pytest.raises(ValueError, match=r"call_policy\(\) is for callers of its API"):
        granted(StateMachine.call_policy)
    assert statement(granted(StateMachine.call_policy, triggers={"api": {}})) == (
        {"execute-api:Invoke"},
        {"arn:aws:apigateway:us-east-1:123456789012:stage/orders-api/POST/executions"},
    )


@pytest.mark.parametrize("pinned", [False, True])
def test_a_function_is_a_step(pinned: bool, tmp_path: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("SLIPWAY_CACHE", str(tmp_path / "cache"))
    (tmp_path / "handler.py").write_text("def handler(event, context):\n    return event\n")

    def program() -> Any:
        function = MultiTriggerFunction("charge", {"code": str(tmp_path), "timeout_seconds": 20})
        step = function.task(pinned=pinned)
        assert step["timeout_seconds"] == 20
        StateMachine("orders", {"definition": one(CHARGE), "functions": {"Charge": step}})
        return function

    deployment = deploy(program)
    found = definition(deployment)["States"]["Step"]["Parameters"]["FunctionName"]
    function = deployment.result["function_arn"]
    version = f"{function}:{deployment.result['version']}"
    assert found == (version if pinned else deployment.result["alias_arn"])
    if pinned:
        assert allowed(deployment)["lambda:InvokeFunction"] == {version, f"{function}:*"}


def test_the_alias_outlives_nothing_that_starts_it() -> None:
    deployment = machine(triggers=EVERY_TRIGGER)
    alias = deployment.one(ALIAS).urn
    for type in (
        *("aws:scheduler/schedule:Schedule", "aws:cloudwatch/eventTarget:EventTarget"),
        *("aws:pipes/pipe:Pipe", "aws:apigateway/restApi:RestApi"),
    ):
        assert alias in deployment.one(type).depends_on, type


def test_no_definition_is_changed_by_what_stands_around_it() -> None:
    assert definition(machine(definition=PASS, triggers=EVERY_TRIGGER)) == PASS
