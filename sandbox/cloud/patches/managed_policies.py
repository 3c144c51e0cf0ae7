"""AWS's managed policies that programs attach and the emulator does not have.

It would refuse them as unknown, or, asked to make them up, allow everything.
"""

import json
from collections.abc import Mapping, Sequence

from ministack.services import iam

from sandbox.cloud.settings import Settings

from . import guard

_PULL = (
    "ecr:GetAuthorizationToken",
    "ecr:BatchCheckLayerAvailability",
    "ecr:GetDownloadUrlForLayer",
    "ecr:BatchGetImage",
)
MISSING: Mapping[str, Sequence[str]] = {
    "AmazonEC2ContainerRegistryPullOnly": (*_PULL, "ecr:BatchImportUpstreamImage"),
    "AmazonEKSFargatePodExecutionRolePolicy": _PULL,
}
"""Name to actions, each on every resource (AWS Managed Policy Reference Guide)."""


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Put them beside those that the emulator has."""
    signature = "(name: str, document: str, description: str = '') -> dict"
    make = guard.checked(iam, "_make_aws_managed_record", signature)
    for name, actions in MISSING.items():
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        arn = f"{iam._AWS_MANAGED_POLICY_PREFIX}{name}"
        iam._aws_managed_policies.setdefault(arn, make(name, document))
