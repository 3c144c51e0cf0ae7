"""What Observability refuses, before anything is made."""

from typing import Any

import pulumi
import pytest

from components import MultiTriggerFunction, Network, Observability
from components.alarms import Formula
from components.testing import deploy
from components.watched import Watched

from .helpers import LEGACY, Fake, function, guarded, watch


def refused(args: Any = None, fakes: Any = None) -> str:
    with pytest.raises(ValueError, match="Observability 'shop'") as caught:
        watch(args, fakes)
    return str(caught.value)


def with_component(make: Any) -> str:
    def program() -> None:
        Observability("shop", {"components": {"it": make()}})

    with pytest.raises(ValueError, match="Observability 'shop'") as caught:
        deploy(program)
    return str(caught.value)


def test_a_component_that_it_does_not_know_and_which_ones_it_does() -> None:
    text = with_component(lambda: Network("net", {}))
    assert "components.it='Network' is not valid" in text
    assert "MultiTriggerFunction" in text
    assert "OrderWorkflow" in text
    assert "FargateWebService" in text
    assert "ContainerImage" not in text.partition("Allowed: ")[2]
    assert "leave it out" in text


def test_a_class_is_no_component() -> None:
    # It has watched() as well, and would fail with a word of Python's.
    text = with_component(lambda: MultiTriggerFunction)
    assert "MultiTriggerFunction'> is not valid" in text


def test_a_plain_resource_and_where_to_describe_it() -> None:
    def queue() -> Any:
        import pulumi_aws as aws

        return aws.sqs.Queue("jobs")

    assert "Describe it under queues={'it': …}." in with_component(queue)


def test_a_kind_that_nobody_can_draw() -> None:
    odd = lambda _: [Watched(kind="toaster")]  # noqa: E731 - as short as a fake can be
    assert "'toaster' is not valid" in refused(fakes={"it": odd})


def test_nothing_to_watch() -> None:
    assert "there is nothing to watch" in refused({})


@pytest.mark.parametrize("name", ["a/b", "overview", "1st", "a--b"])
def test_a_name_that_no_alarm_could_have(name: str) -> None:
    assert "letters, digits and single hyphens" in refused(fakes={name: guarded})


def test_one_name_twice() -> None:
    text = refused({"functions": LEGACY, "tables": {"legacy": {"name": "t"}}})
    assert "tables='legacy' is not valid" in text
    assert "functions has it as well" in text
    assert "components has it as well" in refused({"functions": LEGACY}, {"legacy": guarded})


def test_two_alarms_of_one_name() -> None:
    functions = {"a-b": LEGACY["legacy"]}
    inner = lambda _: [function("b")]  # noqa: E731 - as short as a fake can be
    text = refused({"functions": functions}, {"a": inner})
    assert "the alarm of 'a/b/errors' has this one as well" in text


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        ({"legacy/duratoin": {"threshold": 1}}, "Did you mean 'legacy/duration'?"),
        ({"legacy/duration": {"period_seconds": 45}}, "10, 20, 30 or a multiple of 60"),
        ({"legacy/duration": {"treshold": 1}}, "treshold"),
        ({"legacy/duration": {"periods": 2000}}, "periods=2000"),
    ],
)
def test_an_override_of_nothing_or_one_that_cloudwatch_refuses(overrides: Any, said: str) -> None:
    assert said in refused({"functions": LEGACY, "overrides": overrides})


def test_an_override_of_what_the_component_made_and_where_it_belongs() -> None:
    text = refused({"overrides": {"events/errors": {"threshold": 1}}}, {"events": guarded})
    assert "made by the component itself" in text
    assert "give 'events' alarm_overrides={'errors': {'threshold': 1}}" in text


@pytest.mark.parametrize("kind", ["service", "cluster"])
def test_more_container_insights_than_there_is(kind: str) -> None:
    def has(level: str | None) -> Any:
        return lambda _: [Watched(kind=kind, insights=level, dimensions={"ClusterName": "c"})]

    text = refused({"container_insights": "enhanced"}, {"web": has("on")})
    assert "container_insights='enhanced' is not valid" in text
    assert "at most 'on', as 'web' has it" in text
    assert "at most 'off'" in refused({"container_insights": "on"}, {"web": has("off")})
    watch({"container_insights": "on"}, {"web": has("enhanced")})
    watch({"container_insights": "on"}, {"web": has("on")})
    watch({"container_insights": "on"}, {"web": has(None)})
    assert "'off', 'on', 'enhanced'" in refused({"container_insights": "yes"}, {"web": has("on")})


