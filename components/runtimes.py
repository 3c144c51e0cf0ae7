"""The Lambda runtimes that functions and layers may ask for, and what each brings."""

from collections.abc import Mapping
from dataclasses import dataclass

from .checks import listed
from .errors import invalid, nearest


@dataclass(frozen=True)
class Runtime:
    """One Python runtime of Lambda (Lambda developer guide, "Lambda runtimes")."""

    python: str
    """The Python version, as installers name it."""
    glibc: str
    """The C library of its operating system: wheels must be built for this one or older."""
    snap_start: bool
    """Whether Lambda can start it from a snapshot."""


RUNTIMES: Mapping[str, Runtime] = {
    "python3.10": Runtime("3.10", "2.26", snap_start=False),
    "python3.11": Runtime("3.11", "2.26", snap_start=False),
    "python3.12": Runtime("3.12", "2.34", snap_start=True),
    "python3.13": Runtime("3.13", "2.34", snap_start=True),
    "python3.14": Runtime("3.14", "2.34", snap_start=True),
}
"""Up to 3.11 on Amazon Linux 2, from 3.12 on Amazon Linux 2023."""
DEFAULT_RUNTIME = "python3.13"
"""Supported until 2029, and every wheel that Lambda code commonly needs exists for it."""


def checked_runtime(component: str, field: str, given: str | None) -> str:
    """``given``, or the default where nothing is given.

    Raises:
        ValueError: it is none of ``RUNTIMES``; names the nearest.
    """
    if given is None:
        return DEFAULT_RUNTIME
    if given in RUNTIMES:
        return given
    close = nearest(str(given), RUNTIMES) or DEFAULT_RUNTIME
    raise invalid(component, field, given, listed(RUNTIMES), f"Did you mean {close!r}?")
