"""Where a made-up address leads, and where it must never lead."""

import pytest

from sandbox.cloud import addresses


@pytest.fixture(autouse=True)
def _as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "_real", {})
    monkeypatch.setattr(addresses, "_only_loopback", False)


def test_a_published_address_leads_to_its_process_until_it_is_withdrawn() -> None:
    addresses.publish("10.0.0.5", 5000, "127.0.0.1", 41000)
    assert addresses.resolve("10.0.0.5", 5000) == ("127.0.0.1", 41000)
    addresses.withdraw("10.0.0.5", 5000)
    assert addresses.resolve("10.0.0.5", 5000) == ("10.0.0.5", 5000)


def test_without_an_engine_an_address_that_nobody_published_leads_nowhere() -> None:
    addresses.keep_to_loopback()
    assert addresses.resolve("10.0.0.5", 5000) == addresses.UNREACHABLE
    assert addresses.resolve("127.0.0.1", 41000) == ("127.0.0.1", 41000)
    addresses.publish("10.0.0.5", 5000, "127.0.0.1", 41000)
    assert addresses.resolve("10.0.0.5", 5000) == ("127.0.0.1", 41000)
