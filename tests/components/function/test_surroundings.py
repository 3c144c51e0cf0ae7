"""Variables, VPC and file system of a function."""

from typing import Any

import pulumi
import pytest

from components.network import Network
from components.policy import allow
from components.testing import UNKNOWN, Deployment, deploy

from .helpers import FUNCTION, NETWORK, PARAMETER, SECRET, function, made, refusal

GROUP = "aws:ec2/securityGroup:SecurityGroup"
BOTH = pytest.mark.parametrize("known", [True, False])
OFFLINE = {**NETWORK, "nat": "none"}
ACCESS_POINT = "arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-1"
SEND = allow("sqs:SendMessage", "arn:aws:sqs:us-east-1:123456789012:jobs")


@BOTH
def test_in_a_vpc_it_runs_in_the_private_subnets_behind_a_group_without_a_way_in(
    known: bool,
) -> None:
    deployment = function(known=known, vpc={"network": NETWORK})
    group = deployment.one(GROUP, "events")
    assert group.inputs["vpcId"] == "vpc-1"
    assert "ingress" not in group.inputs
    assert deployment.of("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule") == []
    out = deployment.one("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")
    assert out.inputs["ipProtocol"] == "-1"
    made = deployment.one(FUNCTION)
    id = "events-id" if known else UNKNOWN
    assert made.inputs["vpcConfig"] == {
        "subnetIds": ["subnet-c", "subnet-d"],
        "securityGroupIds": [id],
    }
    assert out.urn in made.depends_on
    assert deployment.result["security_group_id"] == id


def test_security_groups_of_one_s_own_are_taken_as_they_are() -> None:
    deployment = function(vpc={"network": NETWORK, "security_group_ids": ["sg-1", "sg-2"]})
    assert deployment.of(GROUP) == []
    config = deployment.one(FUNCTION).inputs["vpcConfig"]
    assert config["securityGroupIds"] == ["sg-1", "sg-2"]
    assert deployment.result["security_group_id"] is None


@BOTH
def test_a_network_of_the_library_is_a_place_for_it(known: bool) -> None:
    def program() -> None:
        network = Network("shop", {"nat": "single"})
        made(vpc={"network": network.placement})

    config = deploy(program, known=known).one(FUNCTION).inputs["vpcConfig"]
    expected = ["shop-private-1-id", "shop-private-2-id"] if known else [UNKNOWN, UNKNOWN]
    assert config["subnetIds"] == expected


@BOTH
def test_a_file_system_is_mounted_through_its_access_point(known: bool) -> None:
    deployment = function(
        known=known,
        vpc={"network": NETWORK},
        file_system={"access_point_arn": ACCESS_POINT, "mount_path": "/mnt/models"},
    )
    assert deployment.one(FUNCTION).inputs["fileSystemConfig"] == {
        "arn": ACCESS_POINT,
        "localMountPath": "/mnt/models",
    }


def _hints(deployment: Deployment) -> list[str]:
    return [text for text in deployment.warnings if "vpc.network" in text]


@BOTH
def test_without_nat_it_is_said_which_services_need_an_endpoint(known: bool) -> None:
    (text,) = _hints(
        function(
            known=known,
            vpc={"network": OFFLINE},
            permissions=[SEND, allow("cloudwatch:PutMetricData", "*", reason="it has none")],
            secrets={"KEY": SECRET, "OTHER": PARAMETER},
        )
    )
    assert "MultiTriggerFunction 'events': vpc.network has nat='none'" in text
    assert "allowed to use cloudwatch, secretsmanager, sqs, ssm" in text
    assert "com.amazonaws.<region>.monitoring" in text
    assert "com.amazonaws.<region>.sqs" in text
    assert "nat='single'" in text


def test_a_secret_whose_arn_is_not_known_yet_needs_one_of_two_endpoints() -> None:
    def program() -> None:
        arn = pulumi.Output.from_input(SECRET)
        made(vpc={"network": OFFLINE}, secrets={"KEY": arn})

    (text,) = _hints(deploy(program))
    assert "com.amazonaws.<region>.ssm or secretsmanager" in text


