"""Callers of the functions: REST API, function URL, direct invocation, and who is let in."""

import json
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import requests
from botocore.exceptions import ClientError

from sandbox.journeys import JourneyFailed, Visit, expect, journey
from sandbox.journeys.identities import user

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@journey("GET /hello goes through the REST API to the function", needs=("api_url",))
def says_hello(visit: Visit) -> Iterator[str]:
    """`curl $(api_url)/hello`."""
    answer = visit.get(f"{visit.outputs['api_url']}/hello")
    _greeting(answer, "GET request to /hello")
    yield f"GET /hello → 200 {answer.text}"


@journey("ANY / takes every method, and no other path", needs=("api_url",))
def takes_any_method(visit: Visit) -> Iterator[str]:
    """One route for all methods; what is no route never reaches the function."""
    url = f"{visit.outputs['api_url']}/"
    for method in METHODS:
        _greeting(visit.request(method, url), f"{method} request to /")
    yield f"{', '.join(METHODS)} / → 200 each, with the method in the answer"
    astray = visit.get(f"{url}nowhere")
    expect(astray.status_code == 403, f"GET /nowhere → {astray.status_code}: {astray.text[:200]}")
    yield f"GET /nowhere → 403 {astray.text.strip()}"


@journey("Without its key a partner's route stays shut", needs=("api_url", "layer_function_name"))
def wants_a_key(visit: Visit) -> Iterator[str]:
    """The key lies in an SSM parameter, which the report function refers to."""
    url = f"{visit.outputs['api_url']}/status"
    refused = visit.get(url)
    expect(refused.status_code == 403, f"GET /status without a key → {refused.status_code}")
    yield f"GET /status without a key → 403 {refused.text.strip()}"
    answer = visit.get(url, headers={"x-api-key": _key(visit)})
    _greeting(answer, "GET request to /status")
    yield "GET /status with the key from SSM → 200"


@journey(
    "The report function has pandas from its layer and calls the API with its secret key",
    needs=("layer_function_name", "api_url"),
)
def reports(visit: Visit) -> Iterator[str]:
    """The alias PROD runs a published version."""
    client = visit.client("lambda")
    name = visit.outputs["layer_function_name"]
    answer = client.invoke(FunctionName=name, Qualifier="PROD", LogType="Tail")
    text = answer["Payload"].read().decode()
    expect("FunctionError" not in answer, f"{name}:PROD failed: {text[:500]}")
    report = json.loads(text)
    report = json.loads(report["body"]) if isinstance(report.get("body"), str) else report
    version = client.get_alias(FunctionName=name, Name="PROD")["FunctionVersion"]
    expect(
        answer["ExecutedVersion"] == version == str(report["function_version"]),
        f"PROD is version {version}, {answer['ExecutedVersion']} ran, "
        f"{report['function_version']} answered",
    )
    yield f"{name}:PROD is version {version}; dataframe_info {_short(report['dataframe_info'])}"
    external = report["external_data"]
    expect("GET request to /status" in json.dumps(external), f"external_data is {external!r}")
    yield f"external_data {_short(external)}"
    expect(_key(visit) not in text, "the answer contains the API key")
    yield "the key is not in the answer"


@journey("Requests over the partner's rate are told to slow down", needs=("api_url",))
def throttles(visit: Visit) -> Iterator[str]:
    """More requests at once than the usage plan's burst."""
    plan = _plan(visit)
    rate, burst = plan["throttle"]["rateLimit"], plan["throttle"]["burstLimit"]
    url, headers = f"{visit.outputs['api_url']}/status", {"x-api-key": _key(visit)}
    # Twice what the burst and the seconds that they take could let through.
    count = 2 * (burst + int(rate)) + 20
    with ThreadPoolExecutor(16) as pool:
        calls = [pool.submit(requests.get, url, headers=headers, timeout=10) for _ in range(count)]
        statuses = [call.result().status_code for call in calls]
    passed, slowed = statuses.count(200), statuses.count(429)
    expect(
        passed > 0 and slowed > 0 and passed + slowed == count,
        f"{count} requests at rate {rate:g}, burst {burst} → "
        f"{ {code: statuses.count(code) for code in set(statuses)} }",
    )
    yield f"{count} requests, rate {rate:g}/s, burst {burst}: {passed} answered 200, {slowed} 429"
    time.sleep(1)
    again = visit.get(url, headers=headers)
    expect(again.status_code == 200, f"a second later: {again.status_code}")
    yield "a second later → 200"


