"""What a caller writes to describe a REST API."""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi

from ....web_app import Domain
from ..cors import Cors
from ..throttle import Throttle


class RestRoute(TypedDict):
    """Requests that call the function."""

    method: NotRequired[str]
    """``GET``, ``POST``, ``PUT``, ``PATCH``, ``DELETE``, ``HEAD``, ``OPTIONS`` or ``ANY``
    (default): those that no other route of the path names."""
    path: str
    """``/orders/{id}``; ``{rest+}`` at the end takes all that follows, but not the path above
    it. Parameters that stand in the same place have the same name in all routes."""
    auth: NotRequired[str]
    """Name of one of ``authorizers``, ``iam`` for signed requests of roles that
    ``call_policy()`` allows, or ``none``. Default: the API's ``auth``."""
    scopes: NotRequired[Sequence[str]]
    """OAuth scopes of which the access token must have one, with user pools. Without any, the
    pools' id tokens are taken. None by default."""
    api_key: NotRequired[bool]
    """Whether the ``x-api-key`` header must hold one of ``api_keys``. It tells callers apart and
    counts them; it is no proof of who they are. Default False."""
    throttle: NotRequired[Throttle]
    """A limit for this route alone, each method of ``ANY`` by itself. Default: the API's."""
    cache_seconds: NotRequired[int]
    """How long an answer is kept and given again without asking the function, 1 to 3600; needs
    ``cache``. Answers are told apart by the path's parameters, ``required_query``,
    ``required_headers``, ``cache_query``, ``cache_headers`` and what identifies the caller to
    an authorizer; callers by ``iam`` or with an API key share them. Not cached by default."""
    cache_query: NotRequired[Sequence[str]]
    """Query parameters that may be absent and tell cached answers apart. All others do not: two
    requests that differ in them get the same answer. None by default."""
    cache_headers: NotRequired[Sequence[str]]
    """Headers that may be absent and tell cached answers apart. None by default."""
    cache_any_method: NotRequired[bool]
    """True to allow ``cache_seconds`` for more than GET: a request that is answered from the
    cache changes nothing. Default False."""
    required_query: NotRequired[Sequence[str]]
    """Query parameters without which a request gets 400 and the function is not called. None by
    default."""
    required_headers: NotRequired[Sequence[str]]
    """Headers without which a request gets 400 and the function is not called. None by
    default."""
    body_schema: NotRequired[Mapping[str, Any]]
    """JSON Schema (draft 4) that a JSON body must meet, or else the request gets 400;
    ``{"$ref": "#/components/schemas/Order"}`` names one of ``models``. For POST, PUT and PATCH.
    Bodies with a ``Content-Type`` other than ``application/json`` are not looked at, so the
    handler must not rely on it. None by default."""


class RestAuthorizer(TypedDict):
    """Who may call: bearers of a Cognito user pool's tokens, or whom a function lets in."""

    user_pool_arns: NotRequired[Sequence[pulumi.Input[str]]]
    """ARNs of Cognito user pools whose tokens are taken, from any of their clients."""
    invoke_arn: NotRequired[pulumi.Input[str]]
    """``invoke_arn`` of a function, or better of its alias, that answers with an IAM policy."""
    role_arn: NotRequired[pulumi.Input[str]]
    """A role that API Gateway takes to call that function. By default the function's own policy
    lets this API in, which works within the account."""
    type: NotRequired[str]
    """What the function sees: ``request`` (default) the whole request, ``token`` one header."""
    identity_sources: NotRequired[Sequence[str]]
    """What identifies a caller: ``method.request.header.Authorization`` (default), or with
    ``request`` also ``method.request.querystring.key``, ``stageVariables.x`` and ``context.x``.
    A request without it gets 401 and nobody is asked. One header for ``token`` and pools."""
    token_pattern: NotRequired[str]
    """Regular expression that the header must match before the function is asked, with
    ``token``. None by default."""
    cache_seconds: NotRequired[int]
    """How long the function's answer is remembered for the same identity, 0 to 3600; the policy
    must then speak of all routes, since it is applied to all. Default 0: who is locked out is
    so at once."""


class RestQuota(TypedDict):
    """How many requests each API key has."""

    limit: int
    """Requests per period, 1 or more. Those above get 429. API Gateway counts at its best effort:
    it is no bill."""
    period: NotRequired[str]
    """``DAY``, ``WEEK`` or ``MONTH`` (default), in UTC."""