@pytest.mark.parametrize(
    "args",
    [
        {"vpc": {"network": OFFLINE}},
        {"vpc": {"network": OFFLINE}, "permissions": [allow("s3:GetObject", "arn:aws:s3:::a/*")]},
        {"vpc": {"network": OFFLINE}, "idempotency": True, "tracing": True},
        {"vpc": {"network": NETWORK}, "permissions": [SEND]},
        {"permissions": [SEND]},
    ],
)
def test_nothing_is_said_where_everything_can_be_reached(args: dict[str, Any]) -> None:
    assert _hints(function(**args)) == []


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (
            {"file_system": {"access_point_arn": ACCESS_POINT, "mount_path": "/mnt/a"}},
            "file_system needs vpc: EFS is reached through a subnet only.",
        ),
        (
            {
                "vpc": {"network": NETWORK},
                "file_system": {"access_point_arn": ACCESS_POINT, "mount_path": "/data/models"},
            },
            "file_system.mount_path='/data/models' is not valid. Allowed: /mnt/<name>, up to 160 "
            "characters. Write '/mnt/data-models'.",
        ),
        (
            {
                "vpc": {"network": NETWORK},
                "file_system": {
                    "access_point_arn": ACCESS_POINT,
                    "mount_path": "/mnt/" + "a" * 160,
                },
            },
            "Allowed: /mnt/<name>, up to 160 characters.",
        ),
        (
            {
                "vpc": {"network": NETWORK},
                "file_system": {"access_point_arn": "fs-1", "mount_path": "/mnt/a"},
            },
            "file_system.access_point_arn='fs-1' is not valid.",
        ),
        (
            {"vpc": {"network": {**NETWORK, "private_subnet_ids": []}}},
            "vpc.network.private_subnet_ids=[] is not valid. Allowed: at least one subnet. A "
            "function gets no public address",
        ),
        (
            {"vpc": {"network": NETWORK, "security_group_ids": []}},
            "vpc.security_group_ids='0 groups' is not valid. Allowed: 1 to 5.",
        ),
        (
            {"vpc": {"network": {**NETWORK, "nat": "singel"}}},
            "vpc.network.nat='singel' is not valid. Allowed: 'none', 'single', 'per_zone'. Did you "
            "mean 'single'?",
        ),
        (
            {"environment": {"AWS_REGION": "x"}},
            "environment='AWS_REGION' is not valid. Allowed: names that Lambda does not set itself",
        ),
        ({"secrets": {"_HANDLER": SECRET}}, "secrets='_HANDLER' is not valid."),
        ({"environment": {"_OWN": "x"}}, "names of two characters or more that start with a lett"),
        ({"environment": {"A": "x"}}, "environment='A' is not valid."),
        ({"environment": {"A-B": "x"}}, "Rename it, for instance to 'A_B'."),
        (
            {"environment": {"BIG": "x" * 4096, "SMALL": "y"}},
            " bytes' is not valid. Allowed: 4096 bytes, as JSON, for all variables. The longest is "
            "BIG:",
        ),
        (
            {"environment": {"IDEMPOTENCY_TABLE": "mine"}, "idempotency": True},
            "environment['IDEMPOTENCY_TABLE'] is what idempotency=True sets.",
        ),
        ({"environment": {"API_KEY": "abc"}}, "environment['API_KEY'] looks like a secret"),
        ({"secrets": {"API_KEY": "abc"}}, "secrets['API_KEY'] is not an ARN."),
    ],
)
def test_surroundings_that_lambda_would_refuse_are_refused(
    args: dict[str, Any], words: str
) -> None:
    assert words in refusal(**args)


def test_four_kilobytes_of_variables_are_accepted() -> None:
    function(environment={"BIG": "x" * (4096 - len('{"BIG": ""}'))})


def test_a_variable_of_another_table_is_the_caller_s_own() -> None:
    inputs = function(environment={"IDEMPOTENCY_TABLE": "mine"}).one(FUNCTION).inputs
    assert inputs["environment"] == {"variables": {"IDEMPOTENCY_TABLE": "mine"}}
