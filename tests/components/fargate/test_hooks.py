"""When the hooks run, and with which clients."""

import asyncio
import threading
from typing import Any

import pulumi
import pytest
from botocore.exceptions import NoCredentialsError

from components.fargate import hooks
from components.fargate.clients import Clients, Login, region_of
from components.fargate.gate import BeforeDeployError
from components.fargate.rollout import RolloutError

from .fakes import CLUSTER, NEW, OLD, SERVICE, FakeAws, deployment, service, stopped_task

NETWORK = {"subnets": ["subnet-1"], "securityGroups": ["sg-1"], "assignPublicIp": False}
BOTH = hooks.Plan(rollout_timeout_seconds=60, command=["migrate"], gate_timeout_seconds=60)


def happened(revision: str = NEW, before: str | None = None) -> pulumi.ResourceHookArgs:
    inputs = {"cluster": CLUSTER, "taskDefinition": revision, "networkConfiguration": NETWORK}
    return pulumi.ResourceHookArgs(
        urn="urn:pulumi:dev::shop::aws:ecs/service:Service::web",
        id=SERVICE,
        name="web",
        type="aws:ecs/service:Service",
        new_inputs=inputs,
        old_inputs=None if before is None else {**inputs, "taskDefinition": before},
    )


def bound(plan: hooks.Plan, aws: FakeAws) -> tuple[pulumi.ResourceHookBinding, list[str]]:
    regions: list[str] = []

    def connect(region: str) -> Clients:
        regions.append(region)
        return aws.clients

    found = hooks.binding(plan, connect)
    assert found is not None
    return found, regions


def call(hook: Any, args: pulumi.ResourceHookArgs) -> None:
    asyncio.run(hook(args))


def test_a_create_passes_the_gate_and_follows_the_rollout_in_the_services_region() -> None:
    aws = FakeAws(
        [service(deployment(NEW, "PRIMARY", "COMPLETED"))], tasks=[stopped_task("g", exit_code=0)]
    )
    binding, regions = bound(BOTH, aws)
    assert binding.before_create
    assert binding.after_create
    call(binding.before_create[0], happened())
    assert len(aws.called("run_task")) == 1
    call(binding.after_create[0], happened())
    assert aws.called("describe_services")[0] == {"cluster": CLUSTER, "services": [SERVICE]}
    assert regions == ["eu-west-1", "eu-west-1"]


def test_an_update_passes_the_gate_only_with_a_new_task_definition() -> None:
    aws = FakeAws(tasks=[stopped_task("g", exit_code=0)])
    binding, _ = bound(BOTH, aws)
    assert binding.before_update
    call(binding.before_update[0], happened(NEW, before=NEW))
    assert aws.calls == []
    call(binding.before_update[0], happened(NEW, before=OLD))
    assert len(aws.called("run_task")) == 1


def test_a_failed_rollout_fails_the_update() -> None:
    aws = FakeAws([service(deployment(NEW, "PRIMARY", "FAILED", running=0))])
    binding, _ = bound(BOTH, aws)
    assert binding.after_update
    with pytest.raises(RolloutError, match="did not go live"):
        call(binding.after_update[0], happened(NEW, before=OLD))


def test_only_what_is_asked_for_is_bound() -> None:
    neither = hooks.Plan(rollout_timeout_seconds=None, command=None, gate_timeout_seconds=60)
    assert hooks.binding(neither, lambda _: FakeAws().clients) is None
    binding, _ = bound(hooks.Plan(60, None, 60), FakeAws())
    assert not binding.before_create
    assert not binding.before_update
    binding, _ = bound(hooks.Plan(None, ["migrate"], 60), FakeAws())
    assert not binding.after_create
    assert not binding.after_update


def test_a_hook_works_on_a_thread_of_its_own_and_leaves_the_loop_free() -> None:
    names: list[str] = []

    class Watched(FakeAws):
        def on_describe_services(self, **given: Any) -> Any:
            names.append(threading.current_thread().name)
            return super().on_describe_services(**given)

    binding, _ = bound(BOTH, Watched([service(deployment(NEW, "PRIMARY", "COMPLETED"))]))
    assert binding.after_create
    call(binding.after_create[0], happened())
    assert names[0].startswith("slipway-hook")


def test_a_secret_among_the_inputs_is_read_like_any_other() -> None:
    aws = FakeAws([service(deployment(NEW, "PRIMARY", "COMPLETED"))])
    binding, _ = bound(BOTH, aws)
    assert binding.after_create

    async def go() -> None:
        args = happened()
        args.new_inputs = {**(args.new_inputs or {}), "cluster": pulumi.Output.secret(CLUSTER)}
        assert binding.after_create
        await binding.after_create[0](args)  # type: ignore[misc]  # ours are coroutines

    asyncio.run(go())
    assert aws.called("describe_services")[0]["cluster"] == CLUSTER


def test_missing_credentials_are_explained() -> None:
    def connect(_: str) -> Clients:
        raise NoCredentialsError

    binding = hooks.binding(BOTH, connect)
    assert binding is not None
    assert binding.after_create
    assert binding.before_create
    with pytest.raises(RolloutError, match="could not be followed: Unable to locate credentials"):
        call(binding.after_create[0], happened())
    with pytest.raises(BeforeDeployError, match="aws:profile"):
        call(binding.before_create[0], happened())


def test_the_clients_take_roles_one_after_another(monkeypatch: pytest.MonkeyPatch) -> None:
    import boto3

    sessions: list[dict[str, Any]] = []
    assumed: list[dict[str, Any]] = []

    class Session:
        def __init__(self, **given: Any) -> None:
            sessions.append(given)

        def client(self, _: str) -> Any:
            return self

        def assume_role(self, **given: Any) -> Any:
            assumed.append(given)
            keys = {"AccessKeyId": "a", "SecretAccessKey": "s", "SessionToken": "t"}
            return {"Credentials": keys}

    monkeypatch.setattr(boto3, "Session", Session)
    roles = '[{"roleArn": "arn:aws:iam::1:role/deploy", "externalId": "x"}]'
    clients = Login(profile="work", roles=roles).connect("eu-west-1")
    assert clients.ecs is not None
    assert sessions[0] == {"profile_name": "work", "region_name": "eu-west-1"}
    assert assumed == [
        {
            "RoleArn": "arn:aws:iam::1:role/deploy",
            "RoleSessionName": "slipway",
            "ExternalId": "x",
        }
    ]
    assert sessions[1]["aws_session_token"] == "t"


def test_the_region_is_read_from_the_arn() -> None:
    assert region_of(NEW) == "eu-west-1"