class RestCache(TypedDict):
    """Memory for answers, paid by the hour for its size whether it is used or not."""

    size_gb: NotRequired[float]
    """0.5 (default), 1.6, 6.1, 13.5, 28.4, 58.2, 118 or 237."""
    encrypted: NotRequired[bool]
    """Whether answers are encrypted in it. Default True."""


class RestApi(TypedDict):
    """A REST API whose routes call the function.

    Two routes for everybody and one for partners, each with a key of its own::

        "rest_api": {
            "routes": [{"method": "GET", "path": "/hello"}, {"method": "ANY", "path": "/"},
                       {"method": "GET", "path": "/status", "api_key": True}],
            "api_keys": ["partner"],
            "quota": {"limit": 10_000, "period": "DAY"},
        }

    Customers of a shop, from its page; orders are checked before the function is called::

        "rest_api": {
            "auth": "customers",
            "authorizers": {"customers": {"user_pool_arns": [pool.arn]}},
            "cors": {"origins": ["https://shop.example.com"], "credentials": True},
            "routes": [
                {"method": "GET", "path": "/products", "auth": "none", "cache_seconds": 60},
                {"method": "POST", "path": "/orders",
                 "body_schema": {"type": "object", "required": ["items"]}},
            ],
            "cache": {},
        }
    """

    routes: Sequence[RestRoute]
    """The requests that call the function, at least one. All others get 403 and do not."""
    auth: NotRequired[str]
    """``auth`` of every route that says nothing. Default ``none``: anybody may call."""
    authorizers: NotRequired[Mapping[str, RestAuthorizer]]
    """Authorizers by a short name. None by default."""
    cors: NotRequired[Cors]
    """Which web pages may call. None by default. The API answers OPTIONS of every path and puts
    the headers on its own refusals; the handler must put ``Access-Control-Allow-Origin`` on its
    answers. With several origins and ``credentials`` pages cannot read refusals."""
    api_keys: NotRequired[Sequence[str]]
    """Short names of callers; each gets a key that API Gateway makes up, and an SSM SecureString
    that holds it (``api_key_parameter_arns``). None by default."""
    quota: NotRequired[RestQuota]
    """How many requests each key has. No limit by default."""
    key_throttle: NotRequired[Throttle]
    """A limit for each key. Default: ``throttle``, so that one caller cannot take more."""
    throttle: NotRequired[Throttle]
    """A limit for each route by itself, all callers together. Default: the account's, 10000 a
    second for all its APIs."""
    cache: NotRequired[RestCache]
    """Memory for answers of the routes that say ``cache_seconds``. None by default: it costs by
    the hour."""
    models: NotRequired[Mapping[str, Mapping[str, Any]]]
    """JSON Schemas (draft 4) by a name of letters and digits, for ``$ref`` in ``body_schema`` and
    in each other. None by default."""
    binary_media_types: NotRequired[Sequence[str]]
    """Types such as ``image/png`` that the handler sends and receives as base64; the API decodes
    them where the request's ``Accept`` names one. None by default."""
    timeout_seconds: NotRequired[int]
    """How long the API waits for the function, up to 300. Default 29: more needs a raised quota
    ("Maximum integration timeout in milliseconds") and API Gateway refuses it without. The
    function's own timeout must not be longer."""
    stage: NotRequired[str]
    """The first part of every path, ``https://…/live/hello``: letters, digits, ``-`` and ``_``.
    Default ``live``. Another one is another address."""
    access_logs: NotRequired[bool]
    """Whether each request is written to a log group, kept as long as the function's. Default
    False, since API Gateway refuses it in a region where the account has no role for it
    (``aws.apigateway.Account``). That role is one for all APIs of the region, so it belongs to
    a program of its own and is never made here."""
    log_level: NotRequired[str]
    """What API Gateway writes of its own doings: ``OFF`` (default), ``ERROR`` or ``INFO``. Needs
    the same role of the account. Bodies are never written."""
    metrics: NotRequired[bool]
    """CloudWatch metrics of each route besides those of the stage; they cost. Default False."""
    tracing: NotRequired[bool]
    """Whether X-Ray follows requests from the API on. Default False."""
    domain: NotRequired[Domain]
    """A domain of the API: a certificate and a record; the address that AWS gives is switched
    off then. None by default."""
