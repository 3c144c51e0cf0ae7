"""Metrics of functions, workflows and APIs: what our alarms look at is there, once."""

import pytest
import requests
from botocore.exceptions import ClientError

from .functions import eventually, make_function, make_queue
from .machines import allow, ended, make_machine, start
from .metrics import points, total
from .test_api_gateway import Rest
from .test_event_sources import ALLOWED, CODE
from .world import World

pytestmark = pytest.mark.sandbox
SLEEPER = "import time\ndef handler(event, context):\n    time.sleep(event.get('sleep', 0))\n"


def test_throttled_calls_are_counted_once_and_are_no_invocations(world: World) -> None:
    make_function(world, "refused-calls", SLEEPER)
    functions = world.client("lambda")
    functions.put_function_concurrency(FunctionName="refused-calls", ReservedConcurrentExecutions=0)
    with pytest.raises(ClientError, match="TooManyRequestsException"):
        functions.invoke(FunctionName="refused-calls")
    # The client itself tries four times more.
    tries = total(world, "AWS/Lambda", "Throttles", FunctionName="refused-calls")
    assert tries in range(1, 7)
    assert total(world, "AWS/Lambda", "Invocations", FunctionName="refused-calls") == 0


def test_the_most_calls_at_once_are_told(world: World) -> None:
    make_function(world, "crowded", SLEEPER, Timeout=30)
    for _ in range(3):
        world.client("lambda").invoke(
            FunctionName="crowded", InvocationType="Event", Payload=b'{"sleep": 3}'
        )
    eventually(
        lambda: (
            total(world, "AWS/Lambda", "ConcurrentExecutions", "Maximum", FunctionName="crowded")
            == 3
        ),
        60,
    )
    assert total(world, "AWS/Lambda", "AsyncEventsReceived", FunctionName="crowded") == 3


def test_events_that_are_given_up_are_counted(world: World) -> None:
    make_function(world, "giving-up", "def handler(event, context):\n    raise ValueError\n")
    functions = world.client("lambda")
    functions.put_function_event_invoke_config(FunctionName="giving-up", MaximumRetryAttempts=0)
    functions.invoke(FunctionName="giving-up", InvocationType="Event")
    dropped = "AsyncEventsDropped"
    eventually(lambda: total(world, "AWS/Lambda", dropped, FunctionName="giving-up") == 1, 60)


def test_the_age_of_a_stream_grows_while_its_function_fails(world: World) -> None:
    arn = make_function(world, "aging", CODE, ALLOWED, Environment={"Variables": {"RAISE": "1"}})
    kinesis = world.client("kinesis")
    kinesis.create_stream(StreamName="aging", ShardCount=1)
    stream = kinesis.describe_stream(StreamName="aging")["StreamDescription"]["StreamARN"]
    world.client("lambda").create_event_source_mapping(
        FunctionName=arn, EventSourceArn=stream, StartingPosition="TRIM_HORIZON"
    )
    kinesis.put_record(StreamName="aging", Data=b"poison", PartitionKey="1")

    def age() -> float:
        return total(world, "AWS/Lambda", "IteratorAge", "Maximum", FunctionName="aging")

    eventually(lambda: age() > 1000, 60)
    eventually(lambda: total(world, "AWS/Kinesis", "IncomingRecords", StreamName="aging") == 1, 60)
    refused = "WriteProvisionedThroughputExceeded"
    assert points(world, "AWS/Kinesis", refused, StreamName="aging") == [0]
    kinesis.delete_stream(StreamName="aging")


def test_a_callback_is_timed_by_its_resource(world: World) -> None:
    url, queue = make_queue(world, "callbacks")
    resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
    states = {
        "Ask": {
            "Type": "Task",
            "Resource": resource,
            "Parameters": {
                "QueueUrl": url,
                "MessageBody": {"token.$": "$$.Task.Token"},
            },
            "TimeoutSeconds": 1,
            "End": True,
        }
    }
    machine = make_machine(world, "calling-back", states, [allow("sqs:SendMessage", queue)])
    assert ended(world, start(world, machine))["status"] == "FAILED"
    dimension = resource.replace(":::", f":{world.cloud.region}:{world.cloud.account}:")

    def counted(metric: str, statistic: str = "Sum") -> float:
        return total(
            world, "AWS/States", metric, statistic, ServiceIntegrationResourceArn=dimension
        )

    assert eventually(lambda: counted("ServiceIntegrationsTimedOut"), 60) == 1
    assert counted("ServiceIntegrationsStarted") == 1
    assert counted("ServiceIntegrationTime", "Maximum") >= 1000


def test_requests_of_a_rest_stage_are_counted_by_name_and_stage(world: World) -> None:
    code = (
        "def handler(event, context):\n"
        "    return {'statusCode': int(event['queryStringParameters']['status'])}\n"
    )
    arn = make_function(world, "measured-api", code)
    world.client("lambda").add_permission(
        FunctionName=arn,
        StatementId="apis",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )
    api = Rest(world, arn, "measured")
    api.route("orders")
    deployment = api.api.create_deployment(restApiId=api.id)["id"]
    api.api.create_stage(restApiId=api.id, stageName="live", deploymentId=deployment)
    for status in (200, 200, 404, 500):
        url = f"{world.cloud.endpoint}/restapis/{api.id}/live/_user_request_/orders"
        assert requests.get(url, params={"status": status}, timeout=60).status_code == status
    name = api.api.get_rest_api(restApiId=api.id)["name"]

    def counted(metric: str, statistic: str = "Sum") -> float:
        found = {"ApiName": name, "Stage": "live"}
        return total(world, "AWS/ApiGateway", metric, statistic, **found)

    eventually(lambda: counted("Count") == 4, 60)
    assert (counted("4XXError"), counted("5XXError")) == (1, 1)
    assert counted("5XXError", "Average") == 0.25
    assert counted("Latency", "SampleCount") == counted("IntegrationLatency", "SampleCount") == 4


def test_requests_of_an_http_api_are_counted_by_id(world: World) -> None:
    arn = make_function(world, "measured-http", "def handler(event, context):\n    return 1 / 0\n")
    world.client("lambda").add_permission(
        FunctionName=arn,
        StatementId="apis",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )
    apis = world.client("apigatewayv2")
    id = apis.create_api(Name="measured", ProtocolType="HTTP")["ApiId"]
    integration = apis.create_integration(
        ApiId=id, IntegrationType="AWS_PROXY", IntegrationUri=arn, PayloadFormatVersion="2.0"
    )["IntegrationId"]
    apis.create_route(ApiId=id, RouteKey="GET /", Target=f"integrations/{integration}")
    apis.create_stage(ApiId=id, StageName="$default", AutoDeploy=True)
    url = f"{world.cloud.endpoint}/_aws/execute-api/{id}/$default/"
    assert requests.get(url, timeout=60).status_code >= 500

    def counted(metric: str) -> float:
        return total(world, "AWS/ApiGateway", metric, ApiId=id, Stage="$default")

    eventually(lambda: counted("Count") == 1, 60)
    assert (counted("4xx"), counted("5xx")) == (0, 1)
