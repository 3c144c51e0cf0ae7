"""Methods of a REST API that start executions themselves, as a role, without a function."""

import json
from typing import Any

import pytest

from .apis import INTEGRATION, Answer, Served, call, document, serve
from .workflows import ECHO, FAIL, SLEEP, allowing, executions, machine, role, trust
from .world import World

pytestmark = pytest.mark.sandbox
ANSWERS = {status: {"description": "d"} for status in ("200", "202", "400", "409", "500")}
REQUEST = """#set($text = $util.escapeJavaScript($input.json('$')).replaceAll("\\\\'", "'"))
{"stateMachineArn": "MACHINE", "name": "$context.requestId", "input": "$text"}"""
DETAILS = r"""#set($query = $input.params().querystring)
#set($at = "$context.stage/$stageVariables.tier")
#set($text = "{'id': '$input.params('id')', 'q': '$query.get('q')', 'at': '$at'}")
{"stateMachineArn": "MACHINE", "input": "$util.escapeJavaScript($text.replaceAll("'", '"'))"}"""
STARTED = """{"id": $input.json('$.executionArn')}"""
REFUSED = """{"kind": "$input.path('$.__type')", "why": "$input.path('$.Message')"}"""
SYNC_ANSWER = """#if($input.path('$.status').equals("SUCCEEDED"))
$input.path('$.output')
#else
#set($context.responseOverride.status = 409)
#set($context.responseOverride.header.X-Error = $input.path('$.error'))
{"error": "$input.path('$.error')", "cause": "$input.path('$.cause')"}
#end"""


def _starting(
    credentials: str, template: str, action: str = "StartExecution", **more: Any
) -> dict[str, Any]:
    """A method that calls Step Functions."""
    answer = STARTED if action == "StartExecution" else SYNC_ANSWER
    return {
        "responses": ANSWERS,
        INTEGRATION: {
            "type": "aws",
            "httpMethod": "POST",
            "uri": f"arn:aws:apigateway:us-east-1:states:action/{action}",
            "credentials": credentials,
            "passthroughBehavior": "never",
            "requestTemplates": {"application/json": template},
            "responses": {
                "default": {
                    "statusCode": "202" if action == "StartExecution" else "200",
                    "responseTemplates": {"application/json": answer},
                },
                "4\\d{2}": {
                    "statusCode": "400",
                    "responseTemplates": {"application/json": REFUSED},
                },
            },
            **more,
        },
    }


def _request(arn: str) -> str:
    return REQUEST.replace("MACHINE", arn)


def _post(served: Served, path: str, data: object, kind: str = "application/json") -> Answer:
    return call(f"{served.url}/{path}", "POST", data, {"Content-Type": kind})


def _role(world: World, name: str, *actions: str, resource: str = "*") -> str:
    return role(world, name, trust("apigateway"), allowing((actions or ["sqs:*"], resource)))


@pytest.fixture(scope="module")
def served(world: World) -> Served:
    arn = machine(world, "by-api")
    own = _role(world, "api-starter", "states:StartExecution", resource=arn)
    sync = _role(world, "api-sync", "states:StartSyncExecution")
    quick = machine(world, "by-api-express", type="EXPRESS", publish=True)
    routing = [{"stateMachineVersionArn": f"{quick}:1", "weight": 100}]
    live = world.make("aws:sfn/alias:Alias", name="live", routingConfigurations=routing)[0]
    failing = machine(world, "by-api-failing", FAIL, type="EXPRESS")
    slow = machine(world, "by-api-slow", SLEEP, type="EXPRESS")
    paths = {
        "/orders": {"post": _starting(own, _request(arn))},
        "/forbidden": {"post": _starting(_role(world, "api-nobody"), _request(arn))},
        "/elsewhere": {"post": _starting(own, _request(quick))},
        "/sync": {"post": _starting(sync, _request(live), "StartSyncExecution")},
        "/failing": {"post": _starting(sync, _request(failing), "StartSyncExecution")},
        "/slow": {
            "post": _starting(sync, _request(slow), "StartSyncExecution", timeoutInMillis=500)
        },
        "/no-json": {"post": _starting(own, "nothing")},
        "/unmapped": {
            "post": _starting(own, "nothing", responses={"5\\d{2}": {"statusCode": "500"}})
        },
        "/raw": {
            "post": _starting(own, "", passthroughBehavior="when_no_match", requestTemplates={})
        },
        "/templates": {
            "post": _starting(own, _request(arn), passthroughBehavior="when_no_templates")
        },
        "/items/{id}": {"post": _starting(own, DETAILS.replace("MACHINE", arn))},
    }
    return serve(world, document(paths), stage={"variables": {"tier": "gold"}})


