"""EventBridge rules: what they match, whom they call, where events go that cannot be delivered."""

import json
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.function.triggers import events
from components.testing import ACCOUNT, UNKNOWN, Deployment, deploy

from .deployed import TAGS, Function, made

RULE = "aws:cloudwatch/eventRule:EventRule"
TARGET = "aws:cloudwatch/eventTarget:EventTarget"
ORDERS = {"source": ["shop"], "detail-type": ["OrderPlaced"]}


def rule(pattern: Any = ORDERS, **more: Any) -> Mapping[str, Any]:
    return {"orders": {"pattern": pattern, **more}}


def refusal(given: Mapping[str, Any]) -> str:
    with pytest.raises(ValueError, match="MultiTriggerFunction 'shop': ") as caught:
        made(events, given)
    return str(caught.value).removeprefix("MultiTriggerFunction 'shop': ")


def sent(deployment: Deployment) -> Any:
    return json.loads(deployment.one(RULE).inputs["eventPattern"])


def test_a_rule_calls_the_alias_and_nothing_else_may_call_in_its_name() -> None:
    deployment = made(events, rule())
    found = deployment.one(RULE, "shop-event-orders")
    assert found.inputs["state"] == "ENABLED"
    assert found.inputs["tags"] == TAGS
    assert "eventBusName" not in found.inputs
    target = deployment.one(TARGET, "shop-event-orders").inputs
    assert target["arn"] == deployment.one("aws:lambda/alias:Alias").outputs["arn"]
    assert target["rule"] == found.outputs["name"]
    permission = deployment.one("aws:lambda/permission:Permission")
    assert permission.name == "shop-event-orders"
    assert permission.inputs == {
        "action": "lambda:InvokeFunction",
        "function": deployment.one("aws:lambda/function:Function").outputs["name"],
        "qualifier": deployment.one("aws:lambda/alias:Alias").outputs["name"],
        "principal": "events.amazonaws.com",
        "sourceArn": found.outputs["arn"],
        "sourceAccount": ACCOUNT,
    }
    assert permission.urn in deployment.one(TARGET).depends_on


def test_what_cannot_be_delivered_goes_to_the_failure_queue_and_the_rule_may_send() -> None:
    senders: list[Any] = []

    def program() -> None:
        function = Function("shop", events, rule(retries=3, max_age_seconds=3600.0))
        senders.extend(function.target.senders)

    deployment = deploy(program)
    target = deployment.one(TARGET).inputs
    queue = deployment.one("aws:sqs/queue:Queue", "shop-failures").outputs["arn"]
    assert target["deadLetterConfig"] == {"arn": queue}
    assert target["retryPolicy"] == {
        "maximumRetryAttempts": 3,
        "maximumEventAgeInSeconds": 3600,
    }
    assert [sender.principal for sender in senders] == ["events.amazonaws.com"]


def test_without_a_word_eventbridge_tries_for_a_day() -> None:
    assert made(events, rule()).one(TARGET).inputs["retryPolicy"] == {
        "maximumRetryAttempts": 185,
        "maximumEventAgeInSeconds": 86_400,
    }


def test_no_retries_are_no_retries() -> None:
    assert made(events, rule(retries=0)).one(TARGET).inputs["retryPolicy"] == {
        "maximumRetryAttempts": 0,
        "maximumEventAgeInSeconds": 86_400,
    }


def test_a_bus_of_ones_own_holds_rule_and_target() -> None:
    deployment = made(events, rule(bus_name="shop-bus", enabled=False))
    assert deployment.one(RULE).inputs["eventBusName"] == "shop-bus"
    assert deployment.one(TARGET).inputs["eventBusName"] == "shop-bus"
    assert deployment.one(RULE).inputs["state"] == "DISABLED"


def test_on_a_first_preview_the_pattern_is_known_and_arns_are_not() -> None:
    deployment = made(events, rule(), known=False)
    assert sent(deployment) == ORDERS
    assert deployment.one(TARGET).inputs["arn"] is UNKNOWN
    assert deployment.one("aws:lambda/permission:Permission").inputs["sourceArn"] is UNKNOWN


