"""How large an EC2 instance is and which processor it has, as far as nodes need to know.

A type's name says it: the letters are vCPUs to memory, a ``g`` after the generation is Arm.
Families that are not listed are refused, since their nodes would have the wrong size.
"""

import re
from dataclasses import dataclass

# https://aws.amazon.com/ec2/instance-types/, general purpose, compute and memory optimised.
FAMILIES = frozenset(
    f"{letter}{rest}"
    for letter, found in {
        "t": ("3", "3a", "4g"),
        "c": ("5", "5a", "6a", "6g", "6i", "7a", "7g", "7i", "8g"),
        "m": ("5", "5a", "6a", "6g", "6i", "7a", "7g", "7i", "8g"),
        "r": ("5", "5a", "6a", "6g", "6i", "7a", "7g", "7i", "8g"),
    }.items()
    for rest in found
)
MIB_PER_CPU = {"c": 2048, "m": 4096, "r": 8192}
CPUS = {"medium": 1, "large": 2, "xlarge": 4}
BURSTABLE = {
    "nano": (2, 512),
    "micro": (2, 1024),
    "small": (2, 2048),
    "medium": (2, 4096),
    "large": (2, 8192),
    "xlarge": (4, 16384),
    "2xlarge": (8, 32768),
}
"""Sizes of t3, t3a and t4g: vCPUs and MiB."""
LARGEST = 24
"""``24xlarge`` is the largest size that every family has."""
_TYPE = re.compile(r"(?P<family>(?P<letter>[a-z])\d+(?P<options>[a-z]*))\.(?P<size>[0-9a-z]+)")


@dataclass(frozen=True)
class Instance:
    """One instance type."""

    type: str
    architecture: str
    """``arm64`` or ``amd64``, as Kubernetes names them."""
    cpu: int
    memory_mib: int


def instance(type: str) -> Instance | None:
    """What ``type`` is; None if there is none of that name, or none that we know."""
    found = _TYPE.fullmatch(type)
    if found is None or found["family"] not in FAMILIES:
        return None
    arm = found["options"].startswith("g")
    size = _size(found["letter"], found["size"], arm)
    return None if size is None else Instance(type, "arm64" if arm else "amd64", *size)


def _size(letter: str, size: str, arm: bool) -> tuple[int, int] | None:
    if letter == "t":
        return BURSTABLE.get(size)
    cpus = CPUS.get(size)
    if size == "medium" and not arm:
        return None  # only Graviton families start below large
    if cpus is None and (times := re.fullmatch(r"([1-9]\d?)xlarge", size)):
        cpus = 4 * int(times[1]) if 2 <= int(times[1]) <= LARGEST else None
    return None if cpus is None else (cpus, cpus * MIB_PER_CPU[letter])
