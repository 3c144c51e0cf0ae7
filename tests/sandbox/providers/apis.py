"""What the tests of API Gateway stand on: functions, documents, and real calls."""

import io
import json
import urllib.error
import urllib.request
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Any

from sandbox.providers.base import Outputs

from .world import World

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {"Service": ["lambda.amazonaws.com", "scheduler.amazonaws.com"]},
            }
        ],
    }
)
ECHO = """
import json
def handler(event, context):
    body = {key: event.get(key) for key in ("path", "rawPath", "httpMethod", "version", "resource")}
    body["authorizer"] = (event.get("requestContext") or {}).get("authorizer")
    body["variables"] = event.get("stageVariables")
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"},
            "body": json.dumps(body)}
"""
INTEGRATION = "x-amazon-apigateway-integration"


def function(world: World, name: str = "api-echo", code: str = ECHO) -> str:
    """The ARN of a function with this code; made once."""
    client = world.client("lambda")
    try:
        return str(client.get_function(FunctionName=name)["Configuration"]["FunctionArn"])
    except client.exceptions.ResourceNotFoundException:
        pass
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("index.py", code)
    made = client.create_function(
        FunctionName=name,
        Runtime="python3.12",
        Handler="index.handler",
        Role=role(world),
        Code={"ZipFile": archive.getvalue()},
        Timeout=10,
    )
    # Whoever asks: who may is tested with the cloud's patches.
    for service in ("apigateway", "sns"):
        client.add_permission(
            FunctionName=name,
            StatementId=service,
            Action="lambda:InvokeFunction",
            Principal=f"{service}.amazonaws.com",
        )
    return str(made["FunctionArn"])


def role(world: World, name: str = "api-function") -> str:
    """The ARN of a role that Lambda and Scheduler may assume; made once."""
    iam = world.client("iam")
    try:
        return str(iam.get_role(RoleName=name)["Role"]["Arn"])
    except iam.exceptions.NoSuchEntityException:
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
        return str(made["Role"]["Arn"])


def queue(world: World, name: str) -> tuple[str, str]:
    """URL and ARN of a queue; made once."""
    sqs = world.client("sqs")
    url = str(sqs.create_queue(QueueName=name)["QueueUrl"])
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return url, str(attributes["Attributes"]["QueueArn"])


def invoke_arn(arn: str) -> str:
    """The function as an integration names it."""
    return f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"


def proxy(arn: str, **more: Any) -> dict[str, Any]:
    """A method that hands its calls to a function."""
    integration = {"type": "aws_proxy", "httpMethod": "POST", "uri": invoke_arn(arn)}
    return {INTEGRATION: integration, **more}


def mock(status: int = 200, **headers: str) -> dict[str, Any]:
    """A method that always answers the same."""
    answer = {f"method.response.header.{name}": f"'{value}'" for name, value in headers.items()}
    return {
        "responses": {
            str(status): {
                "description": "fixed",
                "headers": {name: {"schema": {"type": "string"}} for name in headers},
            }
        },
        INTEGRATION: {
            "type": "mock",
            "requestTemplates": {"application/json": json.dumps({"statusCode": status})},
            "responses": {"default": {"statusCode": str(status), "responseParameters": answer}},
        },
    }


def document(paths: Mapping[str, Any], **more: Any) -> str:
    """An OpenAPI document of these paths."""
    given = {"openapi": "3.0.1", "info": {"title": "t", "version": "1"}, "paths": paths, **more}
    return json.dumps(given)


@dataclass
class Answer:
    """What came back over HTTP."""

    status: int
    headers: Message
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)


def call(
    url: str, method: str = "GET", data: object = None, headers: Mapping[str, str] | None = None
) -> Answer:
    """Really call ``url``; a body is JSON unless the headers say otherwise."""
    body = data if isinstance(data, bytes) else None if data is None else json.dumps(data).encode()
    kind = {} if body is None else {"Content-Type": "application/json"}
    request = urllib.request.Request(
        url, method=method, data=body, headers={**kind, **(headers or {})}
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return Answer(response.status, response.headers, response.read().decode())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.headers, error.read().decode())


@dataclass
class Served:
    """A REST API behind a stage, and what is needed to change it."""

    world: World
    id: str
    outputs: Outputs
    inputs: Any
    deployment: str
    stage: Outputs

    @property
    def url(self) -> str:
        return str(self.stage["invokeUrl"])

    def update(self, **properties: Any) -> None:
        """Bring the API to these inputs, and deploy it."""
        provider = self.world.provider("aws:apigateway/restApi:RestApi")
        changed = provider.check("served", properties)
        self.outputs = provider.update(self.id, self.inputs, changed, self.outputs)
        self.inputs = changed
        stages = self.world.provider("aws:apigateway/stage:Stage")
        given = {"restApi": self.id, "stageName": self.stage["stageName"]}
        old = stages.check("served", {**given, "deployment": self.deployment})
        self.deployment = self.world.make(
            "aws:apigateway/deployment:Deployment", restApi=self.id, triggers={"n": "2"}
        )[0]
        new = stages.check("served", {**given, "deployment": self.deployment})
        self.stage = stages.update("", old, new, self.stage)


def serve(world: World, body: str, stage: Mapping[str, Any] | None = None, **api: Any) -> Served:
    """Make an API from ``body``, deploy it and serve it."""
    provider = world.provider("aws:apigateway/restApi:RestApi")
    inputs = provider.check("served", {"body": body, **api})
    id, outputs = provider.create("served", inputs)
    deployment = world.make("aws:apigateway/deployment:Deployment", restApi=id)[0]
    made = world.make(
        "aws:apigateway/stage:Stage",
        restApi=id,
        deployment=deployment,
        **{"stageName": "dev", **(stage or {})},
    )[1]
    return Served(world, id, outputs, inputs, deployment, made)


def shared(world: World) -> Served:
    """One API for all cases: ``GET /hello`` and ``GET /``, behind the stage ``dev``."""
    if "_served" not in world.__dict__:
        paths = {"/": {"get": mock()}, "/hello": {"get": proxy(function(world))}}
        world.__dict__["_served"] = serve(world, document(paths))
    served: Served = world.__dict__["_served"]
    return served


def http_api(world: World) -> dict[str, str]:
    """One HTTP API for all cases: ids of it, of its integration, authorizer and stage."""
    if "_http" not in world.__dict__:
        api = world.make("aws:apigatewayv2/api:Api", "shared", protocolType="HTTP")[0]
        integration = world.make(
            "aws:apigatewayv2/integration:Integration",
            apiId=api,
            integrationType="AWS_PROXY",
            integrationUri=function(world),
            payloadFormatVersion="2.0",
        )[0]
        authorizer = world.make(
            "aws:apigatewayv2/authorizer:Authorizer",
            apiId=api,
            authorizerType="JWT",
            identitySources=["$request.header.Authorization"],
            jwtConfiguration={"issuer": "https://issuer.example", "audiences": ["a"]},
        )[0]
        stage = world.make("aws:apigatewayv2/stage:Stage", apiId=api, name="dev", autoDeploy=True)
        world.__dict__["_http"] = {
            "api": api,
            "integration": f"integrations/{integration}",
            "authorizer": authorizer,
            "stage": stage[0],
        }
    made: dict[str, str] = world.__dict__["_http"]
    return made
