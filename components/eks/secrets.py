"""The app's secrets: read where they are kept when the program runs, written into one Secret.

Kubernetes has no reader of its own for SSM and Secrets Manager. The usual ones are a driver or an
operator to install and to keep alive, and a pod that cannot start while they are down. So the
value is read by whoever deploys (who needs the permission), travels as a Pulumi secret and is
encrypted in the cluster under its KMS key. A rotated value arrives with the next deployment.
"""

import json
from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from ..environment import looks_secret
from ..web_app import ResolvedWebApp


def names_of(app: ResolvedWebApp) -> Sequence[str]:
    """Variables whose value is nobody's business: the secrets, and what is named like one."""
    return sorted([*app.secrets, *(key for key in app.environment if looks_secret(key))])


def values_of(app: ResolvedWebApp, parent: pulumi.Resource) -> dict[str, pulumi.Output[str]]:
    """Their values, by variable."""
    values: dict[str, pulumi.Output[str]] = {
        key: pulumi.Output.secret(app.environment[key])
        for key in names_of(app)
        if key not in app.secrets
    }
    for key, arn in app.secrets.items():
        # Which service keeps it is written in the ARN, which a first preview may not know.
        found: Any = pulumi.Output.from_input(arn).apply(lambda known: _read(known, parent))
        values[key] = pulumi.Output.secret(found)
    return values


def _read(arn: str, parent: pulumi.Resource) -> pulumi.Output[str]:
    opts = pulumi.InvokeOutputOptions(parent=parent)
    parts = arn.split(":")
    service = parts[2] if len(parts) > 5 else ""
    if service == "ssm":
        return aws.ssm.get_parameter_output(name=arn, with_decryption=True, opts=opts).value
    if service != "secretsmanager":
        raise ValueError(
            f"EksWebApp: app.secrets: {arn} is neither an SSM parameter's nor a Secrets Manager "
            "secret's ARN. Next step: give the `arn` of one of these."
        )
    # As ECS takes it: `secret:name:json-key:version-stage:version-id`, the last three optional.
    key, stage, version = [*parts[7:], "", "", ""][:3]
    text = aws.secretsmanager.get_secret_version_output(
        secret_id=":".join(parts[:7]),
        version_stage=stage or None,
        version_id=version or None,
        opts=opts,
    ).secret_string
    return text.apply(lambda known: _part(arn, known, key)) if key else text


def _part(arn: str, text: str, key: str) -> str:
    try:
        return str(json.loads(text)[key])
    except (ValueError, KeyError, TypeError):
        # Neither the value nor the parser's complaint, which may quote it.
        raise ValueError(
            f"EksWebApp: app.secrets: the secret of {arn} is no JSON object with the key {key!r}. "
            "Next step: store it so, or leave ':key::' out of the ARN."
        ) from None
