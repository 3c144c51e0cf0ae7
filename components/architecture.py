"""The processor architectures, and what each is called elsewhere."""

from collections.abc import Mapping

from .checks import listed, one_of
from .errors import invalid

ARCHITECTURES = ("arm64", "x86_64")
DEFAULT_ARCHITECTURE = "arm64"
"""Graviton costs about 20 % less than x86 for the same Fargate size (us-east-1 list prices of
2025)."""
PLATFORMS: Mapping[str, str] = {"arm64": "linux/arm64", "x86_64": "linux/amd64"}
"""What Docker calls them."""
_OTHER_NAMES = {"amd64": "x86_64", "x64": "x86_64", "x86-64": "x86_64", "aarch64": "arm64"}


def checked_architecture(component: str, field: str, given: str | None) -> str:
    """``given``, or the default where nothing is given.

    Raises:
        ValueError: it is none of ``ARCHITECTURES``; says what it is called here.
    """
    if given is None:
        return DEFAULT_ARCHITECTURE
    # By spelling alone the nearest to "amd64" would be "arm64".
    known_as = _OTHER_NAMES.get(str(given).lower().removeprefix("linux/"))
    if known_as:
        raise invalid(component, field, given, listed(ARCHITECTURES), f"Write {known_as!r}.")
    return one_of(component, field, given, ARCHITECTURES)
