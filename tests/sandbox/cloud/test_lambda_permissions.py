"""A service gets at a function only with the function's leave, for its own resource."""

import json
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError

from .functions import eventually, logged, make_function, make_queue
from .world import World

pytestmark = pytest.mark.sandbox

CODE = """
import json
def handler(event, context):
    print(json.dumps({"called": True, "arn": context.invoked_function_arn}))
    return {"statusCode": 200, "body": "fine"}
"""
PREFIX = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions"


def _aliased(world: World, name: str) -> str:
    """The ARN of the alias `live` of a new function."""
    functions = world.client("lambda")
    arn = make_function(world, name, CODE)
    functions.publish_version(FunctionName=name)
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    return f"{arn}:live"


def _permit(world: World, name: str, service: str, sid: str = "it", **more: str) -> None:
    world.client("lambda").add_permission(
        FunctionName=name,
        StatementId=sid,
        Action="lambda:InvokeFunction",
        Principal=f"{service}.amazonaws.com",
        **{"Qualifier": "live", **more},
    )


def _messages(world: World, url: str) -> list[dict[str, Any]]:
    asked = {"QueueUrl": url, "MessageAttributeNames": ["All"]}
    return list(world.client("sqs").receive_message(**asked).get("Messages", []))


def _open(world: World, url: str, arn: str, service: str) -> None:
    """Let a service put into a queue what it cannot deliver."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    world.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})


def test_a_rest_api_needs_leave_for_its_route_on_the_alias_that_it_names(world: World) -> None:
    arn = _aliased(world, "of-rest")
    api = world.client("apigateway")
    made = api.create_rest_api(name="permitted")["id"]
    root = api.get_resources(restApiId=made)["items"][0]["id"]
    for method in ("GET", "POST"):
        where = {"restApiId": made, "resourceId": root, "httpMethod": method}
        api.put_method(**where, authorizationType="NONE")
        api.put_integration(
            **where,
            type="AWS_PROXY",
            integrationHttpMethod="POST",
            uri=f"{PREFIX}/{arn}/invocations",
        )
    api.create_deployment(restApiId=made, stageName="live")
    url = f"{world.cloud.endpoint}/_aws/execute-api/{made}/live/"

    def ask(method: str) -> tuple[int, str]:
        answer = requests.request(method, url, timeout=60)
        return answer.status_code, answer.text

    refused = (500, '{"message": "Internal server error"}')
    source = f"arn:aws:execute-api:us-east-1:123456789012:{made}/live/GET/*"
    world.client("lambda").add_permission(
        FunctionName="of-rest",
        StatementId="unqualified",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )
    assert ask("GET") == refused
    _permit(world, "of-rest", "apigateway", "other", SourceArn=source, SourceAccount="999999999999")
    assert ask("GET") == refused
    assert logged(world, "of-rest") == []
    _permit(world, "of-rest", "apigateway", SourceArn=source, SourceAccount="123456789012")
    assert ask("GET") == (200, "fine")
    assert ask("POST") == refused
    log = (world.state / "cloud.log").read_text()
    assert f"apigateway.amazonaws.com may not invoke {arn} on behalf of" in log


def test_an_http_api_needs_leave_too(world: World) -> None:
    arn = _aliased(world, "of-http")
    api = world.client("apigatewayv2")
    made = api.create_api(Name="permitted", ProtocolType="HTTP")["ApiId"]
    integration = api.create_integration(
        ApiId=made, IntegrationType="AWS_PROXY", IntegrationUri=arn, PayloadFormatVersion="2.0"
    )["IntegrationId"]
    api.create_route(ApiId=made, RouteKey="GET /it", Target=f"integrations/{integration}")
    api.create_stage(ApiId=made, StageName="$default", AutoDeploy=True)
    url = f"{world.cloud.endpoint}/_aws/execute-api/{made}/it"
    answer = requests.get(url, timeout=60)
    assert (answer.status_code, answer.json()) == (500, {"message": "Internal Server Error"})
    assert logged(world, "of-http") == []
    source = f"arn:aws:execute-api:us-east-1:123456789012:{made}/*"
    _permit(world, "of-http", "apigateway", SourceArn=source)
    assert requests.get(url, timeout=60).text == "fine"


AUTHORIZER = """
import json
def handler(event, context):
    print(json.dumps({"asked": True}))
    statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return {"principalId": "somebody", "policyDocument": policy, "isAuthorized": True}
