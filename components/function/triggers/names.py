"""The short names that a function's triggers of one kind have."""

import re
from collections.abc import Mapping

from ...errors import invalid
from .base import Subject

AUTOMATIC_SUFFIX = 8
"""Pulumi appends a hyphen and seven characters to a name, so that a replacement can exist
beside what it replaces."""
_NAME = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*")


def check_names(
    subject: Subject, kind: str, given: Mapping[str, object], role: str, limit: int = 64
) -> None:
    """Refuse names of which no resource can be made.

    Args:
        subject: the function.
        kind: the key of ``triggers`` under which they stand: ``events``.
        given: the triggers by name.
        role: what stands between the function's name and the trigger's: ``event``.
        limit: characters that AWS allows for the name of what is made.

    Raises:
        ValueError: a name has other characters, or would become too long.
    """
    for name in given:
        if not _NAME.fullmatch(name):
            raise invalid(
                subject.who,
                f"triggers.{kind}",
                name,
                "names of letters, digits and single hyphens between them",
                "They become part of the names of resources.",
            )
        made = f"{subject.name}-{role}-{name}"
        if len(made) > limit - AUTOMATIC_SUFFIX:
            raise invalid(
                subject.who,
                f"triggers.{kind}",
                name,
                f"names with which {made!r} has at most {limit - AUTOMATIC_SUFFIX} characters",
                f"It has {len(made)}: shorten this name or the component's.",
            )