@pytest.mark.parametrize("known", [True, False])
def test_a_pattern_may_hold_what_only_a_deployment_knows(known: bool) -> None:
    def program() -> None:
        queue = aws.sqs.Queue("orders")
        pattern = {"source": ["shop"], "detail": {"queue": [queue.arn]}}
        Function("shop", events, rule(pattern))

    deployment = deploy(program, known=known)
    text = deployment.one(RULE).inputs["eventPattern"]
    if known:
        assert json.loads(text)["detail"]["queue"] == [
            deployment.one("aws:sqs/queue:Queue", "orders").outputs["arn"]
        ]
    else:
        assert text is UNKNOWN


def test_every_operator_reaches_eventbridge_as_it_was_written() -> None:
    pattern = {
        "source": [{"prefix": "shop."}, {"anything-but": ["shop.test", "shop.dev"]}],
        "detail": {
            "name": [{"suffix": {"equals-ignore-case": ".PNG"}}, {"wildcard": "in/*/x"}],
            "ip": [{"cidr": "10.0.0.0/24"}],
            "price": [{"numeric": [">", 0, "<=", 5.5]}, {"anything-but": 3}, 300],
            "gone": [{"exists": False}, None, True],
            "who": [{"equals-ignore-case": "ada"}, {"anything-but": {"prefix": ["x", "y"]}}],
            "$or": [{"a": ["1"]}, {"b": {"c": ["2"]}}],
        },
    }
    assert sent(made(events, rule(pattern))) == pattern


def test_whole_numbers_stay_whole_when_another_language_sends_floats() -> None:
    pattern = {"detail": {"n": [300.0, {"numeric": [">", 1.0]}, {"anything-but": [2.0]}]}}
    text = made(events, rule(pattern)).one(RULE).inputs["eventPattern"]
    assert text == '{"detail": {"n": [300, {"numeric": [">", 1]}, {"anything-but": [2]}]}}'


def test_the_function_can_get_a_part_or_another_shape_of_the_event() -> None:
    part = made(events, rule(input_path="$.detail.items[0]")).one(TARGET).inputs
    assert part["inputPath"] == "$.detail.items[0]"
    template = '{"id": <order>, "rule": <aws.events.rule-arn>}'
    shape = {"paths": {"order": "$.detail.id"}, "template": template}
    whole = made(events, rule(transformer=shape)).one(TARGET).inputs
    assert whole["inputTransformer"] == {
        "inputPaths": {"order": "$.detail.id"},
        "inputTemplate": template,
    }


