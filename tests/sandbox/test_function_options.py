"""Options of MultiTriggerFunction in the embedded cloud: small programs, really deployed."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.deploy import connect
from sandbox.journeys import Visit
from sandbox.journeys.identities import user
from tests.sandbox.conftest import Sandbox, environment_of

pytestmark = pytest.mark.sandbox

PROJECT = """
name: options
runtime: python
config:
  options:architecture: {type: string, default: x86_64}
  options:runtime: {type: string, default: python3.13}
"""
HEAD = """
import pulumi
import pulumi_aws as aws
from slipway import MultiTriggerFunction, Network, allow

config = pulumi.Config()
def function(name, triggers=None, **more):
    return MultiTriggerFunction(name, {
        "code": "echo",
        "runtime": config.require("runtime"),
        "architecture": config.require("architecture"),
        "timeout_seconds": 10,
        "force_delete": True,
        "triggers": triggers or {},
        **more,
    })
"""
ECHO = '''
"""Prints what it is called with and answers with what it is asked for."""
import json, os

def handler(event, context):
    print(json.dumps({"function": context.function_name, "event": event}))
    if "secret" in event:
        import boto3
        return boto3.client("secretsmanager").get_secret_value(SecretId=event["secret"])[
            "SecretString"
        ]
    if event.get("type") in ("REQUEST", "TOKEN"):
        headers = {key.lower(): value for key, value in (event.get("headers") or {}).items()}
        token = headers.get("authorization") or event.get("authorizationToken")
        effect = "Allow" if token == "open" else "Deny"
        return {"principalId": "somebody", "context": {"who": "somebody"}, "policyDocument": {
            "Version": "2012-10-17", "Statement": [{"Effect": effect,
            "Action": "execute-api:Invoke", "Resource": event["methodArn"]}]}}
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"},
            "body": json.dumps({"authorizer": (event.get("requestContext") or {}).get("authorizer"),
                                "method": event.get("httpMethod")})}
'''


class Options:
    """One cloud for all of them; each test deploys its own program over the last one."""

    def __init__(self, sandbox: Sandbox, project: Path) -> None:
        self.sandbox, self.project = sandbox, project
        self.client: Callable[[str], Any]

    def deploy(self, program: str) -> Any:
        (self.project / "__main__.py").write_text(HEAD + program)
        up = ("up", "--json", "--no-verify", "--program", str(self.project))
        done = self.sandbox.run(*up)
        assert done.code == 0, done.text
        self.client = connect(done.document["cloud"]["endpoint"]).client
        return done.document["outputs"]

    def seen(self, group: str, *needles: str) -> list[Any]:
        """Events that the function of this log group was called with."""
        events = self.client("logs").filter_log_events(logGroupName=group, limit=10_000)["events"]
        return [
            json.loads(item["message"])["event"]
            for item in events
            if item["message"].startswith('{"function"')
            and all(needle in item["message"] for needle in needles)
        ]


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Options]:
    folder = tmp_path_factory.mktemp("function-options")
    project = folder / "project"
    (project / "echo").mkdir(parents=True)
    (project / "echo" / "handler.py").write_text(ECHO)
    (project / "Pulumi.yaml").write_text(PROJECT)
    (project / "Pulumi.local.yaml").write_text("config:\n  aws:region: us-east-1\n")
    sandbox = Sandbox(folder / "state", environment_of("process"))
    yield Options(sandbox, project)
    sandbox.run("down")
    assert sandbox.processes() == []


def test_two_functions_share_a_bucket_and_one_has_two(options: Options) -> None:
    outputs = options.deploy(
        """
bucket = aws.s3.Bucket("shared", force_destroy=True)
shared = bucket.bucket
elsewhere = aws.s3.Bucket("elsewhere", force_destroy=True)
aws.s3.BucketNotification("elsewhere", bucket=elsewhere.bucket, eventbridge=True)
left = function("left", {"s3": {"in": {"bucket": shared, "prefix": "in/"}, "own": {}}})
right = function("right", {"s3": {
    "out": {"bucket": shared, "prefix": "out/"},
    "theirs": {"bucket": elsewhere.bucket, "via": "eventbridge", "suffix": ".csv"},
}})
pulumi.export("shared", shared)
pulumi.export("own", left.bucket_names["own"])
pulumi.export("elsewhere", elsewhere.bucket)
pulumi.export("left", left.log_group_name)
pulumi.export("right", right.log_group_name)
"""
    )
    s3 = options.client("s3")
    for bucket, key in (
        ("shared", "in/a"),
        ("shared", "out/b"),
        ("shared", "other/c"),
        ("own", "d"),
        ("elsewhere", "e.csv"),
        ("elsewhere", "f.txt"),
    ):
        s3.put_object(Bucket=outputs[bucket], Key=key, Body=b"x")

    def keys(group: str) -> set[str]:
        events = options.seen(outputs[group])
        records = [record["s3"] for event in events for record in event.get("Records", [])]
        bus = [event["detail"] for event in events if event.get("source") == "aws.s3"]
        return {item["object"]["key"] for item in [*records, *bus]}

    _eventually(lambda: keys("left") >= {"in/a", "d"} and keys("right") >= {"out/b", "e.csv"})
    assert keys("left") == {"in/a", "d"}
    assert keys("right") == {"out/b", "e.csv"}


def test_each_kind_of_authorizer_lets_in_whom_it_should(options: Options) -> None:
    outputs = options.deploy(
        """
