"""Callers: people who can sign in to a user pool, and IAM users who can sign requests."""

import json
from dataclasses import dataclass

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from .apis import Answer, call
from .world import World

PASSWORD = "Correct-horse-1"


@dataclass(frozen=True)
class Person:
    """A user of a pool, and tokens that the pool has signed."""

    name: str
    pool: str
    pool_arn: str
    endpoint: str
    client: str
    id_token: str
    access_token: str

    @classmethod
    def make(cls, world: World, name: str) -> "Person":
        """A pool, a client and a user of its own, signed in."""
        pool, told = world.make("aws:cognito/userPool:UserPool", name)
        client = world.make(
            "aws:cognito/userPoolClient:UserPoolClient",
            name,
            userPoolId=pool,
            explicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        )[0]
        cognito = world.client("cognito-idp")
        cognito.admin_create_user(UserPoolId=pool, Username=name)
        cognito.admin_set_user_password(
            UserPoolId=pool, Username=name, Password=PASSWORD, Permanent=True
        )
        tokens = cognito.initiate_auth(
            ClientId=client,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": PASSWORD},
        )["AuthenticationResult"]
        return cls(
            name,
            pool,
            told["arn"],
            told["endpoint"],
            client,
            tokens["IdToken"],
            tokens["AccessToken"],
        )


def signed(url: str, key: str, secret: str) -> Answer:
    """A GET that is signed with these credentials."""
    request = AWSRequest("GET", url)
    SigV4Auth(Credentials(key, secret), "execute-api", "us-east-1").add_auth(request)
    return call(url, headers=dict(request.headers.items()))


def user(world: World, name: str, resource: str | None) -> tuple[str, str]:
    """The access key of a new IAM user who may call ``resource``."""
    iam = world.client("iam")
    iam.create_user(UserName=name)
    if resource is not None:
        statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": resource}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName=name, PolicyName="call", PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]
