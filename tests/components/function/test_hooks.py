"""When the canary runs, and with which clients."""

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

import pulumi
import pytest
from botocore.exceptions import NoCredentialsError

from components.function import CanaryError, hooks
from components.function.canary import Clients

from .fakes import ARN, FakeAws

WHO = "MultiTriggerFunction 'events'"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.function.canary.POLL_SECONDS", 0.01)


def happened(new: str = "8", old: str = "7", **more: Any) -> pulumi.ResourceHookArgs:
    inputs = {"functionName": "events", "name": "live", "functionVersion": new, **more}
    return pulumi.ResourceHookArgs(
        urn="urn:pulumi:dev::shop::aws:lambda/alias:Alias::events",
        id=ARN,
        name="events",
        type="aws:lambda/alias:Alias",
        new_inputs=inputs,
        old_inputs={**inputs, "functionVersion": old},
        old_outputs={**inputs, "functionVersion": old, "arn": ARN},
    )


def bound(aws: FakeAws, steps: Sequence[int] = (10,)) -> tuple[Any, list[str]]:
    """The hook before an update, and the regions that it asked for clients of."""
    regions: list[str] = []

    def connect(region: str) -> Clients:
        regions.append(region)
        return aws.clients

    # The clock is the real one here: no longer than it takes to look twice.
    binding = hooks.binding(WHO, steps, 0.02, connect)  # type: ignore[arg-type]
    assert binding is not None
    assert binding.before_update
    return binding.before_update[0], regions


def call(hook: Any, args: pulumi.ResourceHookArgs) -> None:
    asyncio.run(hook(args))


def test_without_steps_there_is_no_hook() -> None:
    assert hooks.binding(WHO, [], 60) is None


def test_it_runs_before_updates_only() -> None:
    binding = hooks.binding(WHO, [10], 60, lambda _: FakeAws().clients)
    assert binding is not None
    assert not binding.before_create
    assert not binding.after_update


def test_a_new_version_passes_through_the_canary_in_the_alias_s_region() -> None:
    aws = FakeAws()
    hook, regions = bound(aws)
    call(hook, happened())
    assert regions == ["eu-west-1"]
    assert aws.shares == [("7", {"8": 0.1})]


def test_an_update_that_keeps_the_version_needs_no_canary() -> None:
    aws = FakeAws()
    hook, regions = bound(aws)
    call(hook, happened(new="7"))
    assert (aws.calls, regions) == ([], [])


def test_a_failed_canary_fails_the_update() -> None:
    hook, _ = bound(FakeAws([(9, 9)]))
    with pytest.raises(CanaryError, match="version 8 failed 9 of 9"):
        call(hook, happened())


def test_it_works_on_a_thread_of_its_own_and_leaves_the_loop_free() -> None:
    names: list[str] = []

    class Watched(FakeAws):
        def on_get_alias(self, **given: Any) -> Any:
            names.append(threading.current_thread().name)
            return super().on_get_alias(**given)

    hook, _ = bound(Watched())
    call(hook, happened())
    assert names[0].startswith("slipway-hook")


def test_a_secret_among_the_inputs_is_read_like_any_other() -> None:
    aws = FakeAws()
    hook, _ = bound(aws)

    async def go() -> None:
        await hook(happened(functionName=pulumi.Output.secret("hidden")))

    asyncio.run(go())
    assert aws.called("get_alias")[0] == {"FunctionName": "hidden", "Name": "live"}


def test_a_canary_that_nobody_called_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", said.append)
    hook, _ = bound(FakeAws([(0, 0)]))
    call(hook, happened())
    assert "nobody called version 8" in said[0]


def test_missing_credentials_are_explained() -> None:
    def connect(_: str) -> Clients:
        raise NoCredentialsError

    binding = hooks.binding(WHO, [10], 60, connect)
    assert binding is not None
    assert binding.before_update
    with pytest.raises(CanaryError) as error:
        call(binding.before_update[0], happened())
    text = str(error.value)
    assert text.startswith(f"{WHO}: the canary could not be followed: Unable to locate credentials")
    assert "aws:profile" in text
    assert "remove release.canary_steps" in text
