"""User pools and their clients: enough to sign in and get tokens that authorizers accept."""

from collections.abc import Mapping
from typing import Any, ClassVar

from .base import Inputs, Outputs, Provider, Tagged
from .common import ignoring, one_of, pascal, physical_name, present, tag_changes, wire, within

_ATTRIBUTES = ("email", "phone_number")
_FLOWS = tuple(
    f"ALLOW_{flow}"
    for flow in (
        "ADMIN_USER_PASSWORD_AUTH",
        "CUSTOM_AUTH",
        "USER_PASSWORD_AUTH",
        "USER_SRP_AUTH",
        "REFRESH_TOKEN_AUTH",
    )
)
_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}
_ACCESS = (300, 86_400)
"""How long an access or id token may be good for, in seconds."""
_REFRESH = (3600, 10 * 365 * 86_400)


class PasswordPolicy(Inputs):
    """What a password must have."""

    minimum_length: int = 8
    require_lowercase: bool = False
    require_uppercase: bool = False
    require_numbers: bool = False
    require_symbols: bool = False
    temporary_password_validity_days: int = 7


class AdminCreateUserConfig(Inputs):
    """Who makes users."""

    allow_admin_create_user_only: bool = False


class UsernameConfiguration(Inputs):
    """How user names are compared."""

    case_sensitive: bool = False


class UserPoolInputs(Tagged):
    """Inputs of a user pool."""

    name: str | None = None
    username_attributes: list[str] = []
    auto_verified_attributes: list[str] = []
    username_configuration: UsernameConfiguration | None = None
    password_policy: PasswordPolicy | None = None
    admin_create_user_config: AdminCreateUserConfig | None = None
    deletion_protection: str = "INACTIVE"


class UserPool(Provider[UserPoolInputs]):
    """People, and keys that sign their tokens."""

    token = "aws:cognito/userPool:UserPool"
    inputs = UserPoolInputs
    replaces = frozenset({"name", "usernameAttributes", "usernameConfiguration"})
    outputs = frozenset({"arn", "endpoint", "name", "tagsAll"})

    def check(self, name: str, properties: Mapping[str, Any]) -> UserPoolInputs:
        inputs = super().check(name, properties)
        one_of("deletionProtection", inputs.deletion_protection, ("ACTIVE", "INACTIVE"))
        for field, given in (
            ("usernameAttributes", inputs.username_attributes),
            ("autoVerifiedAttributes", inputs.auto_verified_attributes),
        ):
            for attribute in given:
                one_of(field, attribute, _ATTRIBUTES)
        if (policy := inputs.password_policy) is not None:
            within("passwordPolicy.minimumLength", policy.minimum_length, 6, 99)
        return inputs

    def create(self, name: str, inputs: UserPoolInputs) -> tuple[str, Outputs]:
        title, tags = physical_name(name, inputs.name, limit=128), self.tags(inputs)
        pool = self.context.client("cognito-idp").create_user_pool(
            PoolName=title,
            UsernameAttributes=inputs.username_attributes,
            UserPoolTags=tags,
            **_pool(inputs),
            **present(
                UsernameConfiguration=inputs.username_configuration
                and pascal(wire(inputs.username_configuration))
            ),
        )["UserPool"]
        return pool["Id"], {
            "arn": pool["Arn"],
            "creationDate": pool["CreationDate"].isoformat(),
            "customDomain": "",
            "domain": "",
            "endpoint": f"cognito-idp.{self.context.region}.amazonaws.com/{pool['Id']}",
            "estimatedNumberOfUsers": 0,
            "lastModifiedDate": pool["LastModifiedDate"].isoformat(),
            "name": title,
            "tagsAll": tags,
        }

    def update(
        self, id: str, old: UserPoolInputs, new: UserPoolInputs, outputs: Outputs
    ) -> Outputs:
        client, tags = self.context.client("cognito-idp"), self.tags(new)
        client.update_user_pool(UserPoolId=id, **_pool(new))
        put, drop = tag_changes(outputs, tags)
        if drop:
            client.untag_resource(ResourceArn=outputs["arn"], TagKeys=drop)
        if put:
            client.tag_resource(ResourceArn=outputs["arn"], Tags=put)
        return outputs | {"tagsAll": tags}

    def delete(self, id: str, outputs: Outputs) -> None:
        client = self.context.client("cognito-idp")
        with ignoring("ResourceNotFoundException"):
            pool = client.describe_user_pool(UserPoolId=id)["UserPool"]
            if pool.get("DeletionProtection") == "ACTIVE":
                raise ValueError(f"user pool {id} has deletionProtection ACTIVE; AWS keeps it.")
            client.delete_user_pool(UserPoolId=id)


