"""ARNs that follow from another one; account, region and partition are never spelt out."""

import re

_ARN = re.compile(r"arn:[a-z-]+:([a-z0-9-]+):")


def beside(arn: str, service: str, resource: str) -> str:
    """The ARN of another service's resource in the account and region of ``arn``."""
    _, partition, _, region, account, *_ = arn.split(":")
    return f"arn:{partition}:{service}:{region}:{account}:{resource}"


def account_of(arn: str) -> str:
    """The account in an ARN."""
    return arn.split(":")[4]


def service_of(arn: str) -> str | None:
    """The service in an ARN, or None where it is no ARN."""
    found = _ARN.match(arn)
    return found[1] if found else None


def unqualified(arn: str) -> str:
    """The ARN of a function or state machine without its alias or version."""
    return ":".join(arn.split(":")[:7])


def executions(machine_arn: str) -> str:
    """The ARNs of all executions of a state machine."""
    return f"{unqualified(machine_arn).replace(':stateMachine:', ':execution:')}:*"


def startable(arn: str) -> list[str]:
    """What one must be allowed to start to start ``arn``: for an alias the state machine as well
    (Step Functions developer guide, "Permissions for versions and aliases")."""
    return sorted({arn, unqualified(arn)})