BODY = {"note": 'it\'s "quoted" / é\n', "n": [1, 2.5, None]}


def test_a_post_starts_an_execution_with_its_body(world: World, served: Served) -> None:
    answer = _post(served, "orders", BODY)
    assert answer.status == 202, answer.text
    found = world.client("stepfunctions").describe_execution(executionArn=answer.body["id"])
    assert json.loads(found["input"]) == BODY
    assert ":by-api:" in found["executionArn"]


def test_a_role_without_permission_is_refused(world: World, served: Served) -> None:
    before = len(executions(world, machine(world, "by-api"), seconds=0))
    answer = _post(served, "forbidden", {})
    assert answer.status == 400
    assert answer.body["kind"].endswith("AccessDeniedException")
    assert "assumed-role/api-nobody/" in answer.body["why"]
    assert "not authorized to perform: states:StartExecution on resource" in answer.body["why"]
    assert len(executions(world, machine(world, "by-api"), seconds=0)) == before


def test_a_role_starts_the_machines_of_its_policy_alone(served: Served) -> None:
    answer = _post(served, "elsewhere", {})
    assert answer.status == 400
    assert ":by-api-express because no identity-based policy" in answer.body["why"]


def test_an_express_execution_answers_with_its_output(served: Served) -> None:
    answer = _post(served, "sync", BODY)
    assert (answer.status, answer.body) == (200, BODY)


def test_a_failed_execution_has_the_status_that_the_template_sets(served: Served) -> None:
    answer = _post(served, "failing", {})
    assert (answer.status, answer.body) == (409, {"error": "Sold", "cause": "out"})
    assert answer.headers["X-Error"] == "Sold"


def test_a_slow_execution_is_cut_off(served: Served) -> None:
    answer = _post(served, "slow", {})
    assert (answer.status, answer.body) == (504, {"message": "Endpoint request timed out"})


def test_parameters_variables_and_context_are_rendered(world: World, served: Served) -> None:
    answer = _post(served, "items/7?q=x", {})
    found = world.client("stepfunctions").describe_execution(executionArn=answer.body["id"])
    assert json.loads(found["input"]) == {"id": "7", "q": "x", "at": "dev/gold"}


@pytest.mark.parametrize(
    ("path", "data", "kind", "status"),
    [
        ("orders", b"{", "application/json", 400),
        ("orders", b"<a/>", "application/xml", 415),
        ("templates", b"<a/>", "application/xml", 415),
        ("no-json", b"{}", "application/json", 400),
    ],
)
def test_what_cannot_be_mapped_is_answered_as_by_aws(
    served: Served, path: str, data: bytes, kind: str, status: int
) -> None:
    assert _post(served, path, data, kind).status == status


def test_an_answer_without_a_response_is_an_internal_error(served: Served) -> None:
    answer = _post(served, "unmapped", {})
    assert (answer.status, answer.body) == (500, {"message": "Internal server error"})


def test_without_a_template_the_body_goes_through_as_it_is(world: World, served: Served) -> None:
    arn = machine(world, "by-api")
    answer = _post(served, "raw", {"stateMachineArn": arn, "input": '{"raw": 1}'})
    found = world.client("stepfunctions").describe_execution(executionArn=answer.body["id"])
    assert json.loads(found["input"]) == {"raw": 1}


def test_a_role_that_api_gateway_may_not_assume_is_refused(world: World) -> None:
    stranger = role(world, "api-stranger", trust("states"))
    body = document({"/orders": {"post": _starting(stranger, ECHO)}})
    with pytest.raises(ValueError, match=r"POST /orders: .* let apigateway\.amazonaws\.com assume"):
        world.make("aws:apigateway/restApi:RestApi", body=body)


def test_a_role_that_stops_trusting_is_an_internal_error(world: World) -> None:
    fickle = _role(world, "api-fickle", "states:*")
    served = serve(
        world, document({"/a": {"post": _starting(fickle, _request(machine(world, "by-api")))}})
    )
    world.client("iam").update_assume_role_policy(
        RoleName="api-fickle", PolicyDocument=trust("states")
    )
    answer = _post(served, "a", {})
    assert (answer.status, answer.body) == (500, {"message": "Internal server error"})
