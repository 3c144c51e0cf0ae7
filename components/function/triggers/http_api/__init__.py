"""An HTTP API in front of the function: routes, CORS, throttling, authorizers, a domain.

It is the cheaper and faster of API Gateway's two kinds; what only the other has (API keys,
quotas, caching, request validation, X-Ray) is an argument of ``rest_api`` alone.
"""

from .args import HttpApi, HttpAuthorizer, HttpRoute
from .plan import plan

__all__ = ["HttpApi", "HttpAuthorizer", "HttpRoute", "plan"]