class TokenValidityUnits(Inputs):
    """In which unit the validities are."""

    access_token: str = "hours"
    id_token: str = "hours"
    refresh_token: str = "days"


class UserPoolClientInputs(Inputs):
    """Inputs of a client."""

    name: str | None = None
    user_pool_id: str
    generate_secret: bool = False
    explicit_auth_flows: list[str] = []
    access_token_validity: int = 1
    id_token_validity: int = 1
    refresh_token_validity: int = 30
    token_validity_units: TokenValidityUnits = TokenValidityUnits()
    prevent_user_existence_errors: str = "LEGACY"


class UserPoolClient(Provider[UserPoolClientInputs]):
    """An application whose users sign in."""

    token = "aws:cognito/userPoolClient:UserPoolClient"
    inputs = UserPoolClientInputs
    replaces = frozenset({"userPoolId", "generateSecret"})
    outputs = frozenset({"clientSecret", "name"})
    inert: ClassVar[Mapping[str, str]] = {}

    def check(self, name: str, properties: Mapping[str, Any]) -> UserPoolClientInputs:
        inputs = super().check(name, properties)
        for flow in inputs.explicit_auth_flows:
            one_of("explicitAuthFlows", flow, _FLOWS)
        one_of(
            "preventUserExistenceErrors",
            inputs.prevent_user_existence_errors,
            ("LEGACY", "ENABLED"),
        )
        units = inputs.token_validity_units
        for field, count, unit, (low, high) in (
            ("accessTokenValidity", inputs.access_token_validity, units.access_token, _ACCESS),
            ("idTokenValidity", inputs.id_token_validity, units.id_token, _ACCESS),
            ("refreshTokenValidity", inputs.refresh_token_validity, units.refresh_token, _REFRESH),
        ):
            one_of(f"tokenValidityUnits of {field}", unit, list(_SECONDS))
            within(f"{field} in seconds", count * _SECONDS[unit], low, high)
        return inputs

    def create(self, name: str, inputs: UserPoolClientInputs) -> tuple[str, Outputs]:
        title = physical_name(name, inputs.name, limit=128)
        made = self.context.client("cognito-idp").create_user_pool_client(
            UserPoolId=inputs.user_pool_id,
            GenerateSecret=inputs.generate_secret,
            **_client(title, inputs),
        )["UserPoolClient"]
        return made["ClientId"], {
            "clientSecret": made.get("ClientSecret", ""),
            "name": title,
            "userPoolId": inputs.user_pool_id,
        }

    def update(
        self, id: str, old: UserPoolClientInputs, new: UserPoolClientInputs, outputs: Outputs
    ) -> Outputs:
        title = new.name or outputs["name"]
        self.context.client("cognito-idp").update_user_pool_client(
            UserPoolId=new.user_pool_id, ClientId=id, **_client(title, new)
        )
        return outputs | {"name": title}

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("ResourceNotFoundException"):
            self.context.client("cognito-idp").delete_user_pool_client(
                UserPoolId=outputs["userPoolId"], ClientId=id
            )


def _pool(inputs: UserPoolInputs) -> dict[str, Any]:
    policy, config = inputs.password_policy, inputs.admin_create_user_config
    return {
        "AutoVerifiedAttributes": inputs.auto_verified_attributes,
        "DeletionProtection": inputs.deletion_protection,
        **present(
            Policies=policy and {"PasswordPolicy": pascal(wire(policy))},
            AdminCreateUserConfig=config and pascal(wire(config)),
        ),
    }


def _client(name: str, inputs: UserPoolClientInputs) -> dict[str, Any]:
    return {
        "ClientName": name,
        "ExplicitAuthFlows": inputs.explicit_auth_flows,
        "AccessTokenValidity": inputs.access_token_validity,
        "IdTokenValidity": inputs.id_token_validity,
        "RefreshTokenValidity": inputs.refresh_token_validity,
        "TokenValidityUnits": pascal(wire(inputs.token_validity_units)),
        "PreventUserExistenceErrors": inputs.prevent_user_existence_errors,
    }