"""


def test_an_authorizer_needs_leave_of_its_own(world: World) -> None:
    arn, guard = _aliased(world, "guarded"), make_function(world, "guard", AUTHORIZER)
    _permit(world, "guarded", "apigateway")
    rest, http = world.client("apigateway"), world.client("apigatewayv2")
    old = rest.create_rest_api(name="guarded")["id"]
    root = rest.get_resources(restApiId=old)["items"][0]["id"]
    uri = f"{PREFIX}/{guard}/invocations"
    first = rest.create_authorizer(
        restApiId=old,
        name="guard",
        type="TOKEN",
        authorizerUri=uri,
        identitySource="method.request.header.Authorization",
        authorizerResultTtlInSeconds=0,
    )["id"]
    where = {"restApiId": old, "resourceId": root, "httpMethod": "GET"}
    rest.put_method(**where, authorizationType="CUSTOM", authorizerId=first)
    target = f"{PREFIX}/{arn}/invocations"
    rest.put_integration(**where, type="AWS_PROXY", integrationHttpMethod="POST", uri=target)
    rest.create_deployment(restApiId=old, stageName="live")
    new = http.create_api(Name="guarded", ProtocolType="HTTP")["ApiId"]
    second = http.create_authorizer(
        ApiId=new,
        Name="guard",
        AuthorizerType="REQUEST",
        AuthorizerUri=uri,
        IdentitySource=["$request.header.Authorization"],
        AuthorizerPayloadFormatVersion="2.0",
        EnableSimpleResponses=True,
    )["AuthorizerId"]
    made = http.create_integration(
        ApiId=new, IntegrationType="AWS_PROXY", IntegrationUri=arn, PayloadFormatVersion="2.0"
    )["IntegrationId"]
    http.create_route(
        ApiId=new,
        RouteKey="GET /it",
        Target=f"integrations/{made}",
        AuthorizationType="CUSTOM",
        AuthorizerId=second,
    )
    http.create_stage(ApiId=new, StageName="$default", AutoDeploy=True)
    base = f"{world.cloud.endpoint}/_aws/execute-api"

    def ask(path: str) -> int:
        answer = requests.get(f"{base}/{path}", headers={"Authorization": "me"}, timeout=60)
        return answer.status_code

    assert (ask(f"{old}/live/"), ask(f"{new}/it")) == (500, 500)
    assert logged(world, "guard") == []
    for number, (api, authorizer) in enumerate(((old, first), (new, second))):
        world.client("lambda").add_permission(
            FunctionName="guard",
            StatementId=f"of-{number}",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=f"arn:aws:execute-api:us-east-1:123456789012:{api}/authorizers/{authorizer}",
        )
    assert (ask(f"{old}/live/"), ask(f"{new}/it")) == (200, 200)
    assert len(logged(world, "guard")) == 2


def test_a_bucket_may_only_be_told_of_functions_that_let_it_in(world: World) -> None:
    arn = _aliased(world, "of-bucket")
    s3 = world.client("s3")
    s3.create_bucket(Bucket="permitted")

    def notify(function: str) -> None:
        entry = {"LambdaFunctionArn": function, "Events": ["s3:ObjectCreated:*"]}
        s3.put_bucket_notification_configuration(
            Bucket="permitted",
            NotificationConfiguration={"LambdaFunctionConfigurations": [entry]},
        )

    wanted = "InvalidArgument.*Unable to validate the following destination configurations"
    with pytest.raises(ClientError, match=wanted):
        notify(arn)
    _permit(world, "of-bucket", "s3", SourceArn="arn:aws:s3:::permitted")
    with pytest.raises(ClientError, match=wanted):
        notify(arn.replace("of-bucket", "nobody"))
    with pytest.raises(ClientError, match=wanted):
        notify(arn.removesuffix(":live"))
    notify(arn)
    s3.put_object(Bucket="permitted", Key="one", Body=b"1")
    eventually(lambda: logged(world, "of-bucket"))
    world.client("lambda").remove_permission(
        FunctionName="of-bucket", StatementId="it", Qualifier="live"
    )
    s3.put_object(Bucket="permitted", Key="two", Body=b"2")
    said = f"s3.amazonaws.com may not invoke {arn} on behalf of arn:aws:s3:::permitted"
    # Once when it was configured, once when it was to be called.
    eventually(lambda: (world.state / "cloud.log").read_text().count(said) >= 2)
    assert len(logged(world, "of-bucket")) == 1


@pytest.mark.parametrize("missing", ["permission", "function"])
def test_a_rule_tells_its_dead_letter_queue_why(world: World, missing: str) -> None:
    arn, name = _aliased(world, f"of-rule-{missing}"), f"refused-{missing}"
    if missing == "function":
        world.client("lambda").delete_function(FunctionName=f"of-rule-{missing}")
    url, dead = make_queue(world, name)
    _open(world, url, dead, "events")
    events = world.client("events")
    rule = events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))["RuleArn"]
    target = {"Id": "1", "Arn": arn, "DeadLetterConfig": {"Arn": dead}}
    events.put_targets(Rule=name, Targets=[target])
    events.put_events(Entries=[{"Source": name, "DetailType": "test", "Detail": "{}"}])
    (message,) = eventually(lambda: _messages(world, url))
    told = {key: item["StringValue"] for key, item in message["MessageAttributes"].items()}
    assert json.loads(message["Body"])["source"] == name
    assert (told["RULE_ARN"], told["TARGET_ARN"]) == (rule, arn)
    assert (
        told["ERROR_CODE"] == {"permission": "NO_PERMISSIONS", "function": "NO_RESOURCE"}[missing]
    )


def test_a_topic_keeps_what_it_may_not_deliver(world: World) -> None:
    arn = _aliased(world, "of-topic")
    sns = world.client("sns")
    topic = sns.create_topic(Name="permitted")["TopicArn"]
    url, dead = make_queue(world, "of-topic-dead")
    _open(world, url, dead, "sns")
    sns.subscribe(
        TopicArn=topic,
        Protocol="lambda",
        Endpoint=arn,
        Attributes={"RedrivePolicy": json.dumps({"deadLetterTargetArn": dead})},
    )
    sns.publish(TopicArn=topic, Message="first")
    (message,) = eventually(lambda: _messages(world, url))
    assert json.loads(message["Body"])["Message"] == "first"
    assert logged(world, "of-topic") == []
    _permit(world, "of-topic", "sns", SourceArn=topic)
    sns.publish(TopicArn=topic, Message="second")
    (line,) = eventually(lambda: logged(world, "of-topic"))
    assert line["arn"] == arn
