"""Clients that answer what a test says, in the shape that AWS answers in (botocore checks it)."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import boto3
from botocore.stub import Stubber

Answers = Mapping[str, list[tuple[Any, ...]]]
"""By service: operations in the order in which they are asked, each with its answer or with the
code of an error, and with what must be asked where a test says so."""


@cache
def _session() -> Any:
    return boto3.Session(
        aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1"
    )


def clients(answers: Answers) -> Any:
    """What makes clients; a question nobody expected is an error."""
    made: dict[str, Any] = {}
    for service, operations in answers.items():
        client = _session().client(service)
        stub = Stubber(client)
        for operation, answer, *asked in operations:
            if isinstance(answer, str):
                stub.add_client_error(operation, service_error_code=answer)
            else:
                stub.add_response(operation, answer, *asked)
        stub.activate()
        made[service] = client
    return made.__getitem__
