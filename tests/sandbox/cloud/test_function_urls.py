"""Signatures and permissions at the front doors: function URLs, REST and HTTP APIs."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import requests
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from .functions import make_function
from .world import World

pytestmark = pytest.mark.sandbox

CODE = """
import json
def handler(event, context):
    caller = (event["requestContext"].get("authorizer") or {}).get("iam")
    body = {"path": event.get("rawPath") or event.get("path"), "caller": caller}
    return {"statusCode": 200, "body": json.dumps(body)}
"""
ACCOUNT = "123456789012"
BY_URL = {"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}}
VIA_URL = {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}


def _user(world: World, name: str, *statements: Mapping[str, Any]) -> Credentials:
    iam = world.client("iam")
    iam.create_user(UserName=name)
    if statements:
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.put_user_policy(UserName=name, PolicyName="inline", PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return Credentials(key["AccessKeyId"], key["SecretAccessKey"])


def _allow(action: str, resource: str, condition: Mapping[str, Any]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, "Condition": condition}


def _call(
    url: str,
    credentials: Credentials | None,
    service: str = "lambda",
    method: str = "GET",
    body: bytes = b"",
    sent: bytes | None = None,
    host: str = "",
) -> requests.Response:
    """Sign a request with ``body`` and send it with ``sent``."""
    request = AWSRequest(method, url, data=body, headers={"Host": host} if host else {})
    if credentials is not None:
        SigV4Auth(credentials, service, "us-east-1").add_auth(request)
    headers = dict(request.prepare().headers)
    payload = body if sent is None else sent
    return requests.request(method, url, headers=headers, data=payload, timeout=60)


@pytest.fixture(scope="module")
def function(world: World) -> str:
    """The ARN of an alias."""
    arn = make_function(world, "front-doors", CODE)
    functions = world.client("lambda")
    functions.publish_version(FunctionName=arn)
    functions.create_alias(FunctionName=arn, Name="live", FunctionVersion="1")
    return f"{arn}:live"


@pytest.fixture(scope="module")
def addresses(world: World, function: str) -> tuple[str, str]:
    """The URL's address by path, and the host name that AWS would give it."""
    url = world.client("lambda").create_function_url_config(
        FunctionName="front-doors", Qualifier="live", AuthType="AWS_IAM"
    )["FunctionUrl"]
    host = url.removeprefix("https://").strip("/")
    return f"{world.cloud.endpoint}/_aws/lambda-url/{host.partition('.')[0]}", host


@pytest.fixture(scope="module")
def caller(world: World, function: str) -> Credentials:
    return _user(
        world,
        "url-caller",
        _allow("lambda:InvokeFunctionUrl", function, BY_URL),
        _allow("lambda:InvokeFunction", function, VIA_URL),
    )


def test_a_signed_call_reaches_the_function_by_path_and_by_host(
    world: World, addresses: tuple[str, str], caller: Credentials
) -> None:
    url, host = addresses
    by_path = _call(f"{url}/a/b?x=1&y=%20", caller)
    by_host = _call(f"{world.cloud.endpoint}/a/b", caller, host=host)
    for answer in (by_path, by_host):
        assert answer.status_code == 200, answer.text
        assert answer.json()["path"] == "/a/b"
        assert answer.json()["caller"]["userArn"].endswith(":user/url-caller")


def test_the_signature_covers_what_was_sent(
    addresses: tuple[str, str], caller: Credentials
) -> None:
    url, _ = addresses
    assert _call(url + "/", caller, method="POST", body=b"{}").status_code == 200
    other_body = _call(url + "/", caller, method="POST", body=b"{}", sent=b"{ }")
    other_key = _call(url + "/", Credentials(caller.access_key, "somebody else's"))
    for answer in (other_body, other_key):
        assert answer.status_code == 403
        assert "signature we calculated does not match" in answer.text
    assert _call(url + "/", None).status_code == 403


def test_a_signature_for_another_service_is_none(
    addresses: tuple[str, str], caller: Credentials
) -> None:
    for service in ("execute-api", "s3"):
        answer = _call(addresses[0] + "/", caller, service)
        assert answer.status_code == 403
        assert "scoped to correct service: 'lambda'" in answer.text
    request = AWSRequest("GET", addresses[0] + "/")
    SigV4QueryAuth(caller, "execute-api", "us-east-1").add_auth(request)
    assert requests.get(str(request.url), timeout=60).status_code == 403


