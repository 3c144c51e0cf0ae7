"""The machines of the node group: which architecture an EC2 instance type has."""

import re

from ..architecture import DEFAULT_ARCHITECTURE
from ..errors import invalid

INSTANCE_TYPES = {"arm64": "t4g.medium", "x86_64": "t3.medium"}
"""2 vCPU and 4 GiB, about 25 and 30 USD a month (us-east-1 list prices of 2025)."""
AMI_TYPES = {"arm64": "AL2023_ARM_64_STANDARD", "x86_64": "AL2023_x86_64_STANDARD"}
"""Amazon Linux 2023: Amazon Linux 2 has no images for current versions of Kubernetes."""
NODE_ARCHITECTURES = {"arm64": "arm64", "x86_64": "amd64"}
"""What the label ``kubernetes.io/arch`` of a node says."""
_INSTANCE_TYPE = re.compile(r"([a-z]+)(?:-[a-z]*)?(\d+)([a-z0-9-]*)\.([a-z0-9-]+)")


def architecture_of(instance_type: str) -> str | None:
    """The architecture of an instance type, read from its name; None where it is no such name.

    Behind the generation a ``g`` means AWS's own processors (EC2 user guide, "Instance type
    naming conventions"); the first of them, ``a1``, is the exception.
    """
    match = _INSTANCE_TYPE.fullmatch(instance_type)
    if match is None:
        return None
    family, generation, options, _ = match.groups()
    own = "g" in options or (family, generation) == ("a", "1")
    return "arm64" if own else "x86_64"


def checked_instance_type(who: str, field: str, given: str | None, architecture: str) -> str:
    """``given``, or the default of the app's architecture.

    Raises:
        ValueError: it is no instance type, or one on which the app's image cannot run.
    """
    if given is None:
        return INSTANCE_TYPES[architecture]
    found = architecture_of(given)
    default = INSTANCE_TYPES[architecture]
    if found is None:
        raise invalid(
            who, field, given, "EC2 instance types such as 't4g.medium'", f"Default: {default!r}."
        )
    if found != architecture:
        also = " (its default)" if architecture == DEFAULT_ARCHITECTURE else ""
        raise invalid(
            who,
            field,
            given,
            f"types of the app's architecture {architecture!r}{also}; this one is {found!r}",
            f"Choose a type such as {default!r}, or set app.architecture={found!r} and build the "
            "image for it.",
        )
    return given
