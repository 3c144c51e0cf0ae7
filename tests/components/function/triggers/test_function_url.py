"""The function's URL: who may call it, and through which two permissions."""

from collections.abc import Mapping
from typing import Any

import pytest

from components.function.triggers import function_url
from components.testing import UNKNOWN

from .deployed import made

URL = "aws:lambda/functionUrl:FunctionUrl"
PERMISSION = "aws:lambda/permission:Permission"


def refusal(given: Any) -> str:
    with pytest.raises(ValueError, match="MultiTriggerFunction 'shop': ") as caught:
        made(function_url, given)
    return str(caught.value).removeprefix("MultiTriggerFunction 'shop': ")


def test_requests_are_signed_unless_told_otherwise() -> None:
    deployment = made(function_url, {})
    found = deployment.one(URL, "shop-url")
    assert found.inputs["authorizationType"] == "AWS_IAM"
    assert found.inputs["invokeMode"] == "BUFFERED"
    assert found.inputs["qualifier"] == deployment.one("aws:lambda/alias:Alias").outputs["name"]
    assert "cors" not in found.inputs
    assert deployment.of(PERMISSION) == []
    assert deployment.result == {"function_url": found.outputs["functionUrl"]}


def _permissions(given: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {item.name: item.inputs for item in made(function_url, given).of(PERMISSION)}


def test_everybody_may_call_only_when_none_is_written_and_only_through_the_url() -> None:
    found = _permissions({"auth": "none"})
    common = {"function": "shop", "qualifier": "shop", "principal": "*"}
    assert found == {
        "shop-url": {
            **common,
            "action": "lambda:InvokeFunctionUrl",
            "functionUrlAuthType": "NONE",
        },
        "shop-url-invoke": {
            **common,
            "action": "lambda:InvokeFunction",
            "invokedViaFunctionUrl": True,
        },
    }


def test_callers_of_other_accounts_get_both_permissions() -> None:
    found = _permissions({"callers": {"partner": "210987654321"}})
    assert set(found) == {"shop-url-partner", "shop-url-partner-invoke"}
    assert {item["principal"] for item in found.values()} == {"210987654321"}
    assert found["shop-url-partner"]["functionUrlAuthType"] == "AWS_IAM"
    assert found["shop-url-partner-invoke"]["invokedViaFunctionUrl"] is True


def test_a_first_preview_knows_everything_but_the_address() -> None:
    deployment = made(function_url, {"auth": "none"}, known=False)
    assert deployment.one(URL).inputs["authorizationType"] == "NONE"
    assert len(deployment.of(PERMISSION)) == 2
    assert deployment.result == {"function_url": UNKNOWN}


def test_a_signing_caller_needs_both_actions_through_the_url_alone() -> None:
    by_url, invoke = function_url.url_statements("arn:alias")
    assert by_url == {
        "actions": ["lambda:InvokeFunctionUrl"],
        "resources": ["arn:alias"],
        "conditions": {"StringEquals": {"lambda:FunctionUrlAuthType": ["AWS_IAM"]}},
    }
    assert invoke == {
        "actions": ["lambda:InvokeFunction"],
        "resources": ["arn:alias"],
        "conditions": {"Bool": {"lambda:InvokedViaFunctionUrl": ["true"]}},
    }


def test_named_pages_may_call_from_a_browser() -> None:
    given = {
        "cors": {
            "origins": ["https://shop.example.com", "http://localhost:3000"],
            "methods": ["get", "POST"],
            "headers": ["x-cart"],
            "expose_headers": ["etag"],
            "max_age_seconds": 0,
            "credentials": True,
        },
        "invoke_mode": "response_stream",
    }
    found = made(function_url, given).one(URL).inputs
    assert found["invokeMode"] == "RESPONSE_STREAM"
    assert found["cors"] == {
        "allowOrigins": ["https://shop.example.com", "http://localhost:3000"],
        "allowMethods": ["GET", "POST"],
        "allowHeaders": ["x-cart"],
        "exposeHeaders": ["etag"],
        "maxAge": 0,
        "allowCredentials": True,
    }


def test_a_page_that_is_named_may_do_what_a_json_api_needs() -> None:
    found = made(function_url, {"cors": {"origins": ["*"]}}).one(URL).inputs["cors"]
    assert found == {
        "allowOrigins": ["*"],
        "allowMethods": ["*"],
        "allowHeaders": ["authorization", "content-type"],
        "exposeHeaders": [],
        "maxAge": 600,
        "allowCredentials": False,
    }


U = "triggers.url"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"auth": "aws_iam"},
            f"{U}.auth='aws_iam' is not valid. Allowed: 'iam', 'none'. Did you mean 'iam'?",
        ),
        (
            {"invoke_mode": "stream"},
            f"{U}.invoke_mode='stream' is not valid. Allowed: 'buffered', 'response_stream'.",
        ),
        (
            {"auth": "none", "callers": {"a": "1"}},
            f"{U}.callers=['a'] is not valid. Allowed: with auth='iam' only. With auth='none' "
            "everybody is allowed already.",
        ),
        (
            {"cors": {"origins": ["https://shop.example.com/"]}},
            f"{U}.cors.origins='https://shop.example.com/' is not valid. Allowed: sites such as "
            "'https://shop.example.com'. No path and no slash at the end: browsers compare the "
            "text.",
        ),
        ({"cors": {"origins": ["shop.example.com"]}}, f"{U}.cors.origins='shop.example.com' is"),
        ({"cors": {"origins": []}}, f"{U}.cors.origins=[] is not valid. Allowed: at least one"),
        (
            {"cors": {"origins": ["*"], "credentials": True}},
            f"{U}.cors.credentials=True is not valid. Allowed: False with '*' in origins or "
            "headers. Name them: browsers take '*' literally when credentials are sent.",
        ),
        (
            {"cors": {"origins": ["*"], "methods": ["OPTIONS"]}},
            f"{U}.cors.methods='OPTIONS' is not valid. Allowed: '*', 'GET', 'POST', 'PUT', "
            "'PATCH', 'DELETE', 'HEAD'.",
        ),
        (
            {"cors": {"origins": ["*"], "max_age_seconds": 86_401}},
            f"{U}.cors.max_age_seconds=86401 is not valid. Allowed: whole numbers from 0 to 86400",
        ),
        ({"callers": {"a b": "1"}}, f"{U}.callers='a b' is not valid. Allowed: names of letters"),
        ({"cors": {}}, f"missing required argument '{U}.cors.origins'."),
        ({"aut": "iam"}, f"unknown argument '{U}.aut'. Did you mean '{U}.auth'?"),
        (
            {"routes": []},
            f"'{U}.routes' does not exist: only rest_api and http_api have 'routes'. Declare "
            "rest_api instead of url, or leave it out.",
        ),
        ({"authorizers": {}}, "only rest_api and http_api have 'authorizers'."),
        ({"throttle": {}}, "only rest_api and http_api have 'throttle'."),
        ({"api_keys": ["x"]}, "only rest_api has 'api_keys'."),
    ],
)
def test_what_a_url_cannot_have_is_refused(given: Any, words: str) -> None:
    assert words in refusal(given)