@pytest.mark.parametrize("which", ["url alone", "function alone", "another alias"])
def test_a_caller_of_a_url_needs_both_permissions_on_the_alias(
    world: World, function: str, addresses: tuple[str, str], which: str
) -> None:
    on = function.removesuffix(":live") if which == "another alias" else function
    both = [
        _allow("lambda:InvokeFunctionUrl", on, BY_URL),
        _allow("lambda:InvokeFunction", on, VIA_URL),
    ]
    given = {"url alone": both[:1], "function alone": both[1:]}.get(which, both)
    user = _user(world, f"url-caller-{which.replace(' ', '-')}", *given)
    assert _call(addresses[0] + "/", user).status_code == 403


def test_a_public_url_needs_both_permissions_for_everybody(world: World) -> None:
    functions = world.client("lambda")
    make_function(world, "public", CODE)
    url = functions.create_function_url_config(FunctionName="public", AuthType="NONE")
    host = url["FunctionUrl"].removeprefix("https://").strip("/")
    address = f"{world.cloud.endpoint}/_aws/lambda-url/{host.partition('.')[0]}/"
    common = {"FunctionName": "public", "Principal": "*"}
    assert _call(address, None).status_code == 403
    functions.add_permission(
        **common,
        StatementId="url",
        Action="lambda:InvokeFunctionUrl",
        FunctionUrlAuthType="NONE",
    )
    assert _call(address, None).status_code == 403
    functions.add_permission(
        **common,
        StatementId="invoke",
        Action="lambda:InvokeFunction",
        InvokedViaFunctionUrl=True,
    )
    answer = _call(address, None)
    assert (answer.status_code, answer.json()["caller"]) == (200, None)


def _rest(world: World, function: str) -> tuple[str, str]:
    api = world.client("apigateway")
    made = api.create_rest_api(name="signed")["id"]
    root = api.get_resources(restApiId=made)["items"][0]["id"]
    where = {"restApiId": made, "resourceId": root, "httpMethod": "GET"}
    api.put_method(**where, authorizationType="AWS_IAM")
    api.put_integration(
        **where,
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations",
    )
    api.create_deployment(restApiId=made, stageName="live")
    return f"{made}/live/GET/", f"{world.cloud.endpoint}/_aws/execute-api/{made}/live/"


def _http(world: World, function: str) -> tuple[str, str]:
    api = world.client("apigatewayv2")
    made = api.create_api(Name="signed", ProtocolType="HTTP")["ApiId"]
    integration = api.create_integration(
        ApiId=made,
        IntegrationType="AWS_PROXY",
        IntegrationUri=function,
        PayloadFormatVersion="2.0",
    )["IntegrationId"]
    api.create_route(
        ApiId=made,
        RouteKey="GET /orders",
        Target=f"integrations/{integration}",
        AuthorizationType="AWS_IAM",
    )
    api.create_stage(ApiId=made, StageName="$default", AutoDeploy=True)
    return f"{made}/$default/GET/orders", f"{world.cloud.endpoint}/_aws/execute-api/{made}/orders"


@pytest.mark.parametrize("make", [_rest, _http], ids=["REST", "HTTP"])
def test_an_api_with_iam_verifies_signature_service_and_permission(
    world: World, function: str, make: Callable[[World, str], tuple[str, str]]
) -> None:
    route, url = make(world, function)
    kind = make.__name__.strip("_")
    source = f"arn:aws:execute-api:us-east-1:{ACCOUNT}:{route}"
    world.client("lambda").add_permission(
        FunctionName="front-doors",
        Qualifier="live",
        StatementId=kind,
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=source,
        SourceAccount=ACCOUNT,
    )
    invoke = {"Effect": "Allow", "Action": "execute-api:Invoke"}
    allowed = _user(world, f"{kind}-caller", {**invoke, "Resource": source})
    other = _user(world, f"{kind}-other", {**invoke, "Resource": source.replace("GET", "POST")})
    assert _call(url, allowed, "execute-api").status_code == 200
    forged = Credentials(allowed.access_key, "somebody else's")
    statuses = [
        _call(url, None).status_code,
        _call(url, other, "execute-api").status_code,
        _call(url, forged, "execute-api").status_code,
        _call(url, allowed, "lambda").status_code,
    ]
    assert statuses == [403] * 4
