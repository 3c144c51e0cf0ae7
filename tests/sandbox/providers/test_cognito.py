"""User pools: who can sign in, and with what."""

from typing import Any

import pytest

from .people import PASSWORD, Person
from .world import World

pytestmark = pytest.mark.sandbox
POOL = "aws:cognito/userPool:UserPool"
CLIENT = "aws:cognito/userPoolClient:UserPoolClient"


def _sign_in(world: World, client: str, name: str, password: str) -> Any:
    return world.client("cognito-idp").initiate_auth(
        ClientId=client,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": name, "PASSWORD": password},
    )


def test_a_wrong_password_is_refused(world: World) -> None:
    person, errors = Person.make(world, "ann"), world.client("cognito-idp").exceptions
    assert _sign_in(world, person.client, person.name, PASSWORD)["AuthenticationResult"]
    with pytest.raises(errors.NotAuthorizedException):
        _sign_in(world, person.client, person.name, "Wrong-horse-1")


def test_a_client_signs_in_by_the_flows_that_it_allows(world: World) -> None:
    person, errors = Person.make(world, "bob"), world.client("cognito-idp").exceptions
    strict = world.make(
        CLIENT, "strict", userPoolId=person.pool, explicitAuthFlows=["ALLOW_USER_SRP_AUTH"]
    )[0]
    with pytest.raises(errors.InvalidParameterException):
        _sign_in(world, strict, person.name, PASSWORD)


def test_a_password_follows_the_policy(world: World) -> None:
    pool = world.make(POOL, "long", passwordPolicy={"minimumLength": 20})[0]
    cognito = world.client("cognito-idp")
    with pytest.raises(cognito.exceptions.InvalidPasswordException):
        cognito.admin_create_user(UserPoolId=pool, Username="cy", TemporaryPassword=PASSWORD)
    longer = PASSWORD + PASSWORD
    assert cognito.admin_create_user(UserPoolId=pool, Username="cy", TemporaryPassword=longer)


def test_a_protected_pool_stays(world: World) -> None:
    provider = world.provider(POOL)
    kept, free = (
        provider.check("p", {"deletionProtection": value}) for value in ("ACTIVE", "INACTIVE")
    )
    id, outputs = provider.create("p", kept)
    with pytest.raises(ValueError, match="deletionProtection ACTIVE"):
        provider.delete(id, outputs)
    provider.delete(id, provider.update(id, kept, free, outputs))


def test_a_client_with_a_secret_tells_it(world: World) -> None:
    pool = world.make(POOL, "secretive")[0]
    assert len(world.make(CLIENT, userPoolId=pool, generateSecret=True)[1]["clientSecret"]) > 20
    assert world.make(CLIENT, "plain", userPoolId=pool)[1]["clientSecret"] == ""
