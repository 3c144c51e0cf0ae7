"""Environment variables and secrets of a program, and how the one is kept out of the other.

The same rules hold for a container and a function; only the prefix of the fields differs.
"""

import re
from collections.abc import Mapping, Sequence

import pulumi

from .errors import invalid
from .policy import Statement, allow

_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SECRET_ARN = re.compile(r"arn:[a-z-]+:(ssm|secretsmanager):")
_SECRET_NAME = re.compile(
    r"PASSWORD|PASSWD|SECRET|API_?KEY|ACCESS_KEY(?!_ID)|PRIVATE_KEY|(^|_)TOKENS?(_|$)"
)
"""A variable with one of these in its name is taken for a secret."""
_POINTERS = ("_ARN", "_NAME", "_URL", "_FILE", "_PATH", "_TTL", "_SECONDS")
"""A name that ends so says where a secret is, or how long it lives, not what it is."""


def checked_environment(
    owner: str,
    environment: Mapping[str, pulumi.Input[str]],
    secrets: Mapping[str, pulumi.Input[str]],
    *,
    prefix: str = "",
) -> dict[str, pulumi.Input[str]]:
    """The environment to set, with secrets marked as such.

    ``prefix`` (``app.``) stands before the fields' names in messages.

    Raises:
        ValueError: a name or value is not allowed, or a secret is given as plain text.
    """
    for field, names in (("environment", environment), ("secrets", secrets)):
        for name in names:
            if not _ENV_NAME.fullmatch(name):
                raise invalid(
                    owner,
                    f"{prefix}{field}",
                    name,
                    "names of letters, digits and _ that do not start with a digit",
                    f"Rename it, for instance to {re.sub('[^A-Za-z0-9_]', '_', name) or 'NAME'!r}.",
                )
    for name in sorted(environment.keys() & secrets.keys()):
        raise ValueError(
            f"{owner}: {name} is in {prefix}environment and in {prefix}secrets. "
            "Remove one of the two."
        )
    for name, arn in secrets.items():
        if isinstance(arn, str) and not _SECRET_ARN.match(arn):
            # The value is not shown: it may be the secret itself.
            raise ValueError(
                f"{owner}: {prefix}secrets[{name!r}] is not an ARN. Allowed: the ARN of an SSM "
                "parameter or of a Secrets Manager secret. Store the value there and pass its ARN."
            )
    checked: dict[str, pulumi.Input[str]] = {}
    for name, value in environment.items():
        secret = looks_secret(name)
        if isinstance(value, str) and secret:
            raise ValueError(
                f"{owner}: {prefix}environment[{name!r}] looks like a secret and is plain text, "
                "which anyone who may read the deployment would see. Store it in SSM or Secrets "
                f"Manager and pass {prefix}secrets={{{name!r}: arn}}; or, if plain text is meant, "
                "pass pulumi.Output.secret(value)."
            )
        if not _may_be_text(value):
            raise invalid(
                owner, f"{prefix}environment[{name!r}]", value, "text", f"Write {str(value)!r}."
            )
        # Whether an output is secret shows only later: under such a name it is made one.
        checked[name] = pulumi.Output.secret(value) if secret else value
    return checked


def _may_be_text(value: object) -> bool:
    # No type checker looks at what comes from another language.
    return value is not None and not isinstance(value, bool | int | float)


def looks_secret(name: str) -> bool:
    """Whether a variable of this name is taken for a secret."""
    upper = name.upper()
    return bool(_SECRET_NAME.search(upper)) and not upper.endswith(_POINTERS)


def secret_statements(
    field: str, arns: Sequence[str], *, parameter_action: str = "ssm:GetParameters"
) -> list[Statement]:
    """Read exactly these SSM parameters and Secrets Manager secrets.

    Args:
        field: where the ARNs were given, for the message: ``FargateWebService: app.secrets``.
        arns: resolved ARNs; which action one needs is written in it.
        parameter_action: how the reader asks SSM: ECS asks for several at once.

    Raises:
        ValueError: one is neither a parameter's nor a secret's ARN.
    """
    parameters = [arn for arn in arns if _service(arn) == "ssm"]
    # A reference may end in `:json-key:stage:version`; the secret itself is seven parts long.
    secrets = [":".join(arn.split(":")[:7]) for arn in arns if _service(arn) == "secretsmanager"]
    if others := [arn for arn in arns if _service(arn) not in ("ssm", "secretsmanager")]:
        raise ValueError(
            f"{field}: {others[0]} is neither an SSM parameter's nor a Secrets Manager secret's "
            "ARN. Next step: give the `arn` of one of these."
        )
    statements = []
    if parameters:
        statements.append(allow(parameter_action, list(parameters)))
    if secrets:
        statements.append(allow("secretsmanager:GetSecretValue", sorted(set(secrets))))
    return statements


def _service(arn: str) -> str:
    parts = arn.split(":")
    return parts[2] if len(parts) > 5 else ""
