"""The function's own URL: HTTPS without an API in front, on the alias.

It is the cheapest front door, waits as long as the function runs and can stream; it has no
routes, throttling or authorizers besides IAM. Left out: a domain, for which CloudFront stands
in front.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from ...checks import one_of
from ...errors import check_keys, invalid
from ...policy import Statement, allow
from .base import Plan, Subject, Target
from .cors import METHODS, Cors, checked_cors
from .features import check_features
from .names import check_names

AUTHS = {"iam": "AWS_IAM", "none": "NONE"}
DEFAULT_AUTH = "iam"
"""Whoever finds a URL without authentication can call it, and the owner pays."""
INVOKE_MODES = {"buffered": "BUFFERED", "response_stream": "RESPONSE_STREAM"}
_METHODS = tuple(method for method in METHODS if method != "OPTIONS")
"""Lambda answers a browser's OPTIONS by itself and refuses the name."""


class FunctionUrl(TypedDict):
    """An HTTPS address of the function itself.

    For callers that sign with IAM, which need ``url_policy()`` of the function::

        "url": {}

    For everybody, from one web page::

        "url": {"auth": "none", "cors": {"origins": ["https://shop.example.com"]}}
    """

    auth: NotRequired[str]
    """``iam`` (default): requests are signed, and the caller's role allows it. ``none``: no
    questions asked, so that the handler must check who calls; writing it is the confirmation,
    there is no second switch."""
    callers: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Who may call from another account, with ``auth="iam"``: short names to account ids or
    ARNs of roles. None by default; callers of the same account need ``url_policy()`` alone."""
    cors: NotRequired[Cors]
    """Which web pages may call. None by default, and the handler must not send such headers
    itself."""
    invoke_mode: NotRequired[str]
    """``buffered`` (default): the whole answer at once, up to 6 MB. ``response_stream``: as it
    is written; Python needs a runtime of its own for that."""


class _Given(TypedDict):
    url: FunctionUrl


@dataclass(frozen=True)
class _Plan(Plan):
    auth: str
    invoke_mode: str
    cors: Any
    callers: Mapping[str, pulumi.Input[str]]

    def connect(self, target: Target) -> Mapping[str, Any]:
        scope = target.scope
        for name, principal in self.callers.items():
            _allow(target, f"url-{name}", principal, self.auth)
        if self.auth == AUTHS["none"]:
            _allow(target, "url", "*", self.auth)
        made = aws.lambda_.FunctionUrl(
            f"{scope.name}-url",
            function_name=target.function.name,
            qualifier=target.alias.name,
            authorization_type=self.auth,
            invoke_mode=self.invoke_mode,
            cors=self.cors,
            opts=scope.opts,
        )
        return {"function_url": made.function_url}


def plan(subject: Subject, given: FunctionUrl) -> Plan:
    """Check the URL of a function.

    Raises:
        ValueError: a value is not allowed.
    """
    who = subject.who
    check_features(who, {"url": given})
    check_keys(who, {"url": given}, _Given, prefix="triggers.")
    auth = one_of(who, "triggers.url.auth", given.get("auth") or DEFAULT_AUTH, tuple(AUTHS))
    mode = given.get("invoke_mode") or "buffered"
    callers = given.get("callers") or {}
    check_names(subject, "url.callers", callers, "url", 100)
    if callers and auth == "none":
        hint = "With auth='none' everybody is allowed already."
        raise invalid(who, "triggers.url.callers", sorted(callers), "with auth='iam' only", hint)
    return _Plan(
        AUTHS[auth],
        INVOKE_MODES[one_of(who, "triggers.url.invoke_mode", mode, tuple(INVOKE_MODES))],
        checked_cors(who, "triggers.url.cors", given.get("cors"), _METHODS),
        callers,
    )


def url_statements(alias_arn: pulumi.Input[str]) -> Sequence[Statement]:
    """What the role of a signing caller must be allowed: both, and through the URL only.

    Since October 2025 Lambda asks for both actions (Lambda developer guide, "Control access to
    Lambda function URLs").
    """
    return (
        allow(
            "lambda:InvokeFunctionUrl",
            alias_arn,
            condition={"StringEquals": {"lambda:FunctionUrlAuthType": AUTHS["iam"]}},
        ),
        allow(
            "lambda:InvokeFunction",
            alias_arn,
            condition={"Bool": {"lambda:InvokedViaFunctionUrl": "true"}},
        ),
    )


def _allow(target: Target, role: str, principal: pulumi.Input[str], auth: str) -> None:
    """Let somebody in whom no role of this account speaks for.

    There is no resource on whose behalf he calls, so the kind of URL is the narrowest condition.
    """
    common: dict[str, Any] = {
        "function": target.function.name,
        "qualifier": target.alias.name,
        "principal": principal,
        "opts": target.scope.opts,
    }
    aws.lambda_.Permission(
        f"{target.scope.name}-{role}",
        action="lambda:InvokeFunctionUrl",
        function_url_auth_type=auth,
        **common,
    )
    aws.lambda_.Permission(
        f"{target.scope.name}-{role}-invoke",
        action="lambda:InvokeFunction",
        invoked_via_function_url=True,
        **common,
    )
