"""The API: API Gateway starts executions itself, after it has looked at the body."""

import json
from typing import Any

import pytest

from components.testing import UNKNOWN

from ..helpers import ALIAS_ARN, MACHINE_ARN, PASS, allowed, machine, refusal, trusted

API = "aws:apigateway/restApi:RestApi"
STAGE = "aws:apigateway/stage:Stage"
SETTINGS = "aws:apigateway/methodSettings:MethodSettings"
SHORT = {**PASS, "TimeoutSeconds": 29}


def api(**more: Any) -> dict[str, Any]:
    return {"triggers": {"api": more}}


def document(deployment: Any) -> Any:
    return json.loads(deployment.one(API, "orders-api").inputs["body"])


def operation(deployment: Any, path: str = "/executions") -> Any:
    found = document(deployment)
    assert list(found["paths"]) == [path]
    assert list(found["paths"][path]) == ["post"]
    return found["paths"][path]["post"]


def test_a_post_starts_the_alias_and_answers_202() -> None:
    deployment = machine(**api())
    integration = operation(deployment)["x-amazon-apigateway-integration"]
    uri = "arn:aws:apigateway:us-east-1:states:action/StartExecution"
    assert integration["uri"] == uri
    assert integration["type"] == "aws"
    assert integration["httpMethod"] == "POST"
    assert integration["credentials"] == "arn:aws:iam::123456789012:role/orders-api"
    assert integration["passthroughBehavior"] == "never"
    template = integration["requestTemplates"]["application/json"]
    assert template == (
        f'{{"stateMachineArn": "{ALIAS_ARN}", "input": "'
        '$util.escapeJavaScript($input.json(\'$\')).replaceAll("\\\\\'", "\'")"}'
    )
    answer = integration["responses"]["200"]
    assert answer["statusCode"] == "202"
    assert answer["responseTemplates"]["application/json"] == (
        "{\"executionArn\": $input.json('$.executionArn')}"
    )
    assert integration["responses"]["default"]["statusCode"] == "500"
    assert deployment.result["api_url"] == "orders-api-invokeUrl/executions"


def test_the_body_is_checked_before_anything_starts() -> None:
    found = document(machine(**api()))
    post = found["paths"]["/executions"]["post"]
    assert post["requestBody"] == {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
    validator = post["x-amazon-apigateway-request-validator"]
    assert found["x-amazon-apigateway-request-validators"][validator] == {
        "validateRequestBody": True,
        "validateRequestParameters": False,
    }
    schema = {"type": "object", "required": ["order"], "minProperties": 1.0}
    given = operation(machine(**api(body_schema=schema)))
    found_schema = given["requestBody"]["content"]["application/json"]["schema"]
    assert json.dumps(found_schema["minProperties"]) == "1"


def test_who_starts_executions_signs_unless_everybody_may() -> None:
    deployment = machine(**api())
    assert operation(deployment)["security"] == [{"iam": []}]
    scheme = document(deployment)["components"]["securitySchemes"]["iam"]
    assert scheme["x-amazon-apigateway-authtype"] == "awsSigv4"
    assert "security" not in operation(machine(**api(auth="none")))


def test_the_role_starts_and_nothing_else() -> None:
    deployment = machine(**api())
    assert allowed(deployment, "orders-api") == {"states:StartExecution": {ALIAS_ARN, MACHINE_ARN}}
    assert trusted(deployment, "orders-api")["Principal"] == {"Service": "apigateway.amazonaws.com"}
    policy = deployment.one("aws:iam/rolePolicy:RolePolicy", "orders-api").urn
    assert policy in deployment.one(STAGE).depends_on


def test_an_express_workflow_answers_with_its_output() -> None:
    deployment = machine(kind="express", definition=SHORT, **api())
    integration = operation(deployment)["x-amazon-apigateway-integration"]
    assert integration["uri"].endswith(":states:action/StartSyncExecution")
    answer = integration["responses"]["200"]
    assert answer["statusCode"] == "200"
    template = answer["responseTemplates"]["application/json"]
    assert "$input.path('$.output')" in template
    assert "$context.responseOverride.status = 504" in template
    assert "cause" not in template
    assert allowed(deployment, "orders-api").keys() == {"states:StartSyncExecution"}


def test_another_document_is_another_deployment() -> None:
    def hash_of(**more: Any) -> Any:
        return machine(**api(**more)).one("aws:apigateway/deployment:Deployment").inputs["triggers"]

    assert hash_of() == hash_of()
    assert hash_of() != hash_of(auth="none")


def test_the_stage_can_be_named_traced_and_throttled() -> None:
    throttle = {"rate": 5, "burst": 9}
    deployment = machine(tracing=True, **api(stage="v1", path="/orders/new", throttle=throttle))
    stage = deployment.one(STAGE).inputs
    assert (stage["stageName"], stage["xrayTracingEnabled"]) == ("v1", True)
    settings = deployment.one(SETTINGS).inputs
    assert settings["methodPath"] == "orders/new/POST"
    assert settings["settings"] == {
        "throttlingRateLimit": 5,
        "throttlingBurstLimit": 9,
        "dataTraceEnabled": False,
    }
    assert machine(**api()).of(SETTINGS) == []


def test_a_first_preview_makes_the_api_with_an_unknown_document() -> None:
    assert machine(known=False, **api()).one(API).inputs["body"] is UNKNOWN


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"path": "executions"}, "triggers.api.path='executions' is not valid. Allowed: a path"),
        ({"path": "/orders/{id}"}, "An execution's input is the body: parameters would be lost."),
        ({"stage": "a b"}, "triggers.api.stage='a b' is not valid."),
        ({"auth": "cognito"}, "triggers.api.auth='cognito' is not valid. Allowed: 'iam', 'none'."),
        ({"body_schema": {"const": 1}}, "Use 'enum' with one value."),
        ({"throttle": {"rate": 0}}, "triggers.api.throttle.rate=0 is not valid."),
        ({"api_keys": ["a"]}, "unknown argument 'triggers.api.api_keys'"),
    ],
)
def test_what_api_gateway_would_refuse_is_refused_here(more: dict[str, Any], words: str) -> None:
    assert words in refusal(**api(**more))


@pytest.mark.parametrize("document", [PASS, {**PASS, "TimeoutSeconds": 30}])
def test_nobody_waits_for_an_express_workflow_longer_than_api_gateway(document: Any) -> None:
    words = refusal(kind="express", definition=document, **api())
    assert "Allowed: 1 to 29 with triggers.api, which waits for the result no longer." in words