pool = aws.cognito.UserPool("pool")
client = aws.cognito.UserPoolClient("client", user_pool_id=pool.id,
    explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"])
guard = function("guard")
api = function("api", {"rest_api": {
    "authorizers": {
        "customers": {"user_pool_arns": [pool.arn]},
        "guard": {"invoke_arn": guard.invoke_arn},
    },
    "cors": {"origins": ["https://shop.example.com"]},
    "routes": [
        {"method": "GET", "path": "/open"},
        {"method": "GET", "path": "/customers", "auth": "customers"},
        {"method": "GET", "path": "/guarded", "auth": "guard"},
        {"method": "GET", "path": "/signed", "auth": "iam"},
        {"method": "POST", "path": "/orders", "required_query": ["shop"], "body_schema": {
            "type": "object", "required": ["items"],
            "properties": {"items": {"type": "array", "minItems": 1}}}},
    ],
}})
aws.lambda_.Permission("guard", action="lambda:InvokeFunction", function=guard.function_name,
    qualifier=guard.alias_name, principal="apigateway.amazonaws.com",
    source_arn=api.api_id.apply(lambda id: f"arn:aws:execute-api:us-east-1:123456789012:{id}/*"))
pulumi.export("url", api.api_url)
pulumi.export("pool", pool.id)
pulumi.export("client", client.id)
pulumi.export("statements", pulumi.Output.all(*api.call_policy()[0]["resources"]))
"""
    )
    url = outputs["url"]

    def status(path: str, **headers: str) -> int:
        return requests.get(f"{url}{path}", headers=headers, timeout=60).status_code

    assert status("/open") == 200
    assert status("/customers") == 401
    assert status("/customers", Authorization=_token(options, outputs)) == 200
    assert status("/customers", Authorization="made.up.token") == 401
    # AWS refuses a request without the header itself; the embedded cloud asks the function.
    assert status("/guarded") in (401, 403)
    assert status("/guarded", Authorization="closed") == 403
    assert status("/guarded", Authorization="open") == 200
    visit = Visit(outputs, options.client)
    assert status("/signed") == 403
    with user(visit) as stranger:
        assert stranger.signed(visit, "GET", f"{url}/signed", "execute-api").status_code == 403
    call = {
        "Effect": "Allow",
        "Action": "execute-api:Invoke",
        "Resource": outputs["statements"],
    }
    with user(visit, [call]) as friend:
        assert friend.signed(visit, "GET", f"{url}/signed", "execute-api").status_code == 200

    def order(body: Any, query: str = "?shop=1") -> int:
        return requests.post(f"{url}/orders{query}", json=body, timeout=60).status_code

    assert order({"items": [1]}) == 200
    assert order({"items": []}) == 400
    assert order({"items": [1]}, query="") == 400
    preflight = requests.options(
        f"{url}/orders",
        headers={"Origin": "https://shop.example.com", "Access-Control-Request-Method": "POST"},
        timeout=60,
    )
    assert preflight.headers["Access-Control-Allow-Origin"] == "https://shop.example.com"


def _token(options: Options, outputs: Any) -> str:
    cognito = options.client("cognito-idp")
    cognito.admin_create_user(UserPoolId=outputs["pool"], Username="ann")
    cognito.admin_set_user_password(
        UserPoolId=outputs["pool"], Username="ann", Password="Correct-horse-1", Permanent=True
    )
    answer = cognito.initiate_auth(
        ClientId=outputs["client"],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ann", "PASSWORD": "Correct-horse-1"},
    )
    return str(answer["AuthenticationResult"]["IdToken"])


def test_a_secret_is_read_by_the_function_that_was_given_it_alone(options: Options) -> None:
    outputs = options.deploy(
        """
def secret(name):
    made = aws.secretsmanager.Secret(name, recovery_window_in_days=0)
    aws.secretsmanager.SecretVersion(name, secret_id=made.id, secret_string=f"value of {name}")
    return made.arn
mine, other = secret("mine"), secret("other")
reader = function("reader", secrets={"TOKEN": mine})
pulumi.export("mine", mine)
pulumi.export("other", other)
pulumi.export("reader", reader.alias_arn)
"""
    )

    def read(name: str) -> Any:
        return options.client("lambda").invoke(
            FunctionName=outputs["reader"], Payload=json.dumps({"secret": outputs[name]}).encode()
        )

    assert json.loads(read("mine")["Payload"].read()) == "value of mine"
    refused = read("other")
    assert refused["FunctionError"] == "Unhandled"
    assert "AccessDenied" in json.loads(refused["Payload"].read())["errorMessage"]


def test_a_function_in_a_vpc_with_a_file_system_is_described_as_asked(options: Options) -> None:
    outputs = options.deploy(
        """
network = Network("net", {"zone_count": 2, "nat": "single"})
files = aws.efs.FileSystem("files", encrypted=True)
targets = [
    aws.efs.MountTarget(f"files-{index}", file_system_id=files.id,
        subnet_id=network.private_subnet_ids[index])
    for index in range(2)
]
point = aws.efs.AccessPoint("files", file_system_id=files.id)
inside = MultiTriggerFunction("inside", {
    "code": "echo",
    "runtime": config.require("runtime"),
    "architecture": config.require("architecture"),
    "ephemeral_storage": 1024,
    "reserved_concurrency": 5,
    "vpc": {"network": network.placement},
    "file_system": {"access_point_arn": point.arn, "mount_path": "/mnt/files"},
    "release": {"provisioned_concurrency": 2},
}, pulumi.ResourceOptions(depends_on=targets))
pulumi.export("alias", inside.alias_arn)
pulumi.export("name", inside.function_name)
pulumi.export("group", inside.security_group_id)
pulumi.export("subnets", network.private_subnet_ids)
"""
    )
    functions = options.client("lambda")
    found = functions.get_function_configuration(FunctionName=outputs["alias"])
    assert sorted(found["VpcConfig"]["SubnetIds"]) == sorted(outputs["subnets"])
    assert found["VpcConfig"]["SecurityGroupIds"] == [outputs["group"]]
    assert found["FileSystemConfigs"][0]["LocalMountPath"] == "/mnt/files"
    assert found["EphemeralStorage"] == {"Size": 1024}
    warm = functions.get_provisioned_concurrency_config(
        FunctionName=outputs["name"], Qualifier="live"
    )
    assert warm["RequestedProvisionedConcurrentExecutions"] == 2
    reserved = functions.get_function_concurrency(FunctionName=outputs["name"])
    assert reserved["ReservedConcurrentExecutions"] == 5
    rules = options.client("ec2").describe_security_group_rules(
        Filters=[{"Name": "group-id", "Values": [outputs["group"]]}]
    )["SecurityGroupRules"]
    assert {rule["IsEgress"] for rule in rules} == {True}


def test_only_what_the_filters_let_through_calls_the_function(options: Options) -> None:
    outputs = options.deploy(
        """
picky = function("picky", {
    "sns": {"news": {"filter_policy": {"kind": ["offer"]}}},
    "sqs": {"jobs": {"fifo": True, "filters": [{"body": {"kind": ["order"]}}]}},
    "tables": {"stock": {"filters": [{"eventName": ["REMOVE"]}]}},
})
pulumi.export("topic", picky.topic_arns["news"])
pulumi.export("queue", picky.queue_urls["jobs"])
pulumi.export("table", picky.table_names["stock"])
pulumi.export("group", picky.log_group_name)
"""
    )
    sns, sqs, dynamodb = (options.client(name) for name in ("sns", "sqs", "dynamodb"))
    for kind in ("rumour", "offer"):
        attributes = {"kind": {"DataType": "String", "StringValue": kind}}
        sns.publish(TopicArn=outputs["topic"], Message=f"a {kind}", MessageAttributes=attributes)
    for number, kind in enumerate(("refund", "order", "order")):
        body = json.dumps({"kind": kind, "number": number})
        sqs.send_message(QueueUrl=outputs["queue"], MessageBody=body, MessageGroupId="one")
    dynamodb.put_item(TableName=outputs["table"], Item={"id": {"S": "tea"}})
    dynamodb.delete_item(TableName=outputs["table"], Key={"id": {"S": "tea"}})

    def records() -> list[Any]:
        return [item for event in options.seen(outputs["group"]) for item in event["Records"]]

    _eventually(lambda: len(records()) >= 4)
    found = records()
    assert [item["Sns"]["Message"] for item in found if "Sns" in item] == ["a offer"]
    assert [json.loads(item["body"])["number"] for item in found if "body" in item] == [1, 2]
    assert [item["eventName"] for item in found if "dynamodb" in item] == ["REMOVE"]


def _eventually(met: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 90
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.2)
