"""Statements, and the documents that are made of them."""

import json
from typing import Any

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.policy import Statement, allow, check, document, trust
from components.testing import UNKNOWN, deploy

ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/orders"


def rendered(*statements: Statement) -> Any:
    return json.loads(deploy(lambda: document(statements)).result)


def test_a_statement_is_plain_data() -> None:
    assert allow("dynamodb:PutItem", ARN) == {"actions": ["dynamodb:PutItem"], "resources": [ARN]}


def test_a_document_has_the_version_and_nothing_but_the_statement() -> None:
    assert rendered(allow(["s3:PutObject", "s3:GetObject"], [ARN, ARN])) == {
        "Version": "2012-10-17",
        "Statement": [
            {"Action": ["s3:GetObject", "s3:PutObject"], "Effect": "Allow", "Resource": [ARN]}
        ],
    }


def test_conditions_reach_the_document() -> None:
    def program() -> pulumi.Output[str]:
        cluster = pulumi.Output.from_input(ARN)
        return document(
            [allow("ecs:RunTask", ARN, condition={"StringEquals": {"ecs:cluster": cluster}})]
        )

    statement = json.loads(deploy(program).result)["Statement"][0]
    assert statement["Condition"] == {"StringEquals": {"ecs:cluster": [ARN]}}


def test_the_reason_stays_at_home() -> None:
    statement = allow("ecr:GetAuthorizationToken", "*", reason="a login has no resource")
    assert statement["reason"] == "a login has no resource"
    assert rendered(statement)["Statement"][0].keys() == {"Action", "Effect", "Resource"}


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ("*", "action '*' allows everything. List the actions"),
        ("*:*", "action '*:*' allows everything. List the actions"),
        ("s3:*", "action 's3:*' allows everything in s3. List the actions"),
        ("s3:**", "allows everything in s3"),
        ("s3:?*", "allows everything in s3"),
        ("PutItem", "action 'PutItem' is not valid. Allowed: 'service:Action'"),
        ("s3:Put Object", "action 's3:Put Object' is not valid"),
        ("", "action '' allows everything"),
    ],
)
def test_an_action_that_is_too_wide_or_malformed_is_refused(action: str, message: str) -> None:
    with pytest.raises(ValueError, match=r"policy") as raised:
        allow(action, ARN)
    assert message in str(raised.value)


def test_a_prefix_of_actions_is_accepted() -> None:
    assert allow("dynamodb:Get*", ARN)["actions"] == ["dynamodb:Get*"]


def test_the_offending_action_is_named_among_good_ones() -> None:
    with pytest.raises(ValueError, match=r"'s3:\*'"):
        allow(["s3:GetObject", "s3:*"], ARN)


@pytest.mark.parametrize("reason", [None, "", "  "])
def test_every_resource_needs_a_written_reason(reason: str | None) -> None:
    with pytest.raises(ValueError, match=r"xray:PutTraceSegments on resource '\*' has no reason"):
        allow("xray:PutTraceSegments", "*", reason=reason)


def test_a_star_that_hides_in_an_output_is_refused_when_it_shows() -> None:
    with pytest.raises(ValueError, match=r"s3:GetObject on resource '\*' has no reason"):
        deploy(lambda: document([allow("s3:GetObject", pulumi.Output.from_input("*"))]))


def test_a_statement_without_actions_or_resources_is_refused() -> None:
    with pytest.raises(ValueError, match=r"needs actions and resources, got actions="):
        allow([], ARN)
    with pytest.raises(ValueError, match=r"0 resources"):
        allow("s3:GetObject", [])


def test_a_plain_dict_is_held_to_the_same_rules() -> None:
    with pytest.raises(ValueError, match=r"'s3:\*' allows everything in s3"):
        check({"actions": ["s3:*"], "resources": [ARN]})
    with pytest.raises(ValueError, match=r"'s3:\*' allows everything in s3"):
        document([{"actions": ["s3:*"], "resources": [ARN]}])


def test_an_empty_document_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no statements.*leave the role policy out"):
        document([])


def test_an_unknown_arn_makes_the_document_unknown_not_wrong() -> None:
    from pulumi_aws import sqs

    def program() -> pulumi.Output[str]:
        return document([allow("sqs:SendMessage", sqs.Queue("orders").arn)])

    assert deploy(program, known=False).result is UNKNOWN
    assert "orders" in deploy(program).result


ACTIONS = st.lists(st.sampled_from(["s3:GetObject", "s3:PutObject", "sqs:SendMessage"]), min_size=1)
STATEMENTS = st.lists(
    st.builds(allow, ACTIONS, st.lists(st.sampled_from([ARN, f"{ARN}/a", f"{ARN}/b"]), min_size=1)),
    min_size=1,
    max_size=4,
)


@given(STATEMENTS, st.randoms(use_true_random=False))
def test_the_order_in_which_permissions_are_written_does_not_show(
    statements: list[Statement], random: Any
) -> None:
    shuffled = [
        Statement(
            actions=random.sample(statement["actions"], len(statement["actions"])),
            resources=random.sample(statement["resources"], len(statement["resources"])),
        )
        for statement in random.sample(statements, len(statements))
    ]
    both = deploy(lambda: [document(statements), document(shuffled + shuffled[:1])]).result
    assert both[0] == both[1]


def test_a_role_is_trusted_to_one_service() -> None:
    result = deploy(lambda: trust("ecs-tasks.amazonaws.com")).result
    assert json.loads(result) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Action": "sts:AssumeRole",
                "Effect": "Allow",
                "Principal": {"Service": "ecs-tasks.amazonaws.com"},
            }
        ],
    }


def test_trust_can_be_bound_to_an_account_and_a_resource() -> None:
    result = deploy(
        lambda: trust(
            "ecs-tasks.amazonaws.com",
            source_account=pulumi.Output.from_input("123456789012"),
            source_arn="arn:aws:ecs:us-east-1:123456789012:*",
        )
    ).result
    assert json.loads(result)["Statement"][0]["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": "arn:aws:ecs:us-east-1:123456789012:*"},
    }


def test_trust_can_be_bound_to_the_tags_of_a_session() -> None:
    result = deploy(
        lambda: trust("pods.eks.amazonaws.com", source_account="1", request_tags={"team": "shop"})
    ).result
    (statement,) = json.loads(result)["Statement"]
    # Without the second action the service could send no tags, and nothing would ever match.
    assert statement["Action"] == ["sts:AssumeRole", "sts:TagSession"]
    assert statement["Condition"] == {
        "StringEquals": {"aws:RequestTag/team": "shop", "aws:SourceAccount": "1"}
    }


@pytest.mark.parametrize("service", ["ecs-tasks", "*", "arn:aws:iam::1:root", "evil.com"])
def test_only_services_are_trusted(service: str) -> None:
    with pytest.raises(ValueError, match=r"is not a service principal. Allowed: names such as"):
        trust(service)
