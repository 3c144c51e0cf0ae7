"""Who may call a REST API, besides everybody and roles: bearers of a user pool's tokens, or whom
a function lets in."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from ....checks import integer, one_of
from ....errors import invalid
from ..base import Target
from ..http_api.authorizers import function_of
from .args import RestAuthorizer

HEADER = "method.request.header."
DEFAULT_SOURCE = f"{HEADER}Authorization"
POOL = "cognito_user_pools"
_SOURCE = re.compile(
    r"method\.request\.(header|querystring)\.[\w.-]+|(context|stageVariables)\.[\w.-]+"
)
_INVOKE_ARN = re.compile(r"arn:[^/]+:lambda:path/2015-03-31/functions/arn:[^/]+/invocations")
_FUNCTION_ONLY = ("role_arn", "type", "token_pattern", "cache_seconds")


@dataclass(frozen=True)
class Authorizer:
    """A checked RestAuthorizer."""

    kind: str
    """``cognito_user_pools``, ``request`` or ``token``."""
    user_pool_arns: Sequence[pulumi.Input[str]]
    invoke_arn: pulumi.Input[str] | None
    role_arn: pulumi.Input[str] | None
    identity_sources: Sequence[str]
    token_pattern: str | None
    cache_seconds: int

    def scheme(self) -> Mapping[str, Any]:
        """The security scheme of the OpenAPI document."""
        details: dict[str, Any] = {"type": self.kind}
        if self.kind == POOL:
            details["providerARNs"] = self.user_pool_arns
        else:
            details["authorizerUri"] = self.invoke_arn
            details["authorizerResultTtlInSeconds"] = self.cache_seconds
            if self.role_arn is not None:
                details["authorizerCredentials"] = self.role_arn
            if self.token_pattern is not None:
                details["identityValidationExpression"] = self.token_pattern
        if self.kind == "request":
            details["identitySource"] = ",".join(self.identity_sources)
        return {
            "type": "apiKey",  # what API Gateway calls every scheme
            "in": "header",
            "name": "Unused"
            if self.kind == "request"
            else self.identity_sources[0].removeprefix(HEADER),
            "x-amazon-apigateway-authtype": POOL if self.kind == POOL else "custom",
            "x-amazon-apigateway-authorizer": details,
        }


def checked_authorizer(who: str, field: str, given: RestAuthorizer) -> Authorizer:
    """Check an authorizer.

    Raises:
        ValueError: it is of no kind or of both, or has what its kind does not.
    """
    pools, invoke = given.get("user_pool_arns"), given.get("invoke_arn")
    if bool(pools) == (invoke is not None):
        asked = [key for key in ("user_pool_arns", "invoke_arn") if given.get(key)]
        hint = "It says who decides."
        raise invalid(who, field, asked, "one of 'user_pool_arns', 'invoke_arn'", hint)
    for key in _FUNCTION_ONLY if pools else ():
        if given.get(key) is not None:
            raise invalid(who, f"{field}.{key}", given.get(key), "with invoke_arn only")
    if isinstance(invoke, str) and not _INVOKE_ARN.fullmatch(invoke):
        hint = "It is not the function's arn."
        raise invalid(who, f"{field}.invoke_arn", invoke, "invoke_arn of a function or alias", hint)
    kind = POOL if pools else given.get("type") or "request"
    if not pools:
        kind = one_of(who, f"{field}.type", kind, ("request", "token"))
    pattern = given.get("token_pattern")
    if pattern is not None and kind != "token":
        raise invalid(who, f"{field}.token_pattern", pattern, "with type='token' only")
    cache = given.get("cache_seconds")
    return Authorizer(
        kind,
        list(pools or ()),
        invoke,
        given.get("role_arn"),
        _sources(who, f"{field}.identity_sources", given, kind),
        pattern,
        integer(who, f"{field}.cache_seconds", cache or 0, 0, 3600),
    )


def _sources(who: str, field: str, given: RestAuthorizer, kind: str) -> Sequence[str]:
    sources = list(given.get("identity_sources") or (DEFAULT_SOURCE,))
    for source in sources:
        if not _SOURCE.fullmatch(source):
            meant = f"method.{source.lstrip('$')}"
            hint = f"Did you mean {meant!r}?" if _SOURCE.fullmatch(meant) else ""
            allowed = f"sources such as {DEFAULT_SOURCE!r} or 'method.request.querystring.key'"
            raise invalid(who, field, source, allowed, hint)
    if kind != "request" and (len(sources) > 1 or not sources[0].startswith(HEADER)):
        hint = "An authorizer of type 'request' takes more."
        raise invalid(who, field, sources, "one header", hint)
    return sources


def allow_authorizers(
    target: Target, api: "aws.apigateway.RestApi", authorizers: Mapping[str, Authorizer]
) -> Sequence[pulumi.Resource]:
    """Let this API ask the functions among its authorizers that no role calls.

    The authorizers' ids are API Gateway's secret, since it makes them from the document.
    """
    made: list[pulumi.Resource] = []
    for name, item in authorizers.items():
        if item.invoke_arn is None or item.role_arn is not None:
            continue
        asked = pulumi.Output.from_input(item.invoke_arn).apply(function_of)
        permission = aws.lambda_.Permission(
            f"{target.scope.name}-api-{name}",
            action="lambda:InvokeFunction",
            function=asked.apply(lambda found: found[0]),
            qualifier=asked.apply(lambda found: found[1]),
            principal="apigateway.amazonaws.com",
            source_arn=pulumi.Output.concat(api.execution_arn, "/authorizers/*"),
            source_account=target.account_id,
            opts=target.scope.opts,
        )
        made.append(permission)
    return made
