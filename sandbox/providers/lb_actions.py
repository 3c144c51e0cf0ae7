"""What listeners and rules do with a request, as inputs and as the ELB API takes it.

The embedded cloud drops weighted forwards, so an action names one target group.
"""

from typing import Any

from .base import Inputs
from .common import one_of, pascal, present, wire


class Redirect(Inputs):
    """Where to send the client."""

    status_code: str
    host: str = "#{host}"
    path: str = "/#{path}"
    port: str = "#{port}"
    protocol: str = "#{protocol}"
    query: str = "#{query}"


class FixedResponse(Inputs):
    """What to answer without a target."""

    content_type: str
    message_body: str | None = None
    status_code: str = "200"


class Action(Inputs):
    """What to do with a request."""

    type: str
    order: int | None = None
    target_group_arn: str | None = None
    redirect: Redirect | None = None
    fixed_response: FixedResponse | None = None


_NEEDS = {
    "forward": "target_group_arn",
    "redirect": "redirect",
    "fixed-response": "fixed_response",
}


def check_actions(field: str, actions: list[Action]) -> None:
    """Refuse an action whose type and members do not belong together."""
    if not actions:
        raise ValueError(f"{field} is empty.")
    for action in actions:
        one_of(f"{field}.type", action.type, tuple(_NEEDS))
        for kind, member in _NEEDS.items():
            if (getattr(action, member) is not None) != (kind == action.type):
                verb = "needs" if kind == action.type else "excludes"
                raise ValueError(f"{field}: type {action.type!r} {verb} {member}.")
        if action.redirect is not None:
            one_of("redirect.statusCode", action.redirect.status_code, ("HTTP_301", "HTTP_302"))


def to_actions(actions: list[Action]) -> list[dict[str, Any]]:
    """Actions as the ELB API takes them."""
    return [
        {
            "Type": action.type,
            **present(
                Order=action.order,
                TargetGroupArn=action.target_group_arn,
                RedirectConfig=action.redirect and pascal(wire(action.redirect)),
                FixedResponseConfig=action.fixed_response and pascal(wire(action.fixed_response)),
            ),
        }
        for action in actions
    ]
