"""A REST API in front of the function: the API Gateway kind with keys, quotas, caching, request
validation and X-Ray.

A request costs about 3.5 times what it does with an HTTP API. What it does not have: tokens of
issuers other than Cognito and CORS headers on the function's answers, which the handler writes
itself (``http_api`` has both); answers that stream or take longer than 29 seconds (``url``).
"""

from .args import RestApi, RestAuthorizer, RestCache, RestQuota, RestRoute
from .plan import call_statements, plan

__all__ = [
    "RestApi",
    "RestAuthorizer",
    "RestCache",
    "RestQuota",
    "RestRoute",
    "call_statements",
    "plan",
]
