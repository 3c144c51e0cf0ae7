"""What a function is made of, and how its parts hang together."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components.function import MultiTriggerFunction
from components.function.triggers.kinds import PLANNERS
from components.policy import allow
from components.testing import UNKNOWN, Deployment, deploy

from .helpers import (
    ALIAS,
    ALIAS_ARN,
    EVERY_TRIGGER,
    FAILURES_ARN,
    FUNCTION,
    NETWORK,
    PARAMETER,
    SECRET,
    allowed,
    function,
    granted,
    made,
)

BOTH = pytest.mark.parametrize("known", [True, False])
PERMISSION = "aws:lambda/permission:Permission"


@BOTH
def test_by_default_it_is_a_small_arm_function_on_a_current_python(known: bool) -> None:
    inputs = function(known=known).one(FUNCTION, "events").inputs
    assert inputs["architectures"] == ["arm64"]
    assert inputs["runtime"] == "python3.13"
    assert inputs["handler"] == "handler.handler"
    assert (inputs["memorySize"], inputs["timeout"]) == (256, 29)
    assert inputs["ephemeralStorage"] == {"size": 512}
    assert inputs["tracingConfig"] == {"mode": "PassThrough"}
    for absent in ("environment", "layers", "vpcConfig", "fileSystemConfig", "snapStart"):
        assert absent not in inputs
    assert "reservedConcurrentExecutions" not in inputs
    assert "deadLetterConfig" not in inputs


@BOTH
def test_what_the_caller_says_reaches_the_function(known: bool) -> None:
    layer = "arn:aws:lambda:us-east-1:123456789012:layer:pandas:3"
    inputs = (
        function(
            known=known,
            runtime="python3.12",
            architecture="x86_64",
            memory=1024,
            timeout_seconds=900,
            ephemeral_storage=10240,
            layers=[layer],
            tracing=True,
            reserved_concurrency=0,
        )
        .one(FUNCTION)
        .inputs
    )
    assert inputs["runtime"] == "python3.12"
    assert inputs["architectures"] == ["x86_64"]
    assert (inputs["memorySize"], inputs["timeout"]) == (1024, 900)
    assert inputs["ephemeralStorage"] == {"size": 10240}
    assert inputs["layers"] == [layer]
    assert inputs["tracingConfig"] == {"mode": "Active"}
    assert inputs["reservedConcurrentExecutions"] == 0


@BOTH
def test_the_code_is_known_by_its_content(known: bool, tmp_path: Path) -> None:
    first = function(known=known).one(FUNCTION).inputs
    assert Path(first["code"].path).suffix == ".zip"
    (tmp_path / "handler.py").write_text("def handler(event, context):\n    return 2\n")
    second = function(known=known, code=str(tmp_path)).one(FUNCTION).inputs
    assert first["sourceCodeHash"] != second["sourceCodeHash"]
    assert first["sourceCodeHash"] == function(known=known).one(FUNCTION).inputs["sourceCodeHash"]


@BOTH
def test_every_change_is_a_version_and_the_alias_is_on_the_newest(known: bool) -> None:
    deployment = function(known=known)
    assert deployment.one(FUNCTION).inputs["publish"] is True
    alias = deployment.one(ALIAS, "events")
    assert alias.inputs["name"] == "live"
    assert alias.inputs["functionVersion"] == ("events-version" if known else UNKNOWN)
    assert deployment.result["alias_arn"] == (ALIAS_ARN if known else UNKNOWN)
    assert deployment.result["alias_name"] == "live"


@BOTH
def test_logs_go_to_a_group_of_its_own_that_is_made_first(known: bool) -> None:
    deployment = function(known=known, log_retention_days=7, log_level="DEBUG")
    group = deployment.one("aws:cloudwatch/logGroup:LogGroup", "events")
    assert group.inputs["retentionInDays"] == 7
    assert "name" not in group.inputs  # Pulumi's own is none that Lambda would choose
    made = deployment.one(FUNCTION)
    assert made.inputs["loggingConfig"] == {
        "logFormat": "JSON",
        "logGroup": "events" if known else UNKNOWN,
        "applicationLogLevel": "DEBUG",
        "systemLogLevel": "INFO",
    }
    assert group.urn in made.depends_on
    assert deployment.result["log_group_name"] == ("events" if known else UNKNOWN)


@BOTH
def test_the_function_waits_for_the_policy_of_its_role(known: bool) -> None:
    deployment = function(known=known)
    policy = deployment.one("aws:iam/rolePolicy:RolePolicy", "events")
    assert policy.urn in deployment.one(FUNCTION).depends_on


@BOTH
def test_a_secret_s_variable_holds_its_arn(known: bool) -> None:
    deployment = function(
        known=known, environment={"MODE": "fast"}, secrets={"API_KEY": SECRET, "TOKEN": PARAMETER}
    )
    assert deployment.one(FUNCTION).inputs["environment"] == {
        "variables": {"MODE": "fast", "API_KEY": SECRET, "TOKEN": PARAMETER}
    }
    if not known:
        return
    assert allowed(deployment)["secretsmanager:GetSecretValue"] == {SECRET}
    assert allowed(deployment)["ssm:GetParameter"] == {PARAMETER}


@BOTH
def test_idempotency_is_a_table_that_forgets_by_itself(known: bool) -> None:
    deployment = function(known=known, idempotency=True, force_delete=True)
    table = deployment.one("aws:dynamodb/table:Table", "events-idempotency")
    assert table.inputs["billingMode"] == "PAY_PER_REQUEST"
    assert table.inputs["hashKey"] == "id"
    assert table.inputs["ttl"] == {"attributeName": "expiration", "enabled": True}
    assert table.inputs["pointInTimeRecovery"] == {"enabled": True}
    assert table.inputs["deletionProtectionEnabled"] is False
    name = "events-idempotency" if known else UNKNOWN
    environment = deployment.one(FUNCTION).inputs["environment"]
    assert environment == {"variables": {"IDEMPOTENCY_TABLE": name}}
    assert deployment.result["idempotency_table_name"] == name


def test_data_is_protected_unless_it_is_said_otherwise() -> None:
    table = function(idempotency=True).one("aws:dynamodb/table:Table")
    assert table.inputs["deletionProtectionEnabled"] is True


@BOTH
def test_every_kind_of_trigger_calls_the_alias(known: bool) -> None:
    assert EVERY_TRIGGER.keys() == PLANNERS.keys()
    deployment = function(known=known, triggers=EVERY_TRIGGER)
    permissions = deployment.of(PERMISSION)
    assert len(permissions) == 5  # both APIs, bucket, topic, rule
    for permission in permissions:
        assert permission.inputs["qualifier"] == "live"
        assert permission.inputs["sourceAccount"] == "123456789012"
        assert "sourceArn" in permission.inputs
    alias = ALIAS_ARN if known else UNKNOWN
    mappings = deployment.of("aws:lambda/eventSourceMapping:EventSourceMapping")
    assert [item.inputs["functionName"] for item in mappings] == [alias] * 3
    assert deployment.one("aws:lambda/functionUrl:FunctionUrl").inputs["qualifier"] == "live"


def test_outputs_are_found_by_the_name_of_the_trigger() -> None:
    result = function(triggers=EVERY_TRIGGER).result
    for output, trigger in (
        ("bucket_names", "uploads"),
        ("queue_urls", "jobs"),
        ("queue_arns", "jobs"),
        ("dead_letter_queue_urls", "jobs"),
        ("topic_arns", "news"),
        ("table_names", "stock"),
        ("stream_names", "clicks"),
    ):
        assert list(result[output]) == [trigger]
        assert trigger in result[output][trigger]
    for output in ("api_url", "api_id", "api_stage", "http_api_url", "function_url"):
        assert isinstance(result[output], str)


def test_without_triggers_their_outputs_are_empty() -> None:
    result = function().result
    for output in ("api_url", "http_api_url", "function_url", "idempotency_table_name"):
        assert result[output] is None
    assert result["queue_urls"] == {}
    assert result["failure_queue_url"] == "events-failures-url"


@BOTH
def test_everything_is_a_child_whose_name_starts_with_the_component_s(known: bool) -> None:
    deployment = function(known=known, triggers=EVERY_TRIGGER, idempotency=True)
    component = deployment.one("slipway:index:MultiTriggerFunction")
    for resource in deployment.resources:
        if resource is not component:
            assert resource.parent == component.urn, resource.urn
            assert resource.name.startswith("events"), resource.urn


def test_what_can_have_tags_has_them() -> None:
    deployment = function(tags={"team": "shop"}, triggers=EVERY_TRIGGER, idempotency=True)
    tags = {"slipway:component": "MultiTriggerFunction/events", "team": "shop"}
    for type in (
        *(FUNCTION, "aws:iam/role:Role", "aws:cloudwatch/logGroup:LogGroup"),
        *("aws:sqs/queue:Queue", "aws:dynamodb/table:Table", "aws:s3/bucket:Bucket"),
        *("aws:cloudwatch/metricAlarm:MetricAlarm", "aws:sns/topic:Topic"),
    ):
        for resource in deployment.of(type):
            assert resource.inputs["tags"] == tags, resource.urn


def test_every_output_is_registered() -> None:
    deployment = function(triggers=EVERY_TRIGGER, idempotency=True, vpc={"network": NETWORK})
    registered = deployment.one("slipway:index:MultiTriggerFunction").outputs
    assert registered.keys() == MultiTriggerFunction.__annotations__.keys()
    assert registered == {key: deployment.result[key] for key in registered}


def test_numbers_from_other_languages_are_whole_and_none_is_not_given() -> None:
    inputs = (
        function(
            memory=512.0,
            timeout_seconds=10.0,
            reserved_concurrency=5.0,
            runtime=None,
            vpc=None,
            release=None,
            failures=None,
            triggers=None,
            secrets=None,
        )
        .one(FUNCTION)
        .inputs
    )
    assert (inputs["memorySize"], inputs["timeout"]) == (512, 10)
    assert inputs["reservedConcurrentExecutions"] == 5


@BOTH
def test_it_rings_when_the_alias_fails_too_often_and_when_events_are_given_up(known: bool) -> None:
    deployment = function(known=known, alarm_topic_arn="arn:aws:sns:us-east-1:1:ops")
    errors = deployment.one("aws:cloudwatch/metricAlarm:MetricAlarm", "events-errors").inputs
    value, one, two = errors["metricQueries"]
    assert value["expression"] == "IF(errors >= 2, 100 * errors / invocations, 0)"
    assert errors["threshold"] == 5
    dimensions = {
        "FunctionName": "events" if known else UNKNOWN,
        "Resource": "events:live" if known else UNKNOWN,
    }
    for query, metric in ((one, "Errors"), (two, "Invocations")):
        assert query["metric"]["namespace"] == "AWS/Lambda"
        assert query["metric"]["metricName"] == metric
        assert query["metric"]["dimensions"] == dimensions
    lost = deployment.one("aws:cloudwatch/metricAlarm:MetricAlarm", "events-failures").inputs
    assert lost["threshold"] == 0
    assert lost["alarmActions"] == errors["alarmActions"] == ["arn:aws:sns:us-east-1:1:ops"]


def test_alarms_can_be_switched_off() -> None:
    deployment = function(alarms=False, triggers={"sqs": {"jobs": {}}})
    assert deployment.of("aws:cloudwatch/metricAlarm:MetricAlarm") == []


def test_the_failure_queue_lets_in_those_who_deliver_and_nobody_else() -> None:
    deployment = function(triggers={key: EVERY_TRIGGER[key] for key in ("events", "sns")})
    policy = deployment.one("aws:sqs/queuePolicy:QueuePolicy", "events-failures")
    found = [
        (item["Principal"]["Service"], item["Condition"]["ArnEquals"]["aws:SourceArn"])
        for item in json.loads(policy.inputs["policy"])["Statement"]
        if item["Effect"] == "Allow"
    ]
    rule = deployment.one("aws:cloudwatch/eventRule:EventRule").outputs["arn"]
    topic = deployment.one("aws:sns/topic:Topic").outputs["arn"]
    assert found == [("events.amazonaws.com", [rule]), ("sns.amazonaws.com", [topic])]


def test_the_failure_queue_is_encrypted_and_keeps_events_as_long_as_sqs_can() -> None:
    queue = function().one("aws:sqs/queue:Queue", "events-failures").inputs
    assert queue["messageRetentionSeconds"] == 14 * 24 * 3600
    assert queue["sqsManagedSseEnabled"] is True


@pytest.mark.parametrize(
    ("method", "trigger", "actions", "resource"),
    [
        ("invoke_policy", None, ["lambda:InvokeFunction"], ALIAS_ARN),
        ("send_policy", "jobs", ["sqs:SendMessage"], ":events-queue-jobs"),
        ("upload_policy", "uploads", ["s3:PutObject"], "events-bucket-uploads"),
        ("publish_policy", "news", ["sns:Publish"], ":events-topic-news"),
        ("write_policy", "stock", ["dynamodb:PutItem"], "table/events-table-stock"),
        ("write_policy", "clicks", ["kinesis:PutRecord"], "stream/events-stream-clicks"),
        ("call_policy", None, ["execute-api:Invoke"], "/*"),
        ("url_policy", None, ["lambda:InvokeFunctionUrl"], ALIAS_ARN),
    ],
)
def test_others_are_allowed_what_they_need_and_where(
    method: str, trigger: str | None, actions: list[str], resource: str
) -> None:
    def grant(one: MultiTriggerFunction) -> Any:
        return getattr(one, method)(*([] if trigger is None else [trigger]))

    found = granted(grant, triggers=EVERY_TRIGGER)
    assert found
    assert set(actions) <= {action for item in found for action in item["actions"]}
    for item in found:
        for arn in item["resources"]:
            assert resource in arn


def test_a_caller_of_both_apis_is_allowed_both() -> None:
    assert len(granted(lambda one: one.call_policy(), triggers=EVERY_TRIGGER)) == 2


@pytest.mark.parametrize(
    ("method", "trigger", "words"),
    [
        ("send_policy", "job", "trigger='job' is not valid. Allowed: a name in triggers.sqs: "),
        ("send_policy", "job", "'jobs'. Did you mean 'jobs'?"),
        ("upload_policy", "jobs", "a name in triggers.s3: none."),
        ("publish_policy", "x", "a name in triggers.sns: none."),
        ("write_policy", "x", "a name in triggers.tables or triggers.streams: none."),
    ],
)
def test_a_grant_for_a_trigger_that_is_not_there_is_refused(
    method: str, trigger: str, words: str
) -> None:
    with pytest.raises(ValueError, match="events") as error:
        granted(lambda one: getattr(one, method)(trigger), triggers={"sqs": {"jobs": {}}})
    assert words in str(error.value)


def test_a_grant_that_two_triggers_could_mean_is_refused() -> None:
    triggers: dict[str, Any] = {"tables": {"same": {}}, "streams": {"same": {}}}
    with pytest.raises(ValueError, match=r"a trigger of tables and of streams.*different names"):
        granted(lambda one: one.write_policy("same"), triggers=triggers)


def test_grants_for_callers_over_http_need_what_they_call() -> None:
    with pytest.raises(ValueError, match=r"Declare a rest_api or http_api trigger"):
        granted(lambda one: one.call_policy())
    with pytest.raises(ValueError, match=r"Declare a url trigger"):
        granted(lambda one: one.url_policy())


def test_one_function_may_call_another() -> None:
    def program() -> None:
        first = made("first", triggers={"sqs": {"jobs": {}}})
        made("second", permissions=[*first.invoke_policy(), *first.send_policy("jobs")])

    deployment = deploy(program)
    text = deployment.one("aws:iam/rolePolicy:RolePolicy", "second").inputs["policy"]
    assert ALIAS_ARN in text
    assert ":first-queue-jobs" in text


def _names(deployment: Deployment) -> list[str]:
    return [f"{resource.type} {resource.name}" for resource in deployment.resources]


def test_a_first_preview_shows_what_a_deployment_makes() -> None:
    args: dict[str, Any] = {"triggers": EVERY_TRIGGER, "idempotency": True}
    assert sorted(_names(function(known=False, **args))) == sorted(_names(function(**args)))


def test_unknown_values_are_welcome_wherever_an_input_is() -> None:
    def program() -> None:
        unknown = pulumi.Output.from_input(made("other").alias_arn)
        made(
            environment={"OTHER": unknown},
            secrets={"KEY": unknown},
            layers=[unknown],
            permissions=[allow("lambda:InvokeFunction", unknown)],
            failures={"destination_arn": unknown, "success_arn": unknown},
            alarm_topic_arn=unknown,
        )

    policy = deploy(program, known=False).one("aws:iam/rolePolicy:RolePolicy", "events")
    assert policy.inputs["policy"] is UNKNOWN


def test_the_failure_queue_is_where_calls_end_that_fail_for_good() -> None:
    assert allowed(function())["sqs:SendMessage"] == {FAILURES_ARN}
