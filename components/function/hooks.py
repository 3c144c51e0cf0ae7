"""Binds the canary to the alias as a resource hook; what it does is in ``canary.py``.

Owns when it runs and with which clients. Hooks do not run at preview, and not when the alias is
made: there is no version to go back to then.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pulumi

from .. import deploy_time
from . import canary
from .canary import Canary, CanaryError, Clients

Connect = Callable[[str], Clients]
"""Makes the clients of a region."""


def binding(
    who: str, steps: Sequence[int], bake_seconds: int, connect: Connect | None = None
) -> pulumi.ResourceHookBinding | None:
    """The hooks for one alias; None when a new version gets all calls at once."""
    if not steps:
        return None
    make = connect or _connector()

    async def before(args: pulumi.ResourceHookArgs) -> None:
        new = await deploy_time.plain(args.new_inputs or {})
        old = await deploy_time.plain(args.old_outputs or {})
        if new["functionVersion"] == old["functionVersion"]:
            return
        note = await deploy_time.aside(lambda: release(who, steps, bake_seconds, new, old, make))
        if note:
            pulumi.log.warn(note)

    return pulumi.ResourceHookBinding(before_update=[before])


def release(
    who: str,
    steps: Sequence[int],
    bake_seconds: int,
    new: Mapping[str, Any],
    old: Mapping[str, Any],
    connect: Connect,
) -> str:
    """Take the version that the alias is about to get through the canary.

    Args:
        who: class and name of the component.
        steps: percent of the calls.
        bake_seconds: how long each step is watched.
        new: the alias's inputs to come.
        old: the alias's outputs as they are.
        connect: makes the clients.

    Raises:
        CanaryError: it failed, or could not be followed.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    one = Canary(
        who=who,
        function=new["functionName"],
        alias=new["name"],
        version=new["functionVersion"],
        steps=steps,
        bake_seconds=bake_seconds,
    )
    try:
        return canary.follow(one, connect(deploy_time.region_of(old["arn"])))
    except (BotoCoreError, ClientError) as cause:
        raise CanaryError(
            f"{who}: the canary could not be followed: {cause}. It asks AWS from this process, "
            "with aws:profile and aws:assumeRoles of the stack or the ambient credentials. Next "
            "step: give these the right to read and update the alias and to read CloudWatch and "
            "its logs, or remove release.canary_steps."
        ) from cause


def _connector() -> Connect:
    login = deploy_time.Login.from_config()
    return lambda region: Clients(login.clients(region))