@pytest.mark.parametrize("email", ["ops", "ops@", "@example.com", "a b@example.com", "a@b", 7])
def test_an_email_that_is_none(email: Any) -> None:
    text = refused({"functions": LEGACY, "emails": ["ok@example.com", email]})
    assert f"emails[1]={email!r} is not valid" in text


@pytest.mark.parametrize("url", ["http://a.example.com/k", "https://", "https://u:p@a.b", "a.b"])
def test_an_address_that_is_not_https_and_no_word_of_its_key(url: str) -> None:
    text = refused({"functions": LEGACY, "https": [url + "?key=4711"]})
    assert "https[0]=" in text
    assert "4711" not in text


def test_an_address_that_is_known_later_is_checked_then() -> None:
    with pytest.raises(ValueError, match=r"https\[0\]='http://…'"):
        watch(lambda: {"functions": LEGACY, "https": [pulumi.Output.secret("http://a.b")]})


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({"chat": {"slack_workspace_id": "shop", "slack_channel_id": "C1234"}}, "slack_workspace"),
        ({"chat": {"slack_workspace_id": "T1234", "slack_channel_id": "#ops"}}, "slack_channel_id"),
        ({"deployments": [{"label": "1", "at": "yesterday"}]}, "deployments[0].at='yesterday'"),
        ({"deployments": [{"label": "1", "at": "2026-11-21T10:00:00"}]}, "with its zone"),
        ({"sampling_percent": 5}, "neither a REST API nor a state machine is traced"),
        ({"sampling_percent": 101}, "0 to 100"),
        ({"fnctions": {}}, "Did you mean 'functions'?"),
        ({"functions": {"f": {"name": "f", "timeout_seconds": 901}}}, "functions.f.timeout_second"),
        ({"functions": {"f": {"name": "f"}}}, "functions.f.timeout_seconds"),
        ({"apis": {"a": {"kind": "soap"}}}, "'rest', 'http'"),
        ({"apis": {"a": {"kind": "rest", "name": "a"}}}, "apis.a.stage"),
        ({"apis": {"a": {"kind": "http"}}}, "apis.a.id"),
        ({"apis": {"a": {"kind": "http", "id": "a", "traced": True}}}, "HTTP APIs send no traces"),
        ({"queues": {"q": {"name": "q", "retention_seconds": 1}}}, "queues.q.retention_seconds"),
        (
            {"services": {"s": {"cluster": "c", "service": "s", "tasks": 1, "target_group": "t"}}},
            "services.s.load_balancer",
        ),
        (
            {"services": {"s": {"cluster": "c", "service": "s", "tasks": 1, "cpu_target": 120}}},
            "services.s.cpu_target=120 is not valid. Allowed: a number above 0, 100 at most",
        ),
        ({"clusters": {"c": {"name": "c", "container_insights": "max"}}}, "container_insights"),
    ],
)
def test_what_is_wrong_is_named_with_what_is_allowed(args: Any, said: str) -> None:
    assert said in refused({"functions": LEGACY, **args})


def _many(count: int) -> list[Formula]:
    return [
        Formula(
            role=f"r{number}",
            description="",
            metric="M",
            namespace="N",
            statistic="Sum",
            threshold=0,
            periods=1,
            to_alarm=1,
            missing="missing",
        )
        for number in range(count)
    ]


def test_more_alarms_than_a_composite_alarm_takes() -> None:
    watch(fakes={"big": lambda _: [function(formulas=_many(100))]})
    text = refused(fakes={"big": lambda _: [function(formulas=_many(101))]})
    assert "'101 alarms' is not valid" in text
    assert "100 at most" in text


def test_a_rule_that_is_too_long_is_found_at_preview() -> None:
    def program() -> None:
        things = [function("x" * 90, formulas=_many(90))]
        Observability("shop", {"components": {"big": Fake("big", lambda _: things)}})

    with pytest.raises(ValueError, match="10240 at most"):
        deploy(program, known=False)