OPERATORS = (
    "'prefix', 'suffix', 'equals-ignore-case', 'wildcard', 'cidr', 'numeric', 'exists', "
    "'anything-but'"
)
FIELDS = (
    "'version', 'id', 'detail-type', 'source', 'account', 'time', 'region', 'resources', "
    "'detail', 'replay-name'"
)
P = "triggers.events.orders.pattern"


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ({}, f"{P}={{}} is not valid. Allowed: a mapping with at least one field."),
        ("source", f"{P}='source' is not valid. Allowed: a mapping with at least one field."),
        (
            {"detailType": ["x"]},
            f"{P}='detailType' is not valid. Allowed: the fields {FIELDS}. "
            "Did you mean 'detail-type'?",
        ),
        (
            {"orderId": ["x"]},
            f"{P}='orderId' is not valid. Allowed: the fields {FIELDS}. "
            "What a sender wrote is in 'detail'.",
        ),
        (
            {"$or": [{"source": ["x"]}, {"sorce": ["y"]}]},
            f"{P}.$or[1]='sorce' is not valid. Allowed: the fields {FIELDS}. "
            "Did you mean 'source'?",
        ),
        (
            {"source": "shop"},
            f"{P}.source='shop' is not valid. Allowed: a list with at least one value. "
            "Did you mean ['shop']?",
        ),
        ({"source": []}, f"{P}.source=[] is not valid. Allowed: a list with at least one value."),
        (
            {"source": {"prefix": "shop"}},
            f"{P}.source.prefix='shop' is not valid. Allowed: a list with at least one value. "
            "Put the operator in a list.",
        ),
        (
            {"source": {"anything-but": ["shop"]}},
            f"{P}.source={{'anything-but': ['shop']}} is not valid. Allowed: a list of values. "
            "Put the operator in a list.",
        ),
        (
            {"source": {"name": ["x"]}},
            f"{P}.source={{'name': ['x']}} is not valid. Allowed: a list of values.",
        ),
        ({"detail": ["x"]}, f"{P}.detail=['x'] is not valid. Allowed: a mapping of fields."),
        (
            {"detail": {"a": {}}},
            f"{P}.detail.a={{}} is not valid. Allowed: a mapping with at least one field.",
        ),
        (
            {"detail": {1: ["x"]}},
            f"{P}.detail.1=1 is not valid. Allowed: names of fields, as text.",
        ),
        (
            {"detail": {"a": [["x"]]}},
            f"{P}.detail.a[0]=['x'] is not valid. Allowed: text, numbers, True, False, None or "
            "operators. An operator is a mapping of one key.",
        ),
        (
            {"detail": {"a": [{"prefix": "x", "suffix": "y"}]}},
            "An operator is a mapping of one key.",
        ),
        (
            {"detail": {"a": [{"prefx": "x"}]}},
            f"{P}.detail.a[0]='prefx' is not valid. Allowed: the operators {OPERATORS}. "
            "Did you mean 'prefix'?",
        ),
        (
            {"detail": {"a": [{"prefix": 5}]}},
            f"{P}.detail.a[0].prefix=5 is not valid. Allowed: text that is not empty.",
        ),
        (
            {"detail": {"a": [{"prefix": {"suffix": "x"}}]}},
            f"{P}.detail.a[0].prefix={{'suffix': 'x'}} is not valid. Allowed: text or "
            "{'equals-ignore-case': text}.",
        ),
        (
            {"detail": {"a": [{"wildcard": "a**"}]}},
            f"{P}.detail.a[0].wildcard='a**' is not valid. Allowed: single asterisks. "
            "One * matches anything.",
        ),
        (
            {"detail": {"a": [{"cidr": "10.0.0.300/24"}]}},
            f"{P}.detail.a[0].cidr='10.0.0.300/24' is not valid. Allowed: IPv4 and IPv6 ranges. "
            "Write a range such as '10.0.0.0/24'.",
        ),
        (
            {"detail": {"a": [{"exists": "yes"}]}},
            f"{P}.detail.a[0].exists='yes' is not valid. Allowed: True, False.",
        ),
        (
            {"detail": {"a": [{"numeric": [">"]}]}},
            "Allowed: a comparison and a number, as in ['>', 0], or a range, as in "
            "['>', 0, '<=', 5].",
        ),
        (
            {"detail": {"a": [{"numeric": ["=>", 1]}]}},
            "The comparisons are '<', '<=', '=', '>=', '>'.",
        ),
        (
            {"detail": {"a": [{"numeric": ["<", 5, ">", 1]}]}},
            "A range begins with the lower end, and the ends differ.",
        ),
        (
            {"detail": {"a": [{"numeric": [">", 5, "<", 5]}]}},
            "A range begins with the lower end, and the ends differ.",
        ),
        (
            {"detail": {"a": [{"numeric": [">", "5"]}]}},
            f"{P}.detail.a[0].numeric='5' is not valid. Allowed: numbers.",
        ),
        (
            {"detail": {"a": [{"anything-but": {"prefix": 5}}]}},
            f"{P}.detail.a[0].anything-but=5 is not valid. Allowed: text that is not empty.",
        ),
        ({"detail": {"a": [float("nan")]}}, f"{P}.detail.a[0]=nan is not valid. Allowed: numbers."),
        (
            {"detail": {"a": [{"anything-but": ["x", 1]}]}},
            f"{P}.detail.a[0].anything-but=['x', 1] is not valid. Allowed: text or numbers, not "
            "both, or one operator.",
        ),
        (
            {"detail": {"a": [{"anything-but": {"numeric": [">", 1]}}]}},
            "Allowed: one of the operators 'prefix', 'suffix', 'equals-ignore-case', 'wildcard'.",
        ),
        (
            {"detail": {"$or": [{"a": ["x"]}]}},
            f"{P}.detail.$or=[{{'a': ['x']}}] is not valid. Allowed: a list of two or more "
            "mappings.",
        ),
        (
            {"detail": {"a": ["x" * 5000]}},
            f"{P}='5023 characters' is not valid. Allowed: at most 4096 as JSON. "
            "Match less here and the rest in the handler.",
        ),
    ],
)
def test_a_pattern_that_eventbridge_refuses_or_that_never_matches_is_refused(
    pattern: Any, words: str
) -> None:
    text = refusal(rule(pattern))
    assert words in text
    assert text.startswith(P)


