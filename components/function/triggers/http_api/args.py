"""What a caller writes to describe an HTTP API."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi

from ....web_app import Domain
from ..cors import Cors
from ..throttle import Throttle


class HttpRoute(TypedDict):
    """Requests that call the function."""

    method: NotRequired[str]
    """``GET``, ``POST``, ``PUT``, ``PATCH``, ``DELETE``, ``HEAD``, ``OPTIONS`` or ``ANY``
    (default)."""
    path: str
    """``/orders/{id}``; ``{rest+}`` at the end takes all that follows. ``$default``, with
    ``ANY``, is everything that no other route takes."""
    auth: NotRequired[str]
    """Name of one of ``authorizers``, ``iam`` for signed requests of roles that
    ``call_policy()`` allows, or ``none``. Default: the API's ``auth``."""
    scopes: NotRequired[Sequence[str]]
    """OAuth scopes of which the token must have one, with a JWT authorizer. None by default."""
    throttle: NotRequired[Throttle]
    """A limit for this route alone. Default: the API's."""


class HttpAuthorizer(TypedDict):
    """Who may call: one of tokens of an issuer, of a Cognito user pool, or a function's word."""

    issuer: NotRequired[pulumi.Input[str]]
    """Issuer of JSON web tokens, an https URL: requests carry one that it signed. Needs
    ``audience``."""
    user_pool_arn: NotRequired[pulumi.Input[str]]
    """ARN of a Cognito user pool as the issuer. Needs ``audience``: the ids of its clients."""
    audience: NotRequired[Sequence[pulumi.Input[str]]]
    """Whom the token must be meant for, one of these."""
    invoke_arn: NotRequired[pulumi.Input[str]]
    """``invoke_arn`` of a function, or better of its alias, that is asked about each request
    and answers ``{"isAuthorized": true}`` (payload format 2.0)."""
    identity_sources: NotRequired[Sequence[str]]
    """What identifies a caller, such as ``$request.header.Authorization`` (default) or
    ``$request.querystring.key``; without it a request gets 401 and nobody is asked."""
    cache_seconds: NotRequired[int]
    """How long a function's answer is remembered for the same identity, 0 to 3600. Default 0:
    who is locked out is so at once."""


class HttpApi(TypedDict):
    """An HTTP API whose routes call the function, with events of payload format 2.0::

    "http_api": {
        "routes": [{"method": "GET", "path": "/orders/{id}", "auth": "customers"},
                   {"method": "POST", "path": "/hooks", "throttle": {"rate": 5}}],
        "authorizers": {"customers": {"user_pool_arn": pool.arn, "audience": [client.id]}},
        "cors": {"origins": ["https://shop.example.com"]},
    }
    """

    routes: Sequence[HttpRoute]
    """The requests that call the function, at least one."""
    auth: NotRequired[str]
    """``auth`` of every route that says nothing. Default ``none``: anybody may call."""
    authorizers: NotRequired[Mapping[str, HttpAuthorizer]]
    """Authorizers by a short name. None by default."""
    cors: NotRequired[Cors]
    """Which web pages may call. None by default. The API then answers OPTIONS by itself and
    overwrites what the handler sends."""
    throttle: NotRequired[Throttle]
    """A limit for the whole API. Default: the account's, 10000 a second for all its APIs."""
    access_logs: NotRequired[bool]
    """Whether each request is written to a log group, kept as long as the function's. Default
    True: who called what, when the function never saw it."""
    domain: NotRequired[Domain]
    """A domain of the API: a certificate and a record; the address that AWS gives is switched
    off then. None by default."""
