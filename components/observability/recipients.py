"""Checks who is to be told."""

import re
from collections.abc import Mapping
from typing import Any

import pulumi

from ..errors import invalid
from .args import Chat

_EMAIL = re.compile(r"[^\s@,;<>\"]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_URL = re.compile(r"https://[^\s/?#@]+([/?#]\S*)?")
_TEAM = re.compile(r"T[A-Z0-9]{2,}")
_CHANNEL = re.compile(r"[CG][A-Z0-9]{2,}")


def email(who: str, index: int, given: object) -> str:
    """An address that SNS would take."""
    if isinstance(given, str) and _EMAIL.fullmatch(given):
        return given
    raise invalid(who, f"emails[{index}]", given, "an address such as 'ops@example.com'")


def https(who: str, index: int, given: pulumi.Input[str]) -> pulumi.Input[str]:
    """An address that nobody listens in on, checked when it is known.

    It often ends in a key: a message shows no more than how it begins.
    """

    def checked(url: Any) -> str:
        if not isinstance(url, str) or not _URL.fullmatch(url):
            shown = f"{str(url)[:7]}…"
            text = "an address that begins with 'https://', without user and password"
            hint = "SNS would send alarms in the clear." if shown.startswith("http:") else ""
            raise invalid(who, f"https[{index}]", shown, text, hint)
        return url

    return given.apply(checked) if isinstance(given, pulumi.Output) else checked(given)


def chat(who: str, given: Mapping[str, Any] | None) -> Chat | None:
    """Ids, and not names: those of a workspace and a channel can change."""
    if given is None:
        return None
    for key, pattern, text in (
        ("slack_workspace_id", _TEAM, "an id such as 'T0123ABCD', from the workspace's address"),
        ("slack_channel_id", _CHANNEL, "an id such as 'C0123ABCD', the end of the channel's link"),
    ):
        if not isinstance(given[key], str) or not pattern.fullmatch(given[key]):
            raise invalid(who, f"chat.{key}", given[key], text)
    return Chat(
        slack_workspace_id=given["slack_workspace_id"], slack_channel_id=given["slack_channel_id"]
    )