@journey("The function's URL wants the signature of someone allowed", needs=("function_name",))
def wants_a_signature(visit: Visit) -> Iterator[str]:
    """IAM decides; a stranger's signature is as good as none."""
    name, alias = visit.outputs["function_name"], visit.outputs["function_alias_arn"]
    client = visit.client("lambda")
    configured = client.get_function_url_config(
        FunctionName=name, Qualifier=alias.rpartition(":")[2]
    )
    expect(configured["AuthType"] == "AWS_IAM", f"the URL's AuthType is {configured['AuthType']}")
    url = _reachable(visit, configured["FunctionUrl"])
    unsigned = visit.get(url)
    expect(unsigned.status_code == 403, f"unsigned → {unsigned.status_code}: {unsigned.text[:200]}")
    yield f"unsigned → 403 {unsigned.text.strip()}"
    with user(visit) as stranger:
        refused = stranger.signed(visit, "GET", url, "lambda")
    expect(refused.status_code == 403, f"a stranger → {refused.status_code}: {refused.text[:200]}")
    yield f"signed by a user without permission → 403 {_short(refused.text)}"
    actions = ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"]
    with user(visit, [{"Effect": "Allow", "Action": actions, "Resource": alias}]) as friend:
        answer = friend.signed(visit, "GET", url, "lambda")
        _greeting(answer, "GET request to /")
        yield f"signed by a user who may → 200 {answer.text}"
        tampered = visit.get(url, headers={**dict(answer.request.headers), "X-Amz-Date": "x"})
    expect(tampered.status_code == 403, f"a broken signature → {tampered.status_code}")
    yield "with a broken signature → 403"


@journey("IAM denies an invocation that nobody allowed", needs=("function_alias_arn",))
def denies(visit: Visit) -> Iterator[str]:
    """A user may invoke the alias when a policy says so; nothing else comes with it."""
    alias = visit.outputs["function_alias_arn"]
    with user(visit) as stranger:
        yield f"without a policy: {_denied(stranger.client('lambda'), alias)}"
    allowed = [{"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": alias}]
    with user(visit, allowed) as friend:
        client = friend.client("lambda")
        answer = client.invoke(FunctionName=alias, Payload=b'{"source": "a journey"}')
        payload = json.loads(answer["Payload"].read())
        message = json.loads(payload["body"])["message"]
        expect(message == "Event processed from a journey", f"the alias answered {payload!r}")
        version = visit.client("lambda").get_alias(
            FunctionName=alias.rpartition(":")[0], Name=alias.rpartition(":")[2]
        )["FunctionVersion"]
        expect(
            answer["ExecutedVersion"] == version,
            f"the alias is version {version}, but {answer['ExecutedVersion']} ran",
        )
        yield f"with one for the alias: version {version} answers {message!r}"
        yield f"$LATEST with the same policy: {_denied(client, alias.rpartition(':')[0])}"


def _denied(client: Any, function: str) -> str:
    try:
        client.invoke(FunctionName=function)
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code"))
        expect(code == "AccessDeniedException", f"invoking {function} failed with {error}")
        return code
    raise JourneyFailed(f"{function} was invoked by a user whom no policy allows it")


def _greeting(answer: requests.Response, message: str) -> None:
    """The shape that every answer over HTTP has."""
    what = f"{answer.request.method} {answer.request.path_url} → {answer.status_code}"
    expect(answer.status_code == 200, f"{what}: {answer.text[:300]}")
    kind, origin = (
        answer.headers.get(name, "") for name in ("Content-Type", "Access-Control-Allow-Origin")
    )
    expect(kind.startswith("application/json"), f"{what}, Content-Type {kind!r}")
    expect(origin == "*", f"{what}, Access-Control-Allow-Origin {origin!r}")
    body = answer.json()
    expect(body["message"] == message and bool(body["requestId"]), f"{what}: {body!r}")
    datetime.fromisoformat(body["timestamp"])


def _key(visit: Visit) -> str:
    """The partner's API key, from where the report function is told to look for it."""
    configuration = visit.client("lambda").get_function_configuration(
        FunctionName=visit.outputs["layer_function_name"], Qualifier="PROD"
    )
    name = configuration["Environment"]["Variables"]["API_KEY"].partition(":parameter")[2]
    parameter = visit.client("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]
    return str(parameter["Value"])


def _plan(visit: Visit) -> Any:
    found = re.search(r"execute-api/([a-z0-9]+)/([^/]+)", visit.outputs["api_url"])
    expect(found is not None, f"{visit.outputs['api_url']} is no address of an API's stage")
    assert found
    stage = {"apiId": found[1], "stage": found[2]}
    for plan in visit.client("apigateway").get_usage_plans()["items"]:
        if any(stage.items() <= entry.items() for entry in plan.get("apiStages", [])):
            return plan
    raise JourneyFailed(f"no usage plan covers {stage}")


def _reachable(visit: Visit, url: str) -> str:
    """The function URL on this machine: its own host name resolves on AWS only."""
    url_id = url.partition("//")[2].partition(".")[0]
    return f"{visit.client('lambda').meta.endpoint_url}/_aws/lambda-url/{url_id}/"


def _short(value: object, length: int = 160) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= length else f"{text[:length]}…"
