"""Binds the gate and the explained rollout to the ECS service as resource hooks.

Owns when each runs and with which clients; what they do is in ``gate.py`` and
``rollout.py``. Hooks do not run at preview.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pulumi

from ..deploy_time import aside, plain
from . import gate, rollout
from .clients import Clients, Login, region_of

Connect = Callable[[str], Clients]
"""Makes the clients of a region."""


@dataclass(frozen=True)
class Plan:
    """What is to happen around a change of the service."""

    rollout_timeout_seconds: int | None
    """None: the rollout is not followed here."""
    command: Sequence[str] | None
    """None: there is no gate."""
    gate_timeout_seconds: int


def binding(plan: Plan, connect: Connect | None = None) -> pulumi.ResourceHookBinding | None:
    """The hooks for one ECS service; None when there are none."""
    if connect is None:
        connect = Login.from_config().connect

    async def before(args: pulumi.ResourceHookArgs) -> None:
        new, old = await plain(args.new_inputs or {}), await plain(args.old_inputs or {})
        await aside(lambda: pass_gate(plan, args.name, new, old, connect))

    async def after(args: pulumi.ResourceHookArgs) -> None:
        new = await plain(args.new_inputs or {})
        await aside(lambda: follow_rollout(plan, args.name, args.id, new, connect))

    befores: list[Any] = [before] if plan.command is not None else []
    afters: list[Any] = [after] if plan.rollout_timeout_seconds is not None else []
    if not befores and not afters:
        return None
    return pulumi.ResourceHookBinding(
        before_create=befores, before_update=befores, after_create=afters, after_update=afters
    )


def pass_gate(
    plan: Plan, name: str, new: Mapping[str, Any], old: Mapping[str, Any], connect: Connect
) -> None:
    """Run the gate if the task definition is a new one."""
    revision = new["taskDefinition"]
    if plan.command is None or old.get("taskDefinition") == revision:
        return
    run = gate.Gate(
        name=name,
        cluster=new["cluster"],
        revision=revision,
        command=plan.command,
        timeout_seconds=plan.gate_timeout_seconds,
        network=new["networkConfiguration"],
    )
    with _readable(name, "before_deploy could not be run", gate.BeforeDeployError):
        gate.run(run, connect(region_of(revision)))


def follow_rollout(
    plan: Plan, name: str, service: str, new: Mapping[str, Any], connect: Connect
) -> None:
    """Follow the deployment that this change of ``service`` (its ARN) started."""
    assert plan.rollout_timeout_seconds is not None
    followed = rollout.Rollout(
        name=name,
        cluster=new["cluster"],
        service=service,
        revision=new["taskDefinition"],
        timeout_seconds=plan.rollout_timeout_seconds,
    )
    with _readable(name, "the rollout could not be followed", rollout.RolloutError):
        rollout.follow(followed, connect(region_of(service)))


@contextmanager
def _readable(name: str, what: str, error: type[Exception]) -> Generator[None]:
    """Turns an AWS error into one message that says whose credentials were used."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as cause:
        raise error(
            f"FargateWebService '{name}': {what}: {cause}. It asks AWS from this process, with "
            "aws:profile and aws:assumeRoles of the stack or the ambient credentials. Next step: "
            "give these the right to read ECS, load balancer, alarms and logs, or set "
            "explain_rollouts to False."
        ) from cause
