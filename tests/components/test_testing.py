"""The deployment in memory, of which importers' tests depend on every promise."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_eks as eks
import pulumi_kubernetes as k8s
import pytest
from pulumi.runtime.settings import SETTINGS
from pulumi_aws import acm, ecs, get_caller_identity_output, lb, sqs

from components.testing import ACCOUNT, UNKNOWN, Deployment, deploy


class Pair(pulumi.ComponentResource):
    arn: pulumi.Output[str]

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("test:index:Pair", name, None, opts)
        self._first = sqs.Queue(f"{name}-first", opts=pulumi.ResourceOptions(parent=self))
        self.arn = self._first.arn
        self.register_outputs({"arn": self.arn})


def test_what_was_registered_is_plain_data() -> None:
    deployment = deploy(
        lambda: ecs.Service("web", desired_count=2, tags={"team": "a"}) and None,
    )
    service = deployment.one("aws:ecs/service:Service")
    assert service.name == "web"
    assert service.inputs == {"desiredCount": 2, "tags": {"team": "a"}}
    assert isinstance(service.inputs["desiredCount"], int)
    assert service.custom


def test_ids_and_arns_are_readable_and_the_same_every_time() -> None:
    def program() -> list[Any]:
        balancer = lb.LoadBalancer("front", name="shop")
        return [balancer.id, balancer.arn, balancer.dns_name, sqs.Queue("orders").arn]

    expected = [
        "front-id",
        "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/shop/0123456789abcdef",
        "shop.us-east-1.elb.amazonaws.com",
        "arn:aws:sqs:us-east-1:123456789012:orders",
    ]
    assert deploy(program).result == expected
    assert deploy(program).result == expected


def test_outputs_that_aws_always_has_are_never_none() -> None:
    queue = deploy(lambda: sqs.Queue("orders")).result
    assert queue["url"] == "orders-url"
    assert queue["name"] == "orders"
    assert queue["message_retention_seconds"] is None  # an input that nobody set


def test_a_certificate_tells_how_to_prove_the_domain() -> None:
    def program() -> Any:
        options = acm.Certificate("c", domain_name="a.example.com").domain_validation_options
        return options[0].resource_record_name

    assert deploy(program).result == "_proof.a.example.com."


def cluster_and_objects() -> dict[str, Any]:
    cluster = eks.Cluster("shop")
    opts = pulumi.ResourceOptions(
        provider=k8s.Provider("shop", kubeconfig=cluster.kubeconfig_json),
    )
    service = k8s.core.v1.Service(
        "shop", metadata={"name": "front"}, spec={"type": "LoadBalancer"}, opts=opts
    )
    chosen = k8s.core.v1.Secret("shop", metadata={"namespace": "shop"}, opts=opts)
    return {
        "kubeconfig": cluster.kubeconfig,
        "group": cluster.cluster_security_group_id,
        "host": service.status.load_balancer.ingress[0].hostname,
        "names": [service.metadata.name, chosen.metadata.name],
        "namespace": chosen.metadata.namespace,
    }


def test_a_component_of_another_language_has_outputs_and_kubernetes_chooses_names() -> None:
    deployment = deploy(cluster_and_objects)
    cluster = deployment.one("eks:index:Cluster")
    assert (cluster.custom, cluster.id) == (False, None)
    assert deployment.result["kubeconfig"]["current-context"] == "shop"
    assert deployment.result["group"] == "shop-clusterSecurityGroupId"
    assert deployment.result["host"] == "front.elb.us-east-1.amazonaws.com"
    assert deployment.result["names"] == ["front", "shop-0a1b2c3d"]
    assert deployment.result["namespace"] == "shop"
    assert "arn" not in deployment.one("kubernetes:core/v1:Service").outputs


def test_on_a_first_preview_none_of_that_is_known() -> None:
    result = deploy(cluster_and_objects, known=False).result
    assert result["kubeconfig"] is result["group"] is result["host"] is UNKNOWN


def test_exports_and_the_result_are_resolved_in_whatever_they_lie() -> None:
    def program() -> Any:
        queue = sqs.Queue("orders")
        pulumi.export("queue", {"arns": [queue.arn]})
        return {"component": Pair("p"), "list": [queue.id, (1.0, "plain")]}

    deployment = deploy(program)
    assert deployment.outputs == {"queue": {"arns": ["arn:aws:sqs:us-east-1:123456789012:orders"]}}
    assert deployment.result["list"] == ["orders-id", [1.0, "plain"]]
    assert deployment.result["component"]["arn"] == "arn:aws:sqs:us-east-1:123456789012:p-first"


def test_a_component_shows_its_registered_outputs_and_its_children() -> None:
    deployment = deploy(lambda: Pair("p"))
    pair = deployment.one("test:index:Pair")
    assert pair.id is None
    assert not pair.custom
    assert pair.outputs == {"arn": "arn:aws:sqs:us-east-1:123456789012:p-first"}
    assert [child.name for child in deployment.children(pair)] == ["p-first"]


def test_options_of_a_registration_are_recorded() -> None:
    def before(args: pulumi.ResourceHookArgs) -> None:
        raise AssertionError("hooks are not called")

    def program() -> None:
        first = sqs.Queue("first")
        sqs.Queue(
            "second",
            opts=pulumi.ResourceOptions(
                depends_on=[first],
                ignore_changes=["tags"],
                protect=True,
                retain_on_delete=True,
                delete_before_replace=True,
                replace_on_changes=["name"],
                additional_secret_outputs=["url"],
                custom_timeouts=pulumi.CustomTimeouts(create="20m"),
                aliases=[pulumi.Alias(name="former")],
                hooks=pulumi.ResourceHookBinding(
                    before_create=[pulumi.ResourceHook("gate", before)]
                ),
            ),
        )

    deployment = deploy(program)
    first, second = (deployment.one("aws:sqs/queue:Queue", n) for n in ("first", "second"))
    assert second.depends_on == (first.urn,)
    assert second.ignore_changes == ("tags",)
    assert second.replace_on_changes == ("name",)
    assert second.additional_secret_outputs == ("url",)
    assert second.aliases == ("former",)
    assert (second.protect, second.retain_on_delete, second.delete_before_replace) == (True,) * 3
    assert second.timeouts == {"create": "20m0s"} or second.timeouts == {"create": "20m"}
    assert second.hooks == {"before_create": ("gate",)}
    assert (first.protect, first.delete_before_replace, first.hooks) == (False, None, {})


def test_what_a_resource_needs_is_listed_before_it_and_the_rest_by_name() -> None:
    def program() -> None:
        last = sqs.Queue("last")
        sqs.Queue("a", name=last.arn)
        for name in ("zebra", "bee"):
            sqs.Queue(name)
        Pair("pair")

    names = [resource.name for resource in deploy(program).resources]
    assert names == ["bee", "last", "zebra", "pair", "a", "pair-first"]


def test_a_first_preview_knows_inputs_and_nothing_that_aws_would_choose() -> None:
    ran: list[Any] = []

    def program() -> Any:
        queue = sqs.Queue("orders", name="orders")
        queue.arn.apply(ran.append)
        queue.name.apply(ran.append)
        ecs.Cluster("c", name=queue.arn)
        return [pulumi.runtime.is_dry_run(), queue.id, queue.arn, queue.name]

    deployment = deploy(program, known=False)
    assert deployment.result == [True, UNKNOWN, UNKNOWN, "orders"]
    assert ran == ["orders"]
    assert deployment.one("aws:sqs/queue:Queue").id is UNKNOWN
    assert deployment.one("aws:ecs/cluster:Cluster").inputs["name"] is UNKNOWN


def test_a_deployment_is_no_preview() -> None:
    assert deploy(pulumi.runtime.is_dry_run).result is False


def test_what_exists_already_is_known_on_a_preview_as_well() -> None:
    def program() -> Any:
        zone = sqs.Queue.get("given", "https://queue")
        return [zone.id, zone.arn]

    assert deploy(program, known=False).result == [
        "https://queue",
        "arn:aws:sqs:us-east-1:123456789012:given",
    ]


def test_unknown_is_neither_true_nor_false() -> None:
    with pytest.raises(TypeError, match=r"compare with 'is UNKNOWN'"):
        bool(UNKNOWN)


def test_secrets_are_readable_and_stay_marked() -> None:
    def program() -> None:
        secret = pulumi.Output.secret("hunter2")
        ecs.Cluster("c", name=secret, tags={"plain": "text"})
        pulumi.export("password", secret)
        pulumi.export("plain", "text")

    deployment = deploy(program)
    cluster = deployment.one("aws:ecs/cluster:Cluster")
    assert cluster.inputs["name"] == "hunter2"
    assert cluster.secrets == {"name"}
    assert deployment.outputs == {"password": "hunter2", "plain": "text"}
    assert deployment.secret_outputs == {"password"}


def test_the_configuration_is_the_programs_and_nobody_elses() -> None:
    def program() -> Any:
        return [pulumi.Config().get("size"), pulumi.Config("aws").get("region")]

    config = {"size": "3", "aws:region": "eu-west-1"}
    assert deploy(program, config=config).result == ["3", "eu-west-1"]
    assert deploy(program).result == [None, None]


def test_project_and_stack_have_the_given_names() -> None:
    result = deploy(
        lambda: [pulumi.get_project(), pulumi.get_stack()], project="shop", stack="prod"
    ).result
    assert result == ["shop", "prod"]


def test_a_call_that_nobody_answers_is_an_error_that_says_how_to_answer_it() -> None:
    from pulumi_aws import get_ip_ranges_output

    with pytest.raises(LookupError, match=r"getIpRanges.*has no answer.*deploy\(program, invokes="):
        deploy(lambda: get_ip_ranges_output(services=["ec2"]).cidr_blocks)


def test_the_callers_answers_come_before_the_standard_ones() -> None:
    def account() -> Any:
        return get_caller_identity_output().account_id

    token = "aws:index/getCallerIdentity:getCallerIdentity"
    answer = {"accountId": "999999999999", "arn": "", "id": "", "userId": ""}
    assert deploy(account).result == ACCOUNT
    assert deploy(account, invokes={token: lambda args: answer}).result == "999999999999"


class MistakeError(Exception):
    pass


def raises_in_the_program() -> None:
    sqs.Queue("orders")
    raise MistakeError("here")


def raises_in_apply() -> None:
    def fail(_: str) -> str:
        raise MistakeError("there")

    sqs.Queue("second", name=sqs.Queue("first").arn.apply(fail))


@pytest.mark.parametrize("program", [raises_in_the_program, raises_in_apply])
def test_an_error_of_the_program_reaches_the_caller_as_it_is(program: Callable[[], None]) -> None:
    with pytest.raises(MistakeError):
        deploy(program)
    assert len(deploy(lambda: sqs.Queue("orders")).resources) == 1  # nothing is left of it


def test_two_resources_of_one_name_are_refused_as_the_engine_would() -> None:
    def program() -> None:
        sqs.Queue("orders")
        sqs.Queue("orders")

    with pytest.raises(ValueError, match=r"two resources are aws:sqs/queue:Queue named 'orders'"):
        deploy(program)


def settings() -> list[Any]:
    names = ("project", "stack", "monitor", "engine", "dry_run", "organization")
    return [getattr(SETTINGS, name) for name in names]


@pytest.mark.parametrize("program", [lambda: None, raises_in_the_program])
def test_the_settings_of_the_sdk_are_as_before_here_and_in_new_threads(
    program: Callable[[], None],
) -> None:
    elsewhere: list[Any] = []

    def look() -> None:
        thread = threading.Thread(target=lambda: elsewhere.append(settings()))
        thread.start()
        thread.join()

    before = settings()
    look()
    with contextlib.suppress(MistakeError):
        deploy(program, known=False, project="other", stack="other")
    look()
    assert settings() == before
    assert elsewhere[0] == elsewhere[1]
    assert pulumi.runtime.settings.get_root_resource() is None


def test_a_test_that_runs_in_a_loop_of_its_own_may_deploy() -> None:
    async def main() -> Deployment:
        return deploy(lambda: sqs.Queue("orders"))

    assert len(asyncio.run(main()).resources) == 1


def test_an_asynchronous_program_is_awaited() -> None:
    async def program() -> Any:
        await asyncio.sleep(0)
        return sqs.Queue("orders").id

    assert deploy(program).result == "orders-id"


def test_an_output_that_never_resolves_is_given_up_with_what_there_is() -> None:
    def program() -> None:
        sqs.Queue("orders")
        pulumi.export("never", pulumi.Output.from_input(asyncio.get_running_loop().create_future()))

    with pytest.raises(TimeoutError, match=r"within 0\.3 s.*Queue 'orders'.*never gets a value"):
        deploy(program, timeout=0.3)


def test_a_program_that_blocks_is_given_up_with_the_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.testing.runner._GRACE", 0.2)
    with pytest.raises(TimeoutError, match=r"(?s)Registered so far: nothing.*time\.sleep"):
        deploy(lambda: time.sleep(1.5), timeout=0.2)
    time.sleep(1.5)  # the thread ends before the next test looks


def test_one_says_what_there_is_when_it_is_not_what_was_wanted() -> None:
    def program() -> None:
        sqs.Queue("first")
        sqs.Queue("second")

    deployment = deploy(program)
    queue = "aws:sqs/queue:Queue"
    assert deployment.one(queue, "second").name == "second"
    with pytest.raises(AssertionError, match=r"one .*Queue, found 2; .* 'first', 'second'"):
        deployment.one(queue)
    with pytest.raises(AssertionError, match=r"named 'third', found 0; .* 'first', 'second'"):
        deployment.one(queue, "third")
    with pytest.raises(
        AssertionError, match=r"expected one x, found 0; the types are aws:sqs/queue"
    ):
        deployment.one("x")


def test_warnings_of_the_program_are_kept() -> None:
    assert deploy(lambda: pulumi.warn("mind the gap")).warnings == ("mind the gap",)


def test_the_fixture_deploys(slipway: Callable[..., Deployment]) -> None:
    assert slipway(lambda: sqs.Queue("orders"), known=False).result["id"] is UNKNOWN
