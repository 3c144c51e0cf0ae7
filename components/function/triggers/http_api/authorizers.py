"""Who may call an HTTP API, besides everybody and roles: bearers of tokens, or whom a function
lets in."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from ....checks import integer, listed
from ....errors import invalid
from ..base import Target
from .args import HttpAuthorizer

HEADER = "$request.header.Authorization"
_KINDS = ("issuer", "user_pool_arn", "invoke_arn")
_SOURCE = re.compile(r"\$(request\.(header|querystring)|context|stageVariables)\.[\w.-]+")


@dataclass(frozen=True)
class Authorizer:
    """A checked HttpAuthorizer."""

    kind: str
    """``JWT`` or ``REQUEST``."""
    issuer: pulumi.Input[str] | None
    audience: Sequence[pulumi.Input[str]]
    invoke_arn: pulumi.Input[str] | None
    identity_sources: Sequence[str]
    cache_seconds: int


def checked_authorizer(who: str, field: str, given: HttpAuthorizer) -> Authorizer:
    """Check an authorizer.

    Raises:
        ValueError: it is of no kind or of several, or has what its kind does not.
    """
    issuer, pool, invoke = given.get("issuer"), given.get("user_pool_arn"), given.get("invoke_arn")
    chosen = [kind for kind in _KINDS if given.get(kind) is not None]
    if len(chosen) != 1:
        raise invalid(who, field, chosen, f"one of {listed(_KINDS)}", "It says who decides.")
    audience = list(given.get("audience") or ())
    if invoke is None and not audience:
        hint = "Without one, tokens for any other app of the issuer would do."
        raise invalid(who, f"{field}.audience", audience, "at least one client or app", hint)
    if invoke is not None and audience:
        raise invalid(who, f"{field}.audience", audience, "with issuer or user_pool_arn only")
    if isinstance(issuer, str) and not re.fullmatch(r"https://[^\s?#]+", issuer):
        hint = "It is the token's 'iss'; its keys are found below it."
        raise invalid(who, f"{field}.issuer", issuer, "an https URL", hint)
    sources = list(given.get("identity_sources") or (HEADER,))
    for source in sources:
        if not _SOURCE.fullmatch(source):
            allowed = f"sources such as {HEADER!r} or '$request.querystring.key'"
            raise invalid(who, f"{field}.identity_sources", source, allowed)
    cache = given.get("cache_seconds")
    if cache is not None and invoke is None:
        hint = "A token says itself how long it is good."
        raise invalid(who, f"{field}.cache_seconds", cache, "with invoke_arn only", hint)
    return Authorizer(
        "JWT" if invoke is None else "REQUEST",
        issuer if pool is None else pulumi.Output.from_input(pool).apply(issuer_of_pool),
        audience,
        invoke,
        sources,
        integer(who, f"{field}.cache_seconds", cache or 0, 0, 3600),
    )


def issuer_of_pool(arn: str) -> str:
    """The issuer of a Cognito user pool's tokens."""
    _, partition, _, region, _, pool = arn.split(":", 5)
    suffix = "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
    return f"https://cognito-idp.{region}.{suffix}/{pool.removeprefix('userpool/')}"


def make_authorizers(
    target: Target, api: "aws.apigatewayv2.Api", authorizers: Mapping[str, Authorizer]
) -> "dict[str, aws.apigatewayv2.Authorizer]":
    """The authorizers of an API by name; functions among them may be asked by it alone."""
    made: dict[str, aws.apigatewayv2.Authorizer] = {}
    for name, item in authorizers.items():
        child = f"{target.scope.name}-http-{name}"
        if item.invoke_arn is None:
            made[name] = aws.apigatewayv2.Authorizer(
                child,
                api_id=api.id,
                authorizer_type=item.kind,
                identity_sources=item.identity_sources,
                jwt_configuration={"issuer": item.issuer, "audiences": item.audience},
                opts=target.scope.opts,
            )
            continue
        made[name] = aws.apigatewayv2.Authorizer(
            child,
            api_id=api.id,
            authorizer_type=item.kind,
            identity_sources=item.identity_sources,
            authorizer_uri=item.invoke_arn,
            authorizer_payload_format_version="2.0",
            authorizer_result_ttl_in_seconds=item.cache_seconds,
            enable_simple_responses=True,
            opts=target.scope.opts,
        )
        asked = pulumi.Output.from_input(item.invoke_arn).apply(function_of)
        aws.lambda_.Permission(
            child,
            action="lambda:InvokeFunction",
            function=asked.apply(lambda found: found[0]),
            qualifier=asked.apply(lambda found: found[1]),
            principal="apigateway.amazonaws.com",
            source_arn=pulumi.Output.concat(api.execution_arn, "/authorizers/", made[name].id),
            source_account=target.account_id,
            opts=target.scope.opts,
        )
    return made


def function_of(invoke_arn: str) -> tuple[str, str | None]:
    """ARN of the function, and the alias or version, in the address that API Gateway calls."""
    found = re.search(
        r"/functions/(arn:[^:]+:lambda:[^:]+:\d+:function:[^:/]+)(?::([^/]+))?/", invoke_arn
    )
    if not found:
        raise ValueError(
            f"triggers.http_api.authorizers: invoke_arn={invoke_arn!r} is not valid. Allowed: "
            "invoke_arn of a function or an alias, in which its arn stands."
        )
    return found[1], found[2]