def test_a_pattern_beyond_the_usual_quota_is_warned_of() -> None:
    deployment = made(events, rule({"detail": {"a": ["x" * 3000]}}))
    assert deployment.warnings == (
        "MultiTriggerFunction 'shop': triggers.events.orders.pattern has 3023 characters; an "
        "account takes 2048 unless its quota for EventBridge was raised.",
    )


E = "triggers.events.orders"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (rule(retries=186), f"{E}.retries=186 is not valid. Allowed: whole numbers from 0 to 185"),
        (rule(retries=-1), f"{E}.retries=-1 is not valid."),
        (
            rule(max_age_seconds=59),
            f"{E}.max_age_seconds=59 is not valid. Allowed: whole numbers from 60 to 86400.",
        ),
        (rule(max_age_seconds=86_401), f"{E}.max_age_seconds=86401 is not valid."),
        (rule(patern={}), f"unknown argument '{E}.patern'. Did you mean '{E}.pattern'?"),
        ({"orders": {}}, f"missing required argument '{E}.pattern'."),
        (
            {"my orders": {"pattern": ORDERS}},
            "triggers.events='my orders' is not valid. Allowed: names of letters, digits and "
            "single hyphens between them. They become part of the names of resources.",
        ),
        (
            {"o" * 46: {"pattern": ORDERS}},
            f"triggers.events='{'o' * 46}' is not valid. Allowed: names with which "
            f"'shop-event-{'o' * 46}' has at most 56 characters. It has 57: shorten this name or "
            "the component's.",
        ),
        (
            rule(input_path="detail"),
            f"{E}.input_path='detail' is not valid. Allowed: a path such as '$.detail.id', at "
            "most 256 long. Brackets hold a number only; EventBridge has no other JSONPath.",
        ),
        (rule(input_path="$.a[*]"), f"{E}.input_path='$.a[*]' is not valid."),
        (
            rule(input_path="$.a", transformer={"template": "x"}),
            f"{E}.input_path='$.a' is not valid. Allowed: without transformer. A template can "
            "hold everything under a path: drop input_path.",
        ),
        (
            rule(transformer={"paths": {"order": "$.id"}, "template": "<ordr>"}),
            f"{E}.transformer.template='<ordr>' is not valid. Allowed: names in paths: 'order'. "
            "Did you mean <order>?",
        ),
        (
            rule(transformer={"template": "<x>"}),
            f"{E}.transformer.template='<x>' is not valid. Allowed: names in paths: there are "
            "none. Add 'x' to paths.",
        ),
        (
            rule(transformer={"template": ""}),
            f"{E}.transformer.template='0 characters' is not valid. Allowed: 1 to 8192",
        ),
        (
            rule(transformer={"paths": {"AWS-x": "$.a"}, "template": "x"}),
            f"{E}.transformer.paths='AWS-x' is not valid. Allowed: names of letters, digits, _ "
            "and - that do not begin with AWS.",
        ),
        (
            rule(transformer={"paths": {"x": "a"}, "template": "<x>"}),
            f"{E}.transformer.paths.x='a' is not valid.",
        ),
        (
            rule(transformer={"paths": {f"n{n}": "$.a" for n in range(101)}, "template": "x"}),
            f"{E}.transformer.paths='101 paths' is not valid. Allowed: at most 100.",
        ),
    ],
)
def test_what_a_rule_cannot_have_is_refused(given: Mapping[str, Any], words: str) -> None:
    assert refusal(given).startswith(words)


def test_nothing_of_a_pattern_that_is_an_output_is_looked_at() -> None:
    def program() -> None:
        secret = pulumi.Output.from_input("x")
        detail = {"a": [secret, {"prefix": secret}, {"anything-but": [secret]}]}
        Function("shop", events, rule({"detail": detail}))

    assert sent(deploy(program)) == {
        "detail": {"a": ["x", {"prefix": "x"}, {"anything-but": ["x"]}]}
    }
