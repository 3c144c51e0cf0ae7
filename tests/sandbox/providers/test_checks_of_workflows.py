"""Step Functions and pipes: what is refused offline, and what means a new one."""

from typing import Any

import pytest

from sandbox.providers import discover
from sandbox.providers.base import Context, Provider

from .refused_workflows import CHANGES, REFUSED, VALID

OFFLINE = Context(lambda service: pytest.fail(f"asked {service}"), "us-east-1", "123456789012")
PROVIDERS = discover().providers


def _provider(short: str) -> tuple[dict[str, Any], Provider[Any]]:
    token = next(token for token in VALID if token.startswith(f"aws:{short}:"))
    return VALID[token], PROVIDERS[token](OFFLINE)


def _set(properties: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in properties.items() if value is not None}


@pytest.mark.parametrize("token", VALID)
def test_plain_valid_inputs_pass(token: str) -> None:
    PROVIDERS[token](OFFLINE).check("thing", VALID[token])


@pytest.mark.parametrize(("short", "changes", "text"), REFUSED)
def test_what_aws_refuses_is_refused_before_anything_is_made(
    short: str, changes: dict[str, Any], text: str
) -> None:
    valid, provider = _provider(short)
    with pytest.raises(ValueError, match=r"\w") as error:
        provider.check("thing", _set({**valid, **changes}))
    assert text in str(error.value)


@pytest.mark.parametrize(("short", "change", "new"), CHANGES)
def test_a_change_keeps_or_replaces(short: str, change: dict[str, Any], new: bool) -> None:
    valid, provider = _provider(short)
    old, later = provider.check("thing", valid), provider.check("thing", {**valid, **change})
    changed = provider.changed(old, later)
    assert changed == set(change)
    assert provider.must_replace(changed, old, later) is new
