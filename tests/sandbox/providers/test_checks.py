"""What AWS refuses and the embedded cloud takes: refused offline, in clear words."""

from typing import Any

import pytest

from sandbox.providers import discover
from sandbox.providers.base import Context, Provider

from . import refused_network, refused_services, refused_watching, valid

OFFLINE = Context(lambda service: pytest.fail(f"asked {service}"), "us-east-1", "123456789012")
REGISTRY = discover()
REFUSED = [*refused_network.REFUSED, *refused_services.REFUSED, *refused_watching.REFUSED]
VALID = {**valid.VALID, **refused_watching.VALID}


def _provider(short: str) -> tuple[str, Provider[Any]]:
    token = next(token for token in VALID if token.startswith(f"aws:{short}:"))
    return token, REGISTRY.providers[token](OFFLINE)


@pytest.mark.parametrize("token", VALID)
def test_plain_valid_inputs_pass(token: str) -> None:
    REGISTRY.providers[token](OFFLINE).check("thing", VALID[token])


@pytest.mark.parametrize(("short", "changes", "text"), REFUSED)
def test_what_aws_refuses_is_refused_before_anything_is_made(
    short: str, changes: dict[str, Any], text: str
) -> None:
    token, provider = _provider(short)
    given = {key: value for key, value in {**VALID[token], **changes}.items() if value is not None}
    with pytest.raises(ValueError, match=r"\w") as error:
        provider.check("thing", given)
    assert text in str(error.value)
