"""Journeys tell when a permission or a connection is missing: each is taken away, live."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sandbox.deploy import connect
from tests.sandbox.conftest import WITHOUT_KUBERNETES, Sandbox, environment_of

pytestmark = pytest.mark.sandbox

Cloud = Callable[[str], Any]


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Verdicts by title after everything below was broken at once."""
    sandbox = Sandbox(tmp_path_factory.mktemp("broken") / "state", environment_of("process"))
    up = sandbox.run("up", "--json", "--no-verify", *WITHOUT_KUBERNETES)
    try:
        assert up.code == 0, up.text
        cloud = connect(up.document["cloud"]["endpoint"]).client
        for breaking in BREAKING.values():
            breaking(cloud, up.document["outputs"])
        verified = sandbox.run("verify", "--json", "--patience", "4")
        assert verified.code == 1, verified.text
        yield {
            item["title"]: f"{item['verdict']}: {item['evidence'][-1]}"
            for item in verified.document["journeys"]
        }
    finally:
        sandbox.run("down")


def _forbid(principal: str) -> Callable[[Cloud, Any], None]:
    """Take away the function's permission for a service."""

    def act(cloud: Cloud, outputs: Any) -> None:
        functions, name = cloud("lambda"), outputs["function_name"]
        alias = outputs["function_alias_arn"].rpartition(":")[2]
        policy = json.loads(functions.get_policy(FunctionName=name, Qualifier=alias)["Policy"])
        found = [
            item["Sid"]
            for item in policy["Statement"]
            if item["Principal"] == {"Service": principal}
        ]
        assert found
        for sid in found:
            functions.remove_permission(FunctionName=name, Qualifier=alias, StatementId=sid)

    return act


def _unmap(service: str) -> Callable[[Cloud, Any], None]:
    """Delete the event source mapping of a kind."""

    def act(cloud: Cloud, outputs: Any) -> None:
        functions = cloud("lambda")
        listed = functions.list_event_source_mappings(FunctionName=outputs["function_alias_arn"])
        found = [
            item["UUID"]
            for item in listed["EventSourceMappings"]
            if f":{service}:" in item["EventSourceArn"]
        ]
        assert found
        for uuid in found:
            functions.update_event_source_mapping(UUID=uuid, Enabled=False)

    return act


def _forget_the_scheduler_s_role(cloud: Cloud, outputs: Any) -> None:
    scheduler, iam = cloud("scheduler"), cloud("iam")
    entry = scheduler.list_schedules()["Schedules"][0]
    schedule = scheduler.get_schedule(Name=entry["Name"], GroupName=entry["GroupName"])
    role = schedule["Target"]["RoleArn"].rpartition("/")[2]
    for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        iam.delete_role_policy(RoleName=role, PolicyName=policy)


def _forget_the_report_s_secret(cloud: Cloud, outputs: Any) -> None:
    iam, functions = cloud("iam"), cloud("lambda")
    configured = functions.get_function_configuration(FunctionName=outputs["layer_function_name"])
    role = configured["Role"].rpartition("/")[2]
    for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        iam.delete_role_policy(RoleName=role, PolicyName=policy)


def _open_the_url(cloud: Cloud, outputs: Any) -> None:
    functions, name = cloud("lambda"), outputs["function_name"]
    alias = outputs["function_alias_arn"].rpartition(":")[2]
    functions.update_function_url_config(FunctionName=name, Qualifier=alias, AuthType="NONE")
    functions.add_permission(
        FunctionName=name,
        Qualifier=alias,
        StatementId="everybody",
        Action="lambda:InvokeFunctionUrl",
        Principal="*",
        FunctionUrlAuthType="NONE",
    )


BREAKING: dict[str, Callable[[Cloud, Any], None]] = {
    "GET /hello goes through the REST API to the function": _forbid("apigateway.amazonaws.com"),
    "An uploaded object reaches the function under its own name": _forbid("s3.amazonaws.com"),
    "An event on the bus reaches the function by its pattern": _forbid("events.amazonaws.com"),
    "A message published to the topic reaches the function": _forbid("sns.amazonaws.com"),
    "25 messages, 3 of them poison: each good one once, the poison kept": _unmap("sqs"),
    "A change of the table reaches the function": _unmap("dynamodb"),
    "The schedule's call arrives": _forget_the_scheduler_s_role,
    "The report function has pandas from its layer and calls the API with its secret key": (
        _forget_the_report_s_secret
    ),
    "The function's URL wants the signature of someone allowed": _open_the_url,
}


@pytest.mark.parametrize("title", BREAKING)
def test_a_journey_fails_without_what_it_needs(broken: dict[str, str], title: str) -> None:
    assert broken[title].startswith("failed: "), broken[title]


def test_journeys_that_need_nothing_of_it_still_pass(broken: dict[str, str]) -> None:
    assert broken["The storefront greets a program in JSON"].startswith("passed")
    assert broken["IAM denies an invocation that nobody allowed"].startswith("passed")
