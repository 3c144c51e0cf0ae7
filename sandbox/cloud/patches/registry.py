"""ECR addresses that lead somewhere: the gateway itself, which serves the protocol."""

import base64
import time
from typing import Any

from ministack.core.responses import json_response
from ministack.services import ecr

from sandbox.cloud.settings import Settings

from . import guard


def apply(settings: Settings) -> None:
    """Repository URIs become ``127.0.0.1:<port>/<name>``, which Docker trusts over HTTP."""
    host = f"127.0.0.1:{settings.port}"

    def token(data: dict[str, Any]) -> Any:  # noqa: ARG001
        secret = base64.b64encode(b"AWS:sandbox").decode()
        entry = {
            "authorizationToken": secret,
            "expiresAt": int(time.time()) + 43200,
            "proxyEndpoint": f"http://{host}",
        }
        return json_response({"authorizationData": [entry]})

    def uri(name: str) -> str:
        return f"{host}/{name}"

    guard.replace(ecr, "_repo_uri", "(name)", uri)
    guard.replace(ecr, "_get_authorization_token", "(data)", token)
