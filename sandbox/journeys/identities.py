"""Callers of a journey: IAM users of its own, and requests signed by them."""

import json
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import boto3
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from sandbox.journeys import Visit


@dataclass(frozen=True)
class User:
    """An IAM user with an access key."""

    name: str
    key_id: str
    secret: str
    endpoint: str
    region: str

    def client(self, service: str) -> Any:
        """A boto3 client that calls as this user."""
        factory: Any = boto3.client  # its overloads want literal names
        return factory(
            service,
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=self.key_id,
            aws_secret_access_key=self.secret,
            config=Config(retries={"total_max_attempts": 1}),
        )

    def signed(
        self, visit: Visit, method: str, url: str, service: str, body: str | None = None
    ) -> requests.Response:
        """Send a request, its body as JSON, with this user's signature (SigV4) for ``service``."""
        headers = {} if body is None else {"Content-Type": "application/json"}
        request = AWSRequest(method=method, url=url, data=body, headers=headers)
        SigV4Auth(Credentials(self.key_id, self.secret), service, self.region).add_auth(request)
        return visit.request(method, url, headers=dict(request.headers.items()), data=body)


@contextmanager
def user(visit: Visit, statements: Sequence[Mapping[str, Any]] = ()) -> Generator[User]:
    """A user who may do what ``statements`` allow and nothing else; gone afterwards."""
    iam = visit.client("iam")
    name = f"journey-{uuid4().hex[:8]}"
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    try:
        if statements:
            document = {"Version": "2012-10-17", "Statement": list(statements)}
            iam.put_user_policy(
                UserName=name, PolicyName="journey", PolicyDocument=json.dumps(document)
            )
        meta = visit.client("lambda").meta
        yield User(
            name, key["AccessKeyId"], key["SecretAccessKey"], meta.endpoint_url, meta.region_name
        )
    finally:
        if statements:
            iam.delete_user_policy(UserName=name, PolicyName="journey")
        iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
        iam.delete_user(UserName=name)
